// What was proposed: who signed, who has not; and one act with its languages side by side.
import { useState } from "preact/hooks";
import { answer, desk, type Schemas } from "../api/client";
import { Form } from "../parts/form";
import { Marks, Problem, Status } from "../parts/marks";
import { Propose } from "../parts/propose";
import { Name, Said, shown } from "../parts/text";
import { useAsked } from "../state/asked";
import { go } from "../state/place";
import { partyName, room } from "../state/room";
import { directionOf, languageName, say, sayWord, when } from "../words";

export function Texts() {
  const path = { room: room.value!.room };
  const asked = useAsked(() => answer(desk.GET("/api/v1/rooms/{room}/acts", { params: { path } })), [path.room]);
  return (
    <>
      <h1>{say("nav.texts")}</h1>
      <Problem text={asked.problem} />
      <Propose
        done={(written) => (written.object == null ? asked.again() : go("text", written.object))}
        subjects={asked.data?.acts.map((act) => ({
          id: act.act,
          label: `${sayWord("kind", act.kind)} · ${act.party ?? ""} · ${when(act.origin.time)}`,
        })) ?? []}
      />
      {asked.data?.acts.length === 0 && <p class="hint">{say("act.none")}</p>}
      <ul class="lines">
        {asked.data?.acts.map((act) => (
          <li key={act.act}>
            <a href={`#/text/${act.act}`}>{sayWord("kind", act.kind)}</a>{" "}
            <Status group="act" word={act.verdict} text={sayWord("act", act.verdict)} />{" "}
            {act.brackets > 0 && <span class="flag">{say("act.brackets", { count: act.brackets })}</span>}{" "}
            <span class="hint">
              <Name>{act.party}</Name> · {when(act.origin.time)}
            </span>
          </li>
        ))}
      </ul>
    </>
  );
}

/** Where each party stands with an act. */
function Signatures(props: { act: Schemas["Act"] }) {
  const { act } = props;
  return (
    <ul class="signatures">
      {room.value!.parties.map((party) => {
        const withdrew = act.withdrawn_by.includes(party.slot);
        const signed = act.signed_by.includes(party.slot);
        const signature = act.signatures?.find((one) => one.slot === party.slot && one.counts);
        return (
          <li class={withdrew ? "bad" : signed ? "good" : ""}>
            <strong>
              <Name>{party.name}</Name>
            </strong>{" "}
            {withdrew ? say("act.withdrew") : signed ? say("act.signed") : say("act.notSigned")}
            {signature?.consents?.map((consent) => (
              <span class="hint">
                {" "}
                <Name>{consent.holder}</Name> · <Name>{consent.office}</Name>
              </span>
            ))}
          </li>
        );
      })}
    </ul>
  );
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** A language of a text, its brackets marked with who holds them. */
function File(props: { file: Schemas["TextFileState"]; brackets: Schemas["Bracket"][] }) {
  const { file } = props;
  const bytes = encoder.encode(file.text ?? "");
  const parts: preact.ComponentChildren[] = [];
  let at = 0;
  for (const bracket of props.brackets.filter((one) => one.language === file.language)) {
    parts.push(shown(decoder.decode(bytes.subarray(at, bracket.start))));
    at = bracket.start + bracket.size;
    parts.push(
      <mark title={bracket.holders.map(partyName).join(", ")}>
        [{shown(decoder.decode(bytes.subarray(bracket.start, at)))}]
        <sup>{bracket.holders.map(partyName).join(", ")}</sup>
      </mark>,
    );
  }
  parts.push(shown(decoder.decode(bytes.subarray(at))));
  return (
    <article class="file">
      <header>
        <strong>{new Intl.DisplayNames([document.documentElement.lang], { type: "language" }).of(file.language)}</strong>{" "}
        <span class="hint">{file.is_authentic ? say("act.authentic") : say("act.translation")}</span>
      </header>
      <div class="said whole" lang={file.language} dir={directionOf(file.language)}>
        {parts}
      </div>
      <footer class="digest" dir="ltr">
        SHA-256 {file.sha256.match(/.{8}/g)?.join(" ")}
      </footer>
    </article>
  );
}

/** What is said beside an act: reservations, how its languages go together, that a party withdraws. */
function ActDoings(props: { act: Schemas["Act"]; languages: string[]; again: () => void }) {
  const { act, languages, again } = props;
  const path = { room: room.value!.room, act: act.act };
  const [from, to] = languages;
  return (
    <div class="doings">
      <Form operation="reservationAdd" label={say("act.reserve")} path={path} done={again} />
      {from !== undefined && to !== undefined && (
        <Form
          operation="concordAdd"
          label={say("act.concord")}
          path={{ room: path.room, root: act.root }}
          initial={{ from, to }}
          done={again}
        />
      )}
      {act.verdict !== "dead" && !act.withdrawn_by.includes(room.value!.slot) && (
        <Form operation="actWithdraw" label={say("act.withdraw")} path={path} done={again} />
      )}
    </div>
  );
}

function Comparison(props: { root: string; others: Schemas["Act"][]; languages: string[] }) {
  const path = { room: room.value!.room, root: props.root };
  const [other, choose] = useState("");
  const [language, setLanguage] = useState(props.languages[0] ?? "en");
  const asked = useAsked(
    async () =>
      other === ""
        ? undefined
        : answer(
            desk.GET("/api/v1/rooms/{room}/texts/{root}/comparison", {
              params: { path: { room: path.room, root: other }, query: { with: path.root, language } },
            }),
          ),
    [other, language],
  );
  if (props.others.length === 0) return null;
  return (
    <section>
      <h2>
        <label>
          {say("act.compare")}{" "}
          <select value={other} onChange={(event) => choose(event.currentTarget.value)}>
            <option value="">–</option>
            {props.others.map((act) => (
              <option value={act.root}>
                {sayWord("kind", act.kind)} · {when(act.origin.time)}
              </option>
            ))}
          </select>
        </label>{" "}
        <select value={language} aria-label={say("say.language")} onChange={(event) => setLanguage(event.currentTarget.value)}>
          {props.languages.map((tag) => (
            <option>{tag}</option>
          ))}
        </select>
      </h2>
      <Problem text={asked.problem} />
      {asked.data?.paragraphs.map((paragraph) => (
        <p class={`paragraph ${paragraph.is}`} lang={language} dir={directionOf(language)}>
          {shown(paragraph.text)}
        </p>
      ))}
    </section>
  );
}

export function TextScreen(props: { id: string }) {
  const path = { room: room.value!.room, act: props.id };
  const act = useAsked(() => answer(desk.GET("/api/v1/rooms/{room}/acts/{act}", { params: { path } })), [props.id]);
  const acts = useAsked(() => answer(desk.GET("/api/v1/rooms/{room}/acts", { params: { path } })), [path.room]);
  const root = act.data?.root;
  const text = useAsked(
    async () =>
      root === undefined
        ? undefined
        : answer(desk.GET("/api/v1/rooms/{room}/texts/{root}", { params: { path: { room: path.room, root } } })),
    [root],
  );
  if (act.data === undefined) return <Problem text={act.problem} />;
  return (
    <>
      <h1>{sayWord("kind", act.data.kind)}</h1>
      <p>
        <Status group="act" word={act.data.verdict} text={sayWord("act", act.data.verdict)} />{" "}
        <span class="hint">
          <Name>{act.data.party}</Name>
        </span>{" "}
        <Marks origin={act.data.origin} />
      </p>
      <Signatures act={act.data} />
      <Problem text={text.problem} />
      <section class="files">
        {text.data?.files.map((file) => <File key={file.language} file={file} brackets={text.data!.brackets} />)}
      </section>
      {act.data.reservations?.map((one) => (
        <aside class="reservation">
          <strong>
            <Name>{one.origin.party}</Name>
          </strong>{" "}
          <span class="hint">{sayWord("choice", one.kind)}</span>
          <Said text={one.text} language={one.language} />
        </aside>
      ))}
      <ActDoings act={act.data} languages={text.data?.files.map((file) => file.language) ?? []} again={() => (act.again(), text.again())} />
      {text.data?.concords !== undefined && text.data.concords.length > 0 && (
        <section>
          <h2>{say("act.concords")}</h2>
          {text.data.concords.map((one) => (
            <div class="reservation" key={one.id}>
              <strong>
                {languageName(one.from)} → {languageName(one.to)}
              </strong>
              <Said text={one.text} language={one.to} />
            </div>
          ))}
        </section>
      )}
      {text.data !== undefined && (
        <Comparison
          root={act.data.root}
          others={acts.data?.acts.filter((other) => other.act !== props.id && other.kind === act.data!.kind) ?? []}
          languages={text.data.files.map((file) => file.language)}
        />
      )}
    </>
  );
}
