// What somebody wrote, in its own language and direction, isolated from the page around it.
import { directionOf } from "../words";

// Characters that act on what surrounds them, or that nobody sees, are shown by their number.
const HIDDEN = /[\u0000-\u0008\u000B-\u001F\u007F-\u009F\u061C\u200B\u200E\u200F\u2028-\u202E\u2060-\u2069\uFEFF]/g;

export function shown(text: string): string {
  return text.replace(HIDDEN, (c) => `\\u{${c.codePointAt(0)!.toString(16).toUpperCase().padStart(4, "0")}}`);
}

export function Said(props: { text: string | null | undefined; language?: string | undefined; class?: string }) {
  const paragraphs = shown(props.text ?? "").split(/\n{2,}/);
  return (
    <div class={`said ${props.class ?? ""}`} lang={props.language ?? ""} dir={directionOf(props.language)}>
      {paragraphs.map((paragraph) => (
        <p>{paragraph}</p>
      ))}
    </div>
  );
}

/** A name within the page's own sentence. */
export function Name(props: { children: string | undefined }) {
  return <bdi>{shown(props.children ?? "")}</bdi>;
}
