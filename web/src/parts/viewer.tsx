// A document in a frame that can do nothing but show it; see viewer/viewer.ts.
import { useEffect, useRef, useState } from "preact/hooks";
import { Refused } from "../api/client";
import { say } from "../words";
import { Problem } from "./marks";

const BYTES_MAX = 64 * 1024 * 1024;
const SHOWN = /^(text\/(plain|csv|markdown)|image\/(png|jpeg|gif|webp|avif|bmp)|application\/pdf)$/;

export function canShow(type: string, bytes: number): boolean {
  return SHOWN.test(type) && bytes <= BYTES_MAX;
}

async function fetchBytes(address: string): Promise<ArrayBuffer> {
  const response = await fetch(address, { credentials: "same-origin" });
  if (!response.ok) throw new Refused(response.status, await response.json().catch(() => ({})));
  return response.arrayBuffer();
}

export function Viewer(props: { address: string; name: string; type: string; language: string }) {
  const frame = useRef<HTMLIFrameElement>(null);
  const [state, setState] = useState<string | undefined>("waiting");
  useEffect(() => {
    let isCurrent = true;
    const take = async (event: MessageEvent): Promise<void> => {
      if (event.source !== frame.current?.contentWindow) return;
      if (event.data.is === "shown") setState(undefined);
      if (event.data.is === "failed") setState(String(event.data.why));
      if (event.data.is !== "ready") return;
      try {
        const bytes = await fetchBytes(props.address);
        if (!isCurrent) return;
        frame.current?.contentWindow?.postMessage({ bytes, type: props.type, language: props.language }, "*", [bytes]);
      } catch (error) {
        setState(error instanceof Error ? error.message : String(error));
      }
    };
    addEventListener("message", take);
    return () => {
      isCurrent = false;
      removeEventListener("message", take);
    };
  }, [props.address]);
  return (
    <div class="viewer">
      {state === "waiting" && (
        <p class="hint" role="status">
          {say("viewer.waiting")}
        </p>
      )}
      <Problem text={state === "waiting" ? undefined : state} />
      <iframe ref={frame} title={props.name} src="/viewer.html" sandbox="allow-scripts" referrerpolicy="no-referrer" />
    </div>
  );
}
