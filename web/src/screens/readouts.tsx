// Readouts: drafting, who signed, embargo and spokespersons, publishing; and a press report held against them.
import { useState } from "preact/hooks";
import { answer, desk, perform, type Schemas, mayPerform } from "../api/client";
import { Check } from "../parts/check";
import { Form } from "../parts/form";
import { Problem, Status } from "../parts/marks";
import { Propose } from "../parts/propose";
import { Name, Said, shown } from "../parts/text";
import { useAsked } from "../state/asked";
import { useDoing } from "../state/doing";
import { me, partyName, room } from "../state/room";
import { language, languageName, say, sayWord, when } from "../words";

export function Readouts() {
  const path = { room: room.value!.room };
  const asked = useAsked(() => answer(desk.GET("/api/v1/rooms/{room}/readouts", { params: { path } })), [path.room]);
  return (
    <>
      <h1>{say("nav.readouts")}</h1>
      <p class="hint">
        <a href={`/public.html#${path.room}`} target="_blank" rel="noopener">
          {say("readout.public")}
        </a>
      </p>
      <Problem text={asked.problem} />
      <Propose kind="readout" done={asked.again} />
      {asked.data?.readouts.length === 0 && <p class="hint">{say("readout.none")}</p>}
      {asked.data?.readouts.map((readout) => <Readout key={readout.act} act={readout.act} />)}
      <Check
        ask={(text) =>
          answer(desk.POST("/api/v1/rooms/{room}/readouts/check", { params: { path }, body: { text } }))
        }
      />
    </>
  );
}

/** Where it stands between draft and public, as steps. */
function Steps(props: { of: Schemas["Readout"]; act: Schemas["Act"] | undefined }) {
  const { of, act } = props;
  const signed = act?.signed_by.length ?? 0;
  const parties = room.value!.parties.length;
  const isEffective = of.verdict === "effective";
  const isPublished = of.publications.length > 0;
  const steps: [string, boolean][] = [
    [say("readout.stepDrafted"), true],
    [say("readout.stepSigned", { signed, parties }), of.verdict === "complete" || isEffective],
    [of.embargo === null ? say("readout.noEmbargo") : say("readout.embargo", { time: when(of.embargo) }), !of.is_embargoed],
    [say("readout.stepPublished"), isPublished],
  ];
  return (
    <ol class="steps">
      {steps.map(([name, isDone]) => (
        <li class={isDone ? "good" : ""}>{name}</li>
      ))}
    </ol>
  );
}

/** Who of this party may speak about it; each change of the list replaces it. */
function Spokespersons(props: { of: Schemas["Readout"]; isProposer: boolean; again: () => void }) {
  const own = room.value!.slot;
  const names = props.of.spokespersons.filter((one) => one.party === own).map((one) => one.name);
  const [name, setName] = useState("");
  const doing = useDoing(props.again);
  const path = { room: room.value!.room };
  if (!mayPerform("readoutCreate", me.value?.roles)) return null;
  const put = (list: string[]): Promise<boolean> =>
    doing.run(() =>
      perform("readoutCreate", path, { act: props.of.act, spokespersons: list.map((one) => ({ party: own, name: one })) }),
    );
  return (
    <details class="do">
      <summary>{say("readout.spokespersons")}</summary>
      <form
        class="fields"
        onSubmit={(event) => {
          event.preventDefault();
          void put([...names, name.trim()]).then((isDone) => isDone && setName(""));
        }}
      >
        <ul class="lines whole">
          {names.map((one) => (
            <li>
              <Name>{one}</Name>{" "}
              <button type="button" onClick={() => put(names.filter((other) => other !== one))}>
                {say("form.remove")}
              </button>
            </li>
          ))}
        </ul>
        <label class="field">
          <span>{say("field.name")}</span>
          <input dir="auto" required maxLength={255} value={name} onInput={(event) => setName(event.currentTarget.value)} />
        </label>
        <div class="row whole">
          <button class="primary" type="submit" disabled={doing.isBusy}>
            {say("form.add")}
          </button>
        </div>
        <Problem text={doing.problem} />
      </form>
    </details>
  );
}

function Doings(props: { of: Schemas["Readout"]; act: Schemas["Act"] | undefined; again: () => void }) {
  const { of, act, again } = props;
  const path = { room: room.value!.room };
  const isProposer = act?.slot === room.value!.slot;
  return (
    <div class="doings">
      {of.verdict !== "dead" && of.verdict !== "effective" && (
        <a href={`#/text/${of.act}`}>{act?.signed_by.includes(room.value!.slot) ? say("readout.text") : say("readout.sign")}</a>
      )}
      {isProposer && (
        <Form
          operation="readoutCreate"
          label={say("readout.setEmbargo")}
          path={path}
          preset={{
            act: of.act,
            spokespersons: of.spokespersons.filter((one) => one.party === room.value!.slot),
          }}
          initial={{ number: String(of.number) }}
          done={again}
        />
      )}
      <Spokespersons of={of} isProposer={isProposer} again={again} />
      {of.verdict === "effective" && !of.is_embargoed && (
        <Form operation="readoutPublish" label={say("readout.publish")} path={{ ...path, act: of.act }} without={["time"]} done={again} />
      )}
    </div>
  );
}

function Readout(props: { act: string }) {
  const path = { room: room.value!.room, act: props.act };
  const asked = useAsked(() => answer(desk.GET("/api/v1/rooms/{room}/readouts/{act}", { params: { path } })), [props.act]);
  const act = useAsked(() => answer(desk.GET("/api/v1/rooms/{room}/acts/{act}", { params: { path } })), [props.act]);
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
            {languageName(one.language)}
          </button>
        ))}
      </p>
      <Steps of={readout} act={act.data} />
      {file !== undefined && <Said text={file.text} language={file.language} class="read" />}
      {readout.spokespersons.length > 0 && (
        <p class="hint">
          {say("readout.spokespersons")}:{" "}
          {readout.spokespersons.map((one, index) => (
            <>
              {index > 0 && " · "}
              <Name>{one.name}</Name> (<Name>{partyName(one.party)}</Name>)
            </>
          ))}
        </p>
      )}
      <ul class="lines hint">
        {readout.publications.map((one) => (
          <li>
            <Name>{one.party}</Name> · {say("readout.published")} <bdi dir="ltr">{shown(one.where)}</bdi> ·{" "}
            <bdi>{when(one.time)}</bdi>
          </li>
        ))}
      </ul>
      <Doings of={readout} act={act.data} again={asked.again} />
    </article>
  );
}
