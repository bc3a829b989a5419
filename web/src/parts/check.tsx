// A press report held against readouts: each paragraph marked.  The same within a consultation and for everybody.
import { useState } from "preact/hooks";
import type { Schemas } from "../api/client";
import { useDoing } from "../state/doing";
import { directionOf, say, sayWord } from "../words";
import { Problem } from "./marks";
import { shown } from "./text";

const ORDER = ["verbatim", "altered", "not-in-readout", "missing", "repeated"];

function Counts(props: { of: Schemas["CheckAnswer"] }) {
  const counts = ORDER.map((is) => [is, props.of.paragraphs.filter((one) => one.is === is).length] as const);
  return (
    <p class="counts">
      {counts
        .filter(([, count]) => count > 0)
        .map(([is, count]) => (
          <span class={`count ${is}`}>
            {sayWord("check", is)} {count}
          </span>
        ))}
    </p>
  );
}

export function Check(props: { ask: (text: string) => Promise<Schemas["CheckAnswer"]> }) {
  const [report, setReport] = useState("");
  const [result, setResult] = useState<Schemas["CheckAnswer"] | undefined>();
  const doing = useDoing();
  return (
    <section class="press">
      <h2>{say("readout.check")}</h2>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void doing.run(async () => setResult(await props.ask(report)));
        }}
      >
        <label>
          <span class="hint">{say("readout.paste")}</span>
          <textarea rows={6} dir="auto" value={report} onInput={(event) => setReport(event.currentTarget.value)} />
        </label>
        <button class="primary" type="submit" disabled={doing.isBusy || report.trim() === ""}>
          {say("readout.go")}
        </button>
      </form>
      <Problem text={doing.problem} />
      <div aria-live="polite">
        {result !== undefined && <Counts of={result} />}
        {result?.paragraphs.map((paragraph) => (
          <div class={`checked ${paragraph.is}`}>
            <strong>{sayWord("check", paragraph.is)}</strong>
            <p dir="auto">{shown(paragraph.text ?? paragraph.readout_text ?? "")}</p>
            {paragraph.is === "altered" && (
              <p class="hint">
                {say("check.inReadout")}{" "}
                <bdi dir={directionOf(result.language ?? undefined)}>{shown(paragraph.readout_text ?? "")}</bdi>
              </p>
            )}
          </div>
        ))}
      </div>
    </section>
  );
}
