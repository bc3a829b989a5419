/**
 * Goal: the page's words are whole in every language: each message is there, is well-formed ICU MessageFormat, takes the
 * same values in all of them, and is used; and no screen has words of its own.
 * Method: the catalogues are loaded as the page loads them (web/ brings the compiler and the parser); the sources are read.
 * Needs web/node_modules: web/build.
 */
import { readFileSync, readdirSync } from "node:fs";
import { createRequire } from "node:module";

const WEB = new URL("../../web/", import.meta.url);
const fromWeb = createRequire(new URL("package.json", WEB));
const typescript = fromWeb("typescript");
const { parse, TYPE } = await import(fromWeb.resolve("@formatjs/icu-messageformat-parser"));
const LANGUAGES = ["en", "ko", "ja", "ar"];
// What is the same in each language: names, and what has no words.
const NO_WORDS = /^[\s\d\p{P}\p{S}]*$/u;
const NAMES = ["Entente", "SHA-256", "POLICY CONFIDENTIAL//REL"]; // the last is the form of a marking

let number = 0;
let failed = 0;

function test(name, body) {
  const complaints = body();
  for (const complaint of complaints) console.log(`# ${complaint}`);
  failed += complaints.length > 0;
  console.log(`${complaints.length > 0 ? "not " : ""}ok ${++number} ${name}`);
}

/** A catalogue's messages; what is of TypeScript only is left out. */
async function load(tag) {
  const source = readFileSync(new URL(`src/words/${tag}.ts`, WEB), "utf8");
  const made = typescript.transpileModule(source, { compilerOptions: { module: "ESNext", target: "ES2022" } }).outputText;
  return (await import(`data:text/javascript;base64,${Buffer.from(made).toString("base64")}`))[tag];
}

function sources() {
  const list = [];
  const walk = (folder) => {
    for (const entry of readdirSync(folder, { withFileTypes: true }))
      if (entry.isDirectory() && entry.name !== "words") walk(new URL(`${entry.name}/`, folder));
      else if (/\.tsx?$/.test(entry.name) && !entry.name.endsWith(".d.ts")) list.push(new URL(entry.name, folder));
  };
  walk(new URL("src/", WEB));
  return list;
}

const catalogues = Object.fromEntries(await Promise.all(LANGUAGES.map(async (tag) => [tag, await load(tag)])));
const keys = Object.keys(catalogues.en);

/** The names of the values that a message takes, and whether plurals say "other". */
function values(elements, found = new Set()) {
  for (const element of elements) {
    if (element.type !== TYPE.literal && element.type !== TYPE.pound) found.add(element.value);
    for (const option of Object.values(element.options ?? {})) values(option.value, found);
  }
  return found;
}

console.log("1..5");
test("every language has every message, and no other", () =>
  LANGUAGES.flatMap((tag) => [
    ...keys.filter((key) => !(catalogues[tag][key]?.trim() !== "" && catalogues[tag][key] !== undefined)).map((key) => `${tag}: ${key} is missing`),
    ...Object.keys(catalogues[tag]).filter((key) => !keys.includes(key)).map((key) => `${tag}: ${key} is of no use`),
  ]));

test("every message parses, and takes the same values in each language", () =>
  keys.flatMap((key) => {
    const complaints = [];
    const wanted = [...values(parse(catalogues.en[key]))].sort().join(" ");
    for (const tag of LANGUAGES)
      try {
        const got = [...values(parse(catalogues[tag][key]))].sort().join(" ");
        if (got !== wanted) complaints.push(`${tag}: ${key} takes "${got}", not "${wanted}"`);
      } catch (error) {
        complaints.push(`${tag}: ${key}: ${error.message}`);
      }
    return complaints;
  }));

test("what is said in English is said otherwise in the other languages", () =>
  LANGUAGES.filter((tag) => tag !== "en").flatMap((tag) =>
    keys
      .filter((key) => catalogues[tag][key] === catalogues.en[key] && key !== "app.name" && !NO_WORDS.test(catalogues.en[key].replace(/\{.*\}/, "")))
      .map((key) => `${tag}: ${key} is still English: ${catalogues.en[key]}`)));

test("every message is used", () => {
  const all = sources().map((file) => readFileSync(file, "utf8")).join("\n") +
    readFileSync(new URL("src/words/index.ts", WEB), "utf8") + readFileSync(new URL("../src/api/openapi.json", WEB), "utf8") +
    readFileSync(new URL("../src/format/entry.c", WEB), "utf8"); // the kinds of entries
  return keys
    .filter((key) => {
      if (all.includes(`"${key}"`)) return false;
      const [group, ...rest] = key.split(".");
      // A group whose words come from the desk, or from a list in the source: `nav.${screen}`, sayWord("session", status).
      const last = rest.at(-1);
      const isGroup = all.includes(`\`${group}.\${`) || all.includes(`"${group}"`) || all.includes(`\`${key.slice(0, key.lastIndexOf("."))}.\${`);
      return !(isGroup && new RegExp(`["'\`]?\\b${last.replace(/[-]/g, "\\-")}\\b["'\`]?`).test(all));
    })
    .map((key) => `${key} is used nowhere`);
});

test("no screen has words of its own", () =>
  sources().filter((file) => file.pathname.endsWith(".tsx")).flatMap((file) => {
    const text = readFileSync(file, "utf8");
    const tree = typescript.createSourceFile(file.pathname, text, typescript.ScriptTarget.ES2022, true, typescript.ScriptKind.TSX);
    const complaints = [];
    const visit = (node) => {
      const at = () => `${file.pathname.split("/src/")[1]}:${tree.getLineAndCharacterOfPosition(node.getStart()).line + 1}`;
      if (typescript.isJsxText(node) && !NO_WORDS.test(node.text) && !NAMES.includes(node.text.trim()))
        complaints.push(`${at()}: ${node.text.trim()}`);
      if (typescript.isJsxAttribute(node) && ["title", "alt", "placeholder", "aria-label"].includes(node.name.getText()) &&
          node.initializer !== undefined && typescript.isStringLiteral(node.initializer) &&
          !NO_WORDS.test(node.initializer.text) && !NAMES.includes(node.initializer.text.trim()))
        complaints.push(`${at()}: ${node.initializer.text}`);
      typescript.forEachChild(node, visit);
    };
    visit(tree);
    return complaints;
  }));

process.exitCode = failed > 0 ? 1 : 0;
