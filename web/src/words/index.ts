// The language of the page: catalogues in ICU MessageFormat, dates and numbers by Intl.
import { computed, effect, signal } from "@preact/signals";
import { IntlMessageFormat } from "intl-messageformat";
import { ar } from "./ar";
import { en, type Key, type Words } from "./en";
import { ja } from "./ja";
import { ko } from "./ko";

const catalogues: Record<string, Words> = { ko, ja, en, ar };
export const LANGUAGES = [
  ["ko", "한국어"],
  ["ja", "日本語"],
  ["en", "English"],
  ["ar", "العربية"],
] as const;

const RIGHT_TO_LEFT = new Set(["ar", "fa", "he", "ur", "ps", "sd", "ug", "yi", "dv"]);

function preferred(): string {
  const kept = localStorage.getItem("entente-language");
  const wanted = kept === null ? navigator.languages : [kept];
  return wanted.map((tag) => tag.split("-")[0]!).find((tag) => tag in catalogues) ?? "en";
}

export const language = signal(preferred());
export const direction = computed(() => directionOf(language.value));

effect(() => {
  document.documentElement.lang = language.value;
  document.documentElement.dir = direction.value;
  localStorage.setItem("entente-language", language.value);
});

/** The direction of a text by its BCP 47 tag. */
export function directionOf(tag: string | undefined): "ltr" | "rtl" | "auto" {
  if (tag === undefined || tag === "") return "auto";
  return RIGHT_TO_LEFT.has(tag.split("-")[0]!.toLowerCase()) ? "rtl" : "ltr";
}

const formats = new Map<string, IntlMessageFormat>();

export function say(key: Key, values?: Record<string, string | number>): string {
  const name = `${language.value}:${key}`;
  let format = formats.get(name);
  if (format === undefined) {
    format = new IntlMessageFormat(catalogues[language.value]![key], language.value);
    formats.set(name, format);
  }
  return String(format.format(values));
}

/** A word that comes from the desk, such as the status of a session. */
export function sayWord(group: string, word: string): string {
  const key = `${group}.${word}`;
  return key in en ? say(key as Key) : word;
}

/** A word that somebody chooses in a form, in whichever group it stands. */
export function sayChoice(word: string): string {
  const group = ["choice", "dialogue", "commitment", "kind", "assessment"].find((name) => `${name}.${word}` in en);
  return group === undefined ? word : say(`${group}.${word}` as Key);
}

/** What a field of a form is called; some operations call theirs otherwise. */
export function sayField(operation: string, name: string): string {
  const own = `field.${operation}.${name}`;
  return own in en ? say(own as Key) : sayWord("field", name);
}

export function when(time: string | null | undefined, style: "long" | "short" | "clock" = "short"): string {
  if (time === null || time === undefined) return "";
  const options: Intl.DateTimeFormatOptions =
    style === "clock"
      ? { hour: "2-digit", minute: "2-digit", second: "2-digit" }
      : { dateStyle: style === "long" ? "long" : "medium", timeStyle: "short" };
  return new Intl.DateTimeFormat(language.value, options).format(new Date(time));
}

export function day(time: string | null | undefined): string {
  if (time === null || time === undefined) return "";
  return new Intl.DateTimeFormat(language.value, { dateStyle: "medium" }).format(new Date(time));
}

/** A decimal of the API as people write it, exact to its last digit. */
export function decimal(text: string): string {
  const [whole = "0", part] = text.split(".");
  const grouped = new Intl.NumberFormat(language.value).format(BigInt(whole));
  if (part === undefined) return grouped;
  const point = new Intl.NumberFormat(language.value).formatToParts(1.5).find((piece) => piece.type === "decimal");
  return grouped + (point?.value ?? ".") + part;
}

export function bytes(count: number): string {
  const unit = count >= 1 << 20 ? "megabyte" : "kilobyte";
  const value = count / (unit === "megabyte" ? 1 << 20 : 1 << 10);
  return new Intl.NumberFormat(language.value, { style: "unit", unit, maximumFractionDigits: 1 }).format(value);
}

/** A language by its tag, in its own words. */
export function languageName(tag: string): string {
  return new Intl.DisplayNames([tag], { type: "language" }).of(tag) ?? tag;
}

export function count(number: number): string {
  return new Intl.NumberFormat(language.value).format(number);
}
