// Assessments: giving one with its marking, reading it, its versions, who holds it, its withdrawal and the answers.
import { useState } from "preact/hooks";
import { answer, desk, mayPerform, perform, type Schemas } from "../api/client";
import { upload } from "../api/upload";
import { Form } from "../parts/form";
import { Marks, Problem } from "../parts/marks";
import { Name, Said } from "../parts/text";
import { Viewer, canShow } from "../parts/viewer";
import { useAsked } from "../state/asked";
import { useDoing } from "../state/doing";
import { me, partyName, room } from "../state/room";
import { LANGUAGES, bytes, language, say, sayWord, when } from "../words";

type Assessment = Schemas["Assessment"];

const MARKINGS = ["TLP:RED", "TLP:AMBER+STRICT", "TLP:AMBER", "TLP:GREEN", "TLP:CLEAR"];
const OTHER = "other";
const NO_MARKING = "NO MARKING"; // as restricted as can be (V3)
const RED = /^(TLP:RED|NO MARKING)/; // for the eyes of its readers: it is not offered for keeping

/** How sensitive, from 0 to 4, for the mark's colour. */
function level(marking: string): number {
  const known = MARKINGS.findIndex((one) => marking === one);
  return known < 0 ? 0 : known;
}

export function Marking(props: { of: string }) {
  return (
    <bdi dir="ltr" class={`marking level-${level(props.of)}`}>
      {props.of === NO_MARKING ? say("assessment.mostRestricted") : props.of}
    </bdi>
  );
}

interface Chosen {
  file: File | undefined;
  name: string;
  marking: string;
  policy: string;
  releasable: number[];
  language: string;
  text: string;
}

function bodyOf(chosen: Chosen, file: string, previous: string | undefined): Schemas["NewAssessment"] {
  const marking = chosen.marking === OTHER ? chosen.policy : chosen.marking;
  return {
    file,
    name: chosen.name || chosen.file!.name,
    media_type: chosen.file!.type || "application/octet-stream",
    language: chosen.language,
    ...(chosen.text === "" ? {} : { text: chosen.text }),
    ...(marking === "" ? {} : { marking }),
    ...(chosen.marking === OTHER && chosen.releasable.length > 0 ? { releasable_to: chosen.releasable } : {}),
    ...(previous === undefined ? {} : { previous }),
  };
}

/** The marking: what is not chosen is as restricted as can be. */
function ChooseMarking(props: { chosen: Chosen; change: (part: Partial<Chosen>) => void }) {
  const { chosen, change } = props;
  return (
    <>
      <label class="field">
        <span>{say("field.marking")}</span>
        <select value={chosen.marking} onChange={(event) => change({ marking: event.currentTarget.value })}>
          <option value="">{say("assessment.mostRestricted")}</option>
          {MARKINGS.map((one) => (
            <option value={one}>{one}</option>
          ))}
          <option value={OTHER}>{say("assessment.policy")}</option>
        </select>
      </label>
      {chosen.marking === OTHER && (
        <>
          <label class="field">
            <span>{say("assessment.policyWords")}</span>
            <input
              dir="ltr"
              required
              placeholder="POLICY CONFIDENTIAL//REL"
              value={chosen.policy}
              onInput={(event) => change({ policy: event.currentTarget.value })}
            />
          </label>
          <fieldset class="field">
            <legend>{say("field.releasable_to")}</legend>
            {room.value!.parties.map(({ slot, name }) => (
              <label class="tick">
                <input
                  type="checkbox"
                  checked={chosen.releasable.includes(slot)}
                  onChange={() =>
                    change({
                      releasable: chosen.releasable.includes(slot)
                        ? chosen.releasable.filter((one) => one !== slot)
                        : [...chosen.releasable, slot],
                    })
                  }
                />{" "}
                <Name>{name}</Name>
              </label>
            ))}
          </fieldset>
        </>
      )}
    </>
  );
}

/** A file, what it is, and its marking; with `previous`: a new version of that. */
function Give(props: { previous?: Assessment; done: () => void }) {
  const nothing: Chosen = {
    file: undefined,
    name: props.previous?.name ?? "",
    marking: "",
    policy: "",
    releasable: [],
    language: language.value,
    text: "",
  };
  const [chosen, setChosen] = useState(nothing);
  const [share, setShare] = useState<number | undefined>();
  const [isOpen, setOpen] = useState(false);
  const doing = useDoing(props.done);
  const change = (part: Partial<Chosen>): void => setChosen((before) => ({ ...before, ...part }));
  if (!mayPerform("assessmentCreate", me.value?.roles)) return null;

  async function give(): Promise<void> {
    const path = room.value!.room;
    const isDone = await doing.run(async () => {
      setShare(0);
      const uploaded = await upload(path, chosen.file!, setShare);
      await perform("assessmentCreate", { room: path }, bodyOf(chosen, uploaded.file, props.previous?.id));
    });
    setShare(undefined);
    if (isDone) {
      setChosen(nothing);
      setOpen(false);
    }
  }

  return (
    <details class="do" open={isOpen} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{props.previous === undefined ? say("assessment.give") : say("assessment.newVersion")}</summary>
      <form
        class="fields"
        onSubmit={(event) => {
          event.preventDefault();
          void give();
        }}
      >
        <label class="field whole">
          <span>{say("assessment.file")}</span>
          <input type="file" required onChange={(event) => change({ file: event.currentTarget.files?.[0] })} />
        </label>
        <label class="field">
          <span>{say("field.name")}</span>
          <input dir="auto" maxLength={255} value={chosen.name} onInput={(event) => change({ name: event.currentTarget.value })} />
        </label>
        <label class="field">
          <span>{say("say.language")}</span>
          <select value={chosen.language} onChange={(event) => change({ language: event.currentTarget.value })}>
            {LANGUAGES.map(([tag, own]) => (
              <option value={tag}>{own}</option>
            ))}
          </select>
        </label>
        <ChooseMarking chosen={chosen} change={change} />
        <label class="field whole">
          <span>{say("assessment.about")}</span>
          <textarea rows={3} dir="auto" value={chosen.text} onInput={(event) => change({ text: event.currentTarget.value })} />
        </label>
        <div class="row whole">
          <button class="primary" type="submit" disabled={doing.isBusy || chosen.file === undefined}>
            {props.previous === undefined ? say("assessment.give") : say("assessment.newVersion")}
          </button>
          {share !== undefined && <progress value={share} max={1} aria-label={say("assessment.sending")} />}
        </div>
        <Problem text={doing.problem} />
      </form>
    </details>
  );
}

function Ledger(props: { of: Assessment }) {
  return (
    <table class="ledger">
      <caption>{say("assessment.ledger")}</caption>
      <tbody>
        {props.of.ledger.map((holding) => (
          <tr class={holding.state === "held" ? "good" : holding.state === "withdrawal-not-acknowledged" ? "bad" : ""}>
            <th scope="row">
              <Name>{holding.party}</Name>
            </th>
            <td>{sayWord("assessment", holding.state)}</td>
            <td class="hint">
              <time dateTime={holding.time ?? ""}>{when(holding.time)}</time>
            </td>
            <td>{holding.text ? <Name>{holding.text}</Name> : null}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** What somebody of this party may do with it now. */
function Doings(props: { of: Assessment; again: () => void }) {
  const { of, again } = props;
  const own = room.value!.slot;
  const path = { room: room.value!.room, assessment: of.id };
  const mine = of.ledger.find((holding) => holding.slot === own);
  const doing = useDoing(again);
  const isOwn = of.slot === own;
  return (
    <div class="doings">
      {isOwn && of.newer == null && !of.is_withdrawn && <Give previous={of} done={again} />}
      {isOwn && !of.is_withdrawn && (
        <Form operation="assessmentWithdraw" label={say("assessment.withdraw")} path={path} done={again} />
      )}
      {!isOwn && !of.is_withdrawn && mine?.state === "offered" && mayPerform("assessmentReceive", me.value?.roles) && (
        <button disabled={doing.isBusy} onClick={() => doing.run(() => hold(of, path))}>
          {say("assessment.hold")}
        </button>
      )}
      {!isOwn && of.is_withdrawn && mine?.state === "withdrawal-not-acknowledged" && (
        <Form operation="assessmentAcknowledge" label={say("assessment.acknowledge")} path={path} done={again} />
      )}
      <Problem text={doing.problem} />
    </div>
  );
}

const HERE_MS_MAX = 20_000;
const LOOK_MS = 300;

/** The node fetches all of it by its being read once, and writes it to its disk a little later; then the ledger says so. */
async function hold(of: Assessment, path: { room: string; assessment: string }): Promise<void> {
  const content = await fetch(`/api/v1/rooms/${path.room}/assessments/${path.assessment}/content`);
  const reader = content.body?.getReader();
  while (reader !== undefined && !(await reader.read()).done);
  const until = Date.now() + HERE_MS_MAX;
  for (;;) {
    const { data } = await desk.GET("/api/v1/rooms/{room}/files/{file}", {
      params: { path: { room: path.room, file: of.file } },
    });
    if ((data !== undefined && data.chunks_here === data.chunks) || Date.now() > until) break;
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
  await perform("assessmentReceive", path, {});
}

function Content(props: { of: Assessment }) {
  const { of } = props;
  const [isOpen, setOpen] = useState(false);
  const address = `/api/v1/rooms/${room.value!.room}/assessments/${of.id}/content`;
  const isKept = of.ledger.some((holding) => holding.slot === room.value!.slot && holding.state === "kept");
  if (of.is_withdrawn && of.slot !== room.value!.slot && !isKept) return null;
  return (
    <>
      <p class="row">
        {canShow(of.media_type, of.size) && (
          <button aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
            {isOpen ? say("viewer.close") : say("viewer.open")}
          </button>
        )}
        {RED.test(of.marking) ? (
          <span class="hint">{say("assessment.noDownload")}</span>
        ) : (
          <a href={address} download={of.name}>
            {say("assessment.get")}
          </a>
        )}
      </p>
      {isOpen && <Viewer address={address} name={of.name} type={of.media_type} language={of.language ?? ""} />}
    </>
  );
}

function One(props: { of: Assessment; older: Assessment[]; again: () => void }) {
  const { of } = props;
  return (
    <article class="card">
      <h2>
        <Name>{of.name}</Name> <Marking of={of.marking} />
      </h2>
      <p class="hint">
        <Name>{of.party}</Name> · {say("assessment.version", { version: of.version })} · {bytes(of.size)}{" "}
        {(of.releasable_to?.length ?? 0) > 0 && (
          <>
            · {say("field.releasable_to")}: <Name>{of.releasable_to!.map(partyName).join(", ")}</Name>{" "}
          </>
        )}
        {of.is_withdrawn && <span class="flag bad">{say("assessment.withdrawn")}</span>} <Marks origin={of.origin} />
      </p>
      <Said text={of.text} language={of.language} />
      {of.is_withdrawn && of.reason !== undefined && of.reason !== "" && (
        <aside class="reservation">
          <Said text={of.reason} />
        </aside>
      )}
      <Content of={of} />
      <Ledger of={of} />
      <Doings of={of} again={props.again} />
      {props.older.length > 0 && (
        <details>
          <summary>{say("assessment.older", { count: props.older.length })}</summary>
          {props.older.map((one) => (
            <One key={one.id} of={one} older={[]} again={props.again} />
          ))}
        </details>
      )}
    </article>
  );
}

/** The versions before it, newest first. */
function versionsBefore(of: Assessment, all: Assessment[]): Assessment[] {
  const before = all.find((one) => one.id === of.previous);
  return before === undefined ? [] : [before, ...versionsBefore(before, all)];
}

export function Assessments() {
  const path = { room: room.value!.room };
  const asked = useAsked(() => answer(desk.GET("/api/v1/rooms/{room}/assessments", { params: { path } })), [path.room]);
  const all = asked.data?.assessments ?? [];
  const replaced = new Set(all.map((one) => one.previous));
  return (
    <>
      <h1>{say("nav.assessments")}</h1>
      <Problem text={asked.problem} />
      <Give done={asked.again} />
      {asked.data?.assessments.length === 0 && <p class="hint">{say("assessment.none")}</p>}
      {all
        .filter((one) => !replaced.has(one.id))
        .map((one) => (
          <One key={one.id} of={one} older={versionsBefore(one, all)} again={asked.again} />
        ))}
    </>
  );
}
