// The page for everybody: what a party published of a consultation, and a press report held against it.  Without log-in.
import { render } from "preact";
import { useState } from "preact/hooks";
import { answer, desk, type Schemas } from "./api/client";
import { Check } from "./parts/check";
import { Problem } from "./parts/marks";
import { Name, Said } from "./parts/text";
import { useAsked } from "./state/asked";
import "./style/page.css";
import { LANGUAGES, day, language, languageName, say } from "./words";

const path = { room: decodeURIComponent(location.hash.slice(1)) || "only" };

/** All of them, newest first; the answer comes in pages. */
async function readouts(): Promise<Schemas["PublicReadout"][]> {
  const all: Schemas["PublicReadout"][] = [];
  for (let after: string | undefined, isFirst = true; isFirst || after !== undefined; isFirst = false) {
    const page: Schemas["PublicReadoutList"] = await answer(
      desk.GET("/public/{room}/readouts", { params: { path, query: after === undefined ? {} : { after } } }),
    );
    all.push(...page.readouts);
    after = page.next ?? undefined;
  }
  return all.reverse();
}

function Readout(props: { of: Schemas["PublicReadout"]; corrected: boolean }) {
  const { of } = props;
  const [chosen, choose] = useState<string | undefined>();
  const file = of.files.find((one) => one.language === (chosen ?? language.value)) ?? of.files[0];
  return (
    <article class="readout" id={of.act}>
      <header class="row">
        <time class="hint" dateTime={of.published}>
          {day(of.published)}
        </time>
        {of.corrects !== null && (
          <button class="flag" onClick={() => document.getElementById(of.corrects!)?.scrollIntoView()}>
            {say("public.corrects")}
          </button>
        )}
        {props.corrected && <span class="flag">{say("public.corrected")}</span>}
        <span class="grow" />
        {of.files.map((one) => (
          <button class={`tab ${one === file ? "chosen" : ""}`} aria-pressed={one === file} onClick={() => choose(one.language)}>
            {languageName(one.language)}
          </button>
        ))}
      </header>
      {file !== undefined && <Said text={file.text} language={file.language} class="read" />}
      <footer class="hint">
        {of.spokespersons.length > 0 && (
          <p>
            {say("readout.spokespersons")}:{" "}
            {of.spokespersons.map((one, index) => (
              <>
                {index > 0 && " · "}
                <Name>{one.name}</Name>
              </>
            ))}
          </p>
        )}
        {file !== undefined && (
          <p>
            {file.is_authentic ? say("act.authentic") : say("act.translation")} ·{" "}
            <bdi class="digest" dir="ltr">
              SHA-256 {file.sha256.match(/.{8}/g)?.join(" ")}
            </bdi>
          </p>
        )}
      </footer>
    </article>
  );
}

function Public() {
  const asked = useAsked(readouts, [path.room]);
  const corrected = new Set(asked.data?.map((one) => one.corrects));
  return (
    <div class="public">
      <header class="top">
        <img src="/mark.svg" alt="Entente" width="28" height="28" />
        <strong>{say("public.title")}</strong>
        <span class="grow" />
        <select
          aria-label={say("language.page")}
          value={language.value}
          onChange={(event) => (language.value = event.currentTarget.value)}
        >
          {LANGUAGES.map(([tag, own]) => (
            <option value={tag}>{own}</option>
          ))}
        </select>
      </header>
      <main id="content">
        <p class="lead">{say("public.lead")}</p>
        <Problem text={asked.problem} />
        {asked.data?.length === 0 && <p class="hint">{say("readout.none")}</p>}
        {asked.data?.map((one) => <Readout key={one.act} of={one} corrected={corrected.has(one.act)} />)}
        <Check ask={(text) => answer(desk.POST("/public/{room}/check", { params: { path }, body: { text } }))} />
      </main>
    </div>
  );
}

render(<Public />, document.getElementById("page")!);
