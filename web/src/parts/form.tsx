// A form for an operation of the contract: its fields, limits and roles are those of the OpenAPI document.
import { useEffect, useState } from "preact/hooks";
import operations, { type Field } from "virtual:operations";
import { isDecided, mayPerform, onceKey, perform, type Schemas } from "../api/client";
import { keepFormDraft, onDraft, readDraft, type FormDraft } from "../state/drafts";
import { link, me, room } from "../state/room";
import { LANGUAGES, directionOf, language, say, sayChoice, sayField } from "../words";
import { Problem } from "./marks";
import { shown } from "./text";

export type Values = FormDraft["values"];

export interface Option {
  id: string;
  label: string;
}

interface FormProps {
  operation: string;
  label: string;
  path: Record<string, string | number>;
  /** What goes into the body and is not asked. */
  preset?: Record<string, unknown>;
  /** What the fields hold to begin with. */
  initial?: Values;
  /** What an id may be; a field of an id without options is not asked. */
  options?: Record<string, Option[]>;
  without?: readonly string[];
  done?: ((written: Partial<Schemas["Written"]>) => void) | undefined;
}

const LINES_SHOWN = 3;

function first(field: Field, given: Values[string] | undefined): Values[string] {
  if (given !== undefined) return given;
  switch (field.kind) {
    case "language":
      return language.value;
    case "slot":
      return String(room.value?.slot ?? 0);
    case "choice":
      return field.required ? field.choices![0]! : "";
    case "number":
      return field.required ? String(field.minimum ?? 0) : "";
    case "slots":
      return [];
    default:
      return "";
  }
}

/** The field as the body has it; undefined: it is left out. */
function bodyOf(field: Field, value: Values[string]): unknown {
  if (typeof value !== "string") return value.length === 0 && !field.required ? undefined : value.map(Number);
  if (field.kind === "lines") {
    const lines = value.split("\n").filter((line) => line.trim() !== "");
    return lines.length === 0 ? undefined : lines;
  }
  if (value === "" && !(field.required && (field.kind === "text" || field.kind === "line"))) return undefined;
  if (field.kind === "time") return new Date(value).toISOString();
  return field.kind === "number" || field.kind === "slot" ? Number(value) : value;
}

function Choice(props: { field: Field; value: string; options: Option[]; change: (value: string) => void }) {
  return (
    <select value={props.value} required={props.field.required ?? false} onChange={(event) => props.change(event.currentTarget.value)}>
      {(!props.field.required || props.field.kind === "id") && <option value="">–</option>}
      {props.options.map((option) => (
        <option value={option.id} dir="auto">
          {shown(option.label)}
        </option>
      ))}
    </select>
  );
}

function optionsOf(field: Field, given: Option[] | undefined): Option[] {
  if (field.kind === "choice") return field.choices!.map((word) => ({ id: word, label: sayChoice(word) }));
  if (field.kind === "language") return LANGUAGES.map(([tag, own]) => ({ id: tag, label: own }));
  if (field.kind === "slot") return room.value!.parties.map((party) => ({ id: String(party.slot), label: party.name }));
  return given ?? [];
}

function Slots(props: { value: string[]; change: (value: string[]) => void }) {
  return (
    <span class="row">
      {room.value!.parties.map((party) => (
        <label class="tick">
          <input
            type="checkbox"
            checked={props.value.includes(String(party.slot))}
            onChange={(event) => {
              const rest = props.value.filter((slot) => slot !== String(party.slot));
              props.change(event.currentTarget.checked ? [...rest, String(party.slot)] : rest);
            }}
          />{" "}
          <bdi>{shown(party.name)}</bdi>
        </label>
      ))}
    </span>
  );
}

interface InputProps {
  field: Field;
  value: Values[string];
  /** Of the text in the same form. */
  language: string;
  options: Option[] | undefined;
  change: (value: Values[string]) => void;
}

function Input({ field, value, language: tag, options, change }: InputProps) {
  if (typeof value !== "string") return <Slots value={value} change={change} />;
  const required = field.required ?? false;
  const direction = value === "" ? directionOf(tag) : "auto";
  switch (field.kind) {
    case "choice":
    case "language":
    case "slot":
    case "id":
      return <Choice field={field} value={value} options={optionsOf(field, options)} change={change} />;
    case "text":
    case "lines":
      return (
        <textarea
          rows={LINES_SHOWN}
          lang={tag}
          dir={direction}
          required={required}
          value={value}
          onInput={(event) => change(event.currentTarget.value)}
        />
      );
    default:
      return (
        <input
          type={field.kind === "time" ? "datetime-local" : field.kind === "number" ? "number" : "text"}
          inputMode={field.kind === "decimal" ? "decimal" : undefined}
          pattern={field.kind === "decimal" ? "[0-9]+([.][0-9]{1,9})?" : undefined}
          dir={field.kind === "line" ? direction : undefined}
          required={required}
          min={field.minimum}
          max={field.maximum}
          maxLength={field.maxLength}
          value={value}
          onInput={(event) => change(event.currentTarget.value)}
        />
      );
  }
}

/** What was typed stays in the browser until it is durable at the desk; without an answer it goes out again by itself. */
function useForm(props: FormProps) {
  const { fields } = operations[props.operation]!;
  const name = `form:${props.operation}:${Object.values(props.path).join(":")}`;
  const [draft, setDraft] = useState<FormDraft | undefined>(() => readDraft<FormDraft>(name));
  const [isSending, setSending] = useState(false);
  const [problem, setProblem] = useState<string | undefined>();
  useEffect(() => onDraft<FormDraft>(name, setDraft), [name]); // two tabs agree
  const asked = Object.entries(fields).filter(
    ([field, { kind }]) =>
      kind !== "other" &&
      !(field in (props.preset ?? {})) &&
      !props.without?.includes(field) &&
      (kind !== "id" || props.options?.[field] !== undefined),
  );
  const values = Object.fromEntries(
    asked.map(([field, what]) => [field, draft?.values[field] ?? first(what, props.initial?.[field])]),
  );

  function keep(next: FormDraft | undefined): void {
    setDraft(next);
    keepFormDraft(name, next);
  }

  async function send(): Promise<boolean> {
    if (isSending) return false;
    const key = draft?.key ?? onceKey();
    keep({ values, key });
    setSending(true);
    const body = Object.fromEntries(asked.map(([field, what]) => [field, bodyOf(what, values[field]!)]));
    try {
      const written = await perform(props.operation, props.path, { ...body, ...props.preset }, key);
      keep(undefined);
      setProblem(undefined);
      props.done?.(written);
      return true;
    } catch (error) {
      if (isDecided(error)) keep({ values });
      setProblem(isDecided(error) ? error.message : say("say.waiting"));
      return false;
    } finally {
      setSending(false);
    }
  }

  return { asked, values, isSending, problem, send, draft, keep };
}

export function Form(props: FormProps) {
  const form = useForm(props);
  const [isOpen, setOpen] = useState(form.draft !== undefined);
  const submit = async (): Promise<void> => void ((await form.send()) && setOpen(false));
  const isLive = link.value === "live";
  useEffect(() => {
    if (isLive && form.draft?.key !== undefined) void submit();
  }, [isLive]);
  if (!mayPerform(props.operation, me.value?.roles)) return null;
  const tag = form.values["language"];
  return (
    <details class="do" open={isOpen} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{props.label}</summary>
      {isOpen && (
        <form
          class="fields"
          onSubmit={(event) => {
            event.preventDefault();
            void submit();
          }}
        >
          {form.asked.map(([name, field]) => {
            const Around = field.kind === "slots" ? "fieldset" : "label";
            const Title = field.kind === "slots" ? "legend" : "span";
            return (
              <Around class={`field ${field.kind}`} key={name}>
                <Title>{sayField(props.operation, name)}</Title>
                <Input
                  field={field}
                  value={form.values[name]!}
                  language={typeof tag === "string" ? tag : language.value}
                  options={props.options?.[name]}
                  change={(value) => form.keep({ values: { ...form.values, [name]: value } })}
                />
              </Around>
            );
          })}
          <div class="row whole">
            <button class="primary" type="submit" disabled={form.isSending}>
              {props.label}
            </button>
            <button type="button" onClick={() => (form.keep(undefined), setOpen(false))}>
              {say("form.cancel")}
            </button>
          </div>
          <Problem text={form.problem} />
        </form>
      )}
    </details>
  );
}
