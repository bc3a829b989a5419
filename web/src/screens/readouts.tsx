// Readouts, and a press report held against them.
import { useState } from "preact/hooks";
import { Refused, answer, desk, type Schemas } from "../api/client";
import { Problem, Status } from "../parts/marks";
import { Name, Said, shown } from "../parts/text";
import { useAsked } from "../state/asked";
import { room } from "../state/room";
import { directionOf, language, say, sayWord, when } from "../words";

export function Readouts() {
  const path = { room: room.value!.room };
  const asked = useAsked(() => answer(desk.GET("/api/v1/rooms/{room}/readouts", { params: { path } })), [path.room]);
  return (
    <>
      <h1>{say("nav.readouts")}</h1>
      <Problem text={asked.problem} />
      {asked.data?.readouts.length === 0 && <p class="hint">{say("readout.none")}</p>}
      {asked.data?.readouts.map((readout) => <Readout key={readout.act} act={readout.act} />)}
      <Check />
    </>
  );
}

function Readout(props: { act: string }) {
  const path = { room: room.value!.room, act: props.act };
  const asked = useAsked(() => answer(desk.GET("/api/v1/rooms/{room}/readouts/{act}", { params: { path } })), [props.act]);
  const readout = asked.data;
  const files = readout?.text?.files ?? [];
  const [chosen, choose] = useState<string | undefined>();
  const file = files.find((one) => one.language === (chosen ?? language.value)) ?? files[0];
  if (readout === undefined) return <Problem text={asked.problem} />;
  return (
    <article class="readout">
      <p>
        <Status group="act" word={readout.verdict} text={sayWord("act", readout.verdict)} />{" "}
        {readout.is_embargoed && <span class="flag">{say("readout.embargo", { time: when(readout.embargo) })}</span>}
        {files.map((one) => (
          <button class={`tab ${one === file ? "chosen" : ""}`} aria-pressed={one === file} onClick={() => choose(one.language)}>
            {new Intl.DisplayNames([one.language], { type: "language" }).of(one.language)}
          </button>
        ))}
      </p>
      {file !== undefined && <Said text={file.text} language={file.language} class="read" />}
      <ul class="lines hint">
        {readout.publications.map((one) => (
          <li>
            <Name>{one.party}</Name> · {say("readout.published")} <bdi dir="ltr">{shown(one.where)}</bdi> ·{" "}
            <bdi>{when(one.time)}</bdi>
          </li>
        ))}
      </ul>
    </article>
  );
}

function Check() {
  const [report, setReport] = useState("");
  const [result, setResult] = useState<Schemas["CheckAnswer"] | undefined>();
  const [problem, setProblem] = useState<string | undefined>();

  async function check(): Promise<void> {
    try {
      setResult(
        await answer(
          desk.POST("/api/v1/rooms/{room}/readouts/check", {
            params: { path: { room: room.value!.room } },
            body: { text: report },
          }),
        ),
      );
      setProblem(undefined);
    } catch (error) {
      setProblem(error instanceof Refused ? error.message : String(error));
    }
  }

  return (
    <section class="press">
      <h2>{say("readout.check")}</h2>
      <label>
        <span class="hint">{say("readout.paste")}</span>
        <textarea rows={6} dir="auto" value={report} onInput={(event) => setReport(event.currentTarget.value)} />
      </label>
      <button class="primary" disabled={report.trim() === ""} onClick={check}>
        {say("readout.go")}
      </button>
      <Problem text={problem} />
      <div aria-live="polite">
        {result?.paragraphs.map((paragraph) => (
          <div class={`checked ${paragraph.is}`}>
            <strong>{sayWord("check", paragraph.is)}</strong>
            <p dir="auto">{shown(paragraph.text ?? paragraph.readout_text ?? "")}</p>
            {paragraph.is === "altered" && (
              <p class="hint" dir={directionOf(result.language ?? undefined)}>
                {say("check.inReadout")} {shown(paragraph.readout_text ?? "")}
              </p>
            )}
          </div>
        ))}
      </div>
    </section>
  );
}
