// A new text in its languages, brackets marked with who holds them, and the act that proposes it.
import { useState } from "preact/hooks";
import { mayPerform, onceKey, perform, type Schemas } from "../api/client";
import { keepFormDraft, readDraft, type FormDraft } from "../state/drafts";
import { useDoing } from "../state/doing";
import { me, partyName, room } from "../state/room";
import { LANGUAGES, directionOf, language, say, sayChoice } from "../words";
import { Problem } from "./marks";
import { Name, shown } from "./text";

interface Bracket {
  language: string;
  from: number; // in UTF-16 units of the text as it was when it was made
  words: string;
  holders: number[];
}

interface Kept {
  texts: Record<string, string>;
  translations: string[];
  brackets: Bracket[];
  kind: string;
  subject: string;
  offices: string;
}

const KINDS = ["joint-text", "readout", "minutes", "correction", "charter", "chair-order", "joint-office", "successor"];
const encoder = new TextEncoder();

function bytesOf(text: string): number {
  return encoder.encode(text).length;
}

/** A bracket in bytes of the text, where its words still stand; the nearest place to where they stood. */
function placed(bracket: Bracket, text: string): Schemas["Bracket"] | undefined {
  let best = -1;
  for (let at = text.indexOf(bracket.words); at >= 0; at = text.indexOf(bracket.words, at + 1))
    if (best < 0 || Math.abs(at - bracket.from) < Math.abs(best - bracket.from)) best = at;
  if (best < 0) return undefined;
  const { language: tag, holders } = bracket;
  return { language: tag, start: bytesOf(text.slice(0, best)), size: bytesOf(bracket.words), holders };
}

function textOf(kept: Kept): Schemas["NewText"] {
  const files = Object.entries(kept.texts).filter(([, text]) => text.trim() !== "");
  const brackets = kept.brackets
    .map((one) => placed(one, kept.texts[one.language] ?? ""))
    .filter((one) => one !== undefined)
    .sort((a, b) => a.language.localeCompare(b.language) || a.start - b.start);
  return {
    files: files.map(([tag, text]) => ({ language: tag, is_authentic: !kept.translations.includes(tag), text })),
    ...(brackets.length === 0 ? {} : { brackets }),
  };
}

function OneLanguage(props: { tag: string; name: string; kept: Kept; change: (part: Partial<Kept>) => void }) {
  const { tag, kept, change } = props;
  const text = kept.texts[tag] ?? "";
  const [selected, select] = useState<[number, number]>([0, 0]);
  const isTranslation = kept.translations.includes(tag);
  const own = room.value!.slot;

  function bracket(): void {
    const words = text.slice(...selected);
    change({ brackets: [...kept.brackets, { language: tag, from: selected[0], words, holders: [own] }] });
  }

  return (
    <div class="file">
      <label class="field">
        <span lang={tag}>{props.name}</span>
        <textarea
          rows={8}
          lang={tag}
          dir={text === "" ? directionOf(tag) : "auto"}
          value={text}
          onInput={(event) => change({ texts: { ...kept.texts, [tag]: event.currentTarget.value } })}
          onSelect={(event) => select([event.currentTarget.selectionStart, event.currentTarget.selectionEnd])}
        />
      </label>
      <div class="row">
        <label class="tick">
          <input
            type="checkbox"
            checked={!isTranslation}
            onChange={() =>
              change({
                translations: isTranslation ? kept.translations.filter((one) => one !== tag) : [...kept.translations, tag],
              })
            }
          />{" "}
          {say("act.authentic")}
        </label>
        <button type="button" disabled={selected[0] === selected[1]} onClick={bracket}>
          {say("propose.bracket")}
        </button>
      </div>
    </div>
  );
}

function Brackets(props: { kept: Kept; change: (part: Partial<Kept>) => void }) {
  const { brackets } = props.kept;
  const put = (index: number, holders: number[]): void =>
    props.change({
      brackets: brackets.flatMap((one, at) => (at !== index ? [one] : holders.length === 0 ? [] : [{ ...one, holders }])),
    });
  if (brackets.length === 0) return null;
  return (
    <fieldset class="whole">
      <legend>{say("propose.holders")}</legend>
      {brackets.map((bracket, index) => (
        <p class="row">
          <mark lang={bracket.language} dir="auto">
            [{shown(bracket.words)}]
          </mark>
          {room.value!.parties.map(({ slot }) => (
            <label class="tick">
              <input
                type="checkbox"
                checked={bracket.holders.includes(slot)}
                onChange={() =>
                  put(
                    index,
                    bracket.holders.includes(slot)
                      ? bracket.holders.filter((one) => one !== slot)
                      : [...bracket.holders, slot].sort((a, b) => a - b),
                  )
                }
              />{" "}
              <Name>{partyName(slot)}</Name>
            </label>
          ))}
        </p>
      ))}
    </fieldset>
  );
}

interface ProposeProps {
  kind?: string;
  /** What a correction corrects, minutes are of, and so on. */
  subjects?: { id: string; label: string }[];
  done: (written: Partial<Schemas["Written"]>) => void;
}

export function Propose(props: ProposeProps) {
  const name = `form:propose:${room.value!.room}:${props.kind ?? ""}`;
  const empty: Kept = {
    texts: {},
    translations: [],
    brackets: [],
    kind: props.kind ?? "joint-text",
    subject: "",
    offices: "",
  };
  const [kept, setKept] = useState<Kept>(() => {
    const draft = readDraft<FormDraft>(name)?.values["kept"];
    return typeof draft === "string" ? (JSON.parse(draft) as Kept) : empty;
  });
  const [isOpen, setOpen] = useState(Object.keys(kept.texts).length > 0);
  const [keys, setKeys] = useState<[string, string]>(() => [onceKey(), onceKey()]);
  const doing = useDoing();
  const path = { room: room.value!.room };
  if (!mayPerform("actPropose", me.value?.roles)) return null;

  function change(part: Partial<Kept>): void {
    const next = { ...kept, ...part };
    setKept(next);
    setKeys([onceKey(), onceKey()]);
    keepFormDraft(name, { values: { kept: JSON.stringify(next) } });
  }

  async function propose(): Promise<void> {
    const offices = kept.offices.split("\n").filter((line) => line.trim() !== "");
    const isDone = await doing.run(async () => {
      const text = await perform("textCreate", path, textOf(kept), keys[0]);
      const act = {
        kind: kept.kind,
        root: text.object,
        ...(kept.subject === "" ? {} : { subject: kept.subject }),
        ...(offices.length === 0 ? {} : { offices }),
      };
      props.done(await perform("actPropose", path, act, keys[1]));
    });
    if (!isDone) return;
    change(empty);
    keepFormDraft(name, undefined);
    setOpen(false);
  }

  const isEmpty = Object.values(kept.texts).every((text) => text.trim() === "");
  const label = props.kind === "readout" ? say("readout.draft") : say("propose.new");
  return (
    <details class="do" open={isOpen} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{label}</summary>
      <form
        class="fields"
        onSubmit={(event) => {
          event.preventDefault();
          void propose();
        }}
      >
        {props.kind === undefined && (
          <label class="field">
            <span>{say("field.kind")}</span>
            <select value={kept.kind} onChange={(event) => change({ kind: event.currentTarget.value })}>
              {KINDS.map((kind) => (
                <option value={kind}>{sayChoice(kind)}</option>
              ))}
            </select>
          </label>
        )}
        {(props.subjects?.length ?? 0) > 0 && kept.kind !== "joint-text" && kept.kind !== "readout" && (
          <label class="field">
            <span>{say("field.subject")}</span>
            <select value={kept.subject} onChange={(event) => change({ subject: event.currentTarget.value })}>
              <option value="">–</option>
              {props.subjects!.map((one) => (
                <option value={one.id} dir="auto">
                  {shown(one.label)}
                </option>
              ))}
            </select>
          </label>
        )}
        <div class="files whole">
          {[...LANGUAGES]
            .sort(([a], [b]) => Number(b === language.value) - Number(a === language.value))
            .map(([tag, own]) => (
              <OneLanguage key={tag} tag={tag} name={own} kept={kept} change={change} />
            ))}
        </div>
        <Brackets kept={kept} change={change} />
        <label class="field whole">
          <span>{say("propose.offices")}</span>
          <textarea
            rows={2}
            dir="auto"
            placeholder={room.value!.required_offices?.join("\n") ?? ""}
            value={kept.offices}
            onInput={(event) => change({ offices: event.currentTarget.value })}
          />
        </label>
        <div class="row whole">
          <button class="primary" type="submit" disabled={doing.isBusy || isEmpty}>
            {label}
          </button>
        </div>
        <Problem text={doing.problem} />
      </form>
    </details>
  );
}
