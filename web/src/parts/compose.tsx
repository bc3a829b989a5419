// Writing a statement: the draft is kept until it is durable, whatever happens to page, desk or node.
import { useEffect, useState } from "preact/hooks";
import { answer, desk, isDecided, onceKey } from "../api/client";
import { keepDraft, onDraft, readDraft, type Draft } from "../state/drafts";
import { link, me } from "../state/room";
import { LANGUAGES, directionOf, language, say } from "../words";

export function Compose(props: { room: string; under: string }) {
  const name = `${props.room}:${props.under}`;
  const [draft, setDraft] = useState<Draft>(() => readDraft(name) ?? { text: "", language: language.value });
  const [isSending, setSending] = useState(false);
  const [problem, setProblem] = useState<string | undefined>();

  useEffect(() => {
    setDraft(readDraft(name) ?? { text: "", language: language.value });
    return onDraft(name, (other) => setDraft(other ?? { text: "", language: language.value }));
  }, [name]);

  function change(next: Draft): void {
    setDraft(next);
    keepDraft(name, next);
  }

  async function send(): Promise<void> {
    if (draft.text.trim() === "" || isSending) return;
    const attempt = { ...draft, key: draft.key ?? onceKey() };
    change(attempt);
    setSending(true);
    setProblem(undefined);
    try {
      await answer(
        desk.POST("/api/v1/rooms/{room}/statements", {
          params: { path: { room: props.room }, header: { "Idempotency-Key": attempt.key } },
          body: {
            under: props.under,
            language: attempt.language,
            text: attempt.text,
            ...(me.value?.office ? { speaker: me.value.office } : {}),
          },
        }),
      );
      change({ text: "", language: attempt.language });
    } catch (error) {
      // Refused: it was not done and will not be.  No answer: the same key asks again, and it is done once.
      if (isDecided(error)) change({ text: attempt.text, language: attempt.language });
      setProblem(isDecided(error) ? error.message : say("say.waiting"));
    } finally {
      setSending(false);
    }
  }

  // What could not be sent goes out by itself when the desk is back.
  const isLive = link.value === "live";
  useEffect(() => {
    if (isLive && draft.key !== undefined && !isSending) void send();
  }, [isLive]);

  return (
    <form
      class="compose"
      onSubmit={(event) => {
        event.preventDefault();
        void send();
      }}
    >
      <textarea
        aria-label={say("say.text")}
        lang={draft.language}
        dir={draft.text === "" ? directionOf(draft.language) : "auto"}
        rows={3}
        maxLength={262144}
        value={draft.text}
        onInput={(event) => change({ text: event.currentTarget.value, language: draft.language })}
        onKeyDown={(event) => {
          if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) void send();
        }}
      />
      <div class="row">
        <label>
          {say("say.language")}{" "}
          <select
            value={draft.language}
            onChange={(event) => change({ ...draft, language: event.currentTarget.value })}
          >
            {LANGUAGES.map(([tag, own]) => (
              <option value={tag}>{own}</option>
            ))}
          </select>
        </label>
        <span class="grow hint" aria-live="polite">
          {problem ?? (isSending ? say("say.sending") : draft.key !== undefined ? say("say.waiting") : "")}
        </span>
        <button class="primary" type="submit" disabled={isSending || draft.text.trim() === ""}>
          {say("say.send")}
        </button>
      </div>
    </form>
  );
}
