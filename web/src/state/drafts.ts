// Drafts survive a reload, a dead node and another tab: they lie in the browser until what they say is durable.
const PREFIX = "entente-draft:";

export interface Draft {
  text: string;
  language: string;
  /** The idempotency key of the attempt under way: a repeated attempt is the same one. */
  key?: string;
}

/** What was typed into a form: the same for what is no statement. */
export interface FormDraft {
  values: Record<string, string | string[]>;
  key?: string;
}

export function readDraft<T = Draft>(name: string): T | undefined {
  const kept = localStorage.getItem(PREFIX + name);
  return kept === null ? undefined : (JSON.parse(kept) as T);
}

export function keepFormDraft(name: string, draft: FormDraft | undefined): void {
  if (draft === undefined) localStorage.removeItem(PREFIX + name);
  else localStorage.setItem(PREFIX + name, JSON.stringify(draft));
}

export function keepDraft(name: string, draft: Draft | undefined): void {
  if (draft === undefined || (draft.text === "" && draft.key === undefined)) localStorage.removeItem(PREFIX + name);
  else localStorage.setItem(PREFIX + name, JSON.stringify(draft));
}

/** Another tab changed it. */
export function onDraft<T = Draft>(name: string, take: (draft: T | undefined) => void): () => void {
  const listener = (event: StorageEvent): void => {
    if (event.key === PREFIX + name) take(event.newValue === null ? undefined : (JSON.parse(event.newValue) as T));
  };
  addEventListener("storage", listener);
  return () => removeEventListener("storage", listener);
}
