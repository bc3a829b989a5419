// The harness of the tests of the page: three real nodes, a real browser, and a count at the end.
//
//   node tests/page/test_NAME.mjs ENTENTE [WORD]     ENTENTE: the binary; only tests with WORD in their name
//
// A test file says what it needs, names its tests, and runs them:
//
//   import { check, logIn, run, test, until } from "./harness.mjs";
//   test("a statement is seen by the others", async ({ browser, parties, nodes }) => {
//     const [korea, japan] = await Promise.all([logIn(browser, parties[0]), logIn(browser, parties[1])]);
//     await korea.goto(`${parties[0].page}/#/sessions`);
//     ...
//     await nodes.kill(1);                     // -9 for all processes of Japan's node
//     await nodes.start(1);                    // and again, at the same address
//   });
//   await run({ play: true });                 // play: the demonstration's consultation comes first
//
// - `parties`: [{name, slug, id, page, token}], three of them; `page` is such as http://localhost:40123.
// - `nodes`: kill(i), start(i), link(i, other, up), token(i, name, roles, office), run(i, ...words) where the word
//   "@" is the party's folder.  See nodes.py, which holds the processes and ends them when this process ends.
// - `logIn(browser, party, options)`: a page in a context of its own (as another person's browser), logged in by
//   token; options: language, dark, reducedMotion, token, path (such as "#/texts").
// - A context that logIn made gathers what its console says: `complaints(page)`; the runner fails a test that left
//   errors there, unless it named them with `expectComplaints(page, /pattern/)`.
// - `until(condition, what)` polls a condition for up to WAIT_MS; nothing here sleeps instead of waiting.
// - Everything a test opened is closed behind it; the whole run ends after RUN_MS whatever happens.
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const WAIT_MS = Number(process.env.ENTENTE_WAIT_MS ?? 60_000); // for what takes a moment, on a loaded machine under sanitizers
const FOUND_MS = 300_000; // for three nodes and a whole consultation
const RUN_MS = 600_000;

const CHROMIUM = process.env.CHROMIUM ?? "/usr/bin/chromium";
const packages = createRequire(new URL("../../web/package.json", import.meta.url));

// Where the page could not be built or there is no browser, the page cannot be tested; that is said and counted.
if (!existsSync(CHROMIUM) || !existsSync(new URL("../../web/dist/index.html", import.meta.url))) {
  console.log("1..0 # SKIP there is no web/dist (see web/build) or no Chromium (see ./setup check)");
  process.exit(0);
}

/** A package that web/package.json names, such as playwright-core. */
export const load = (name) => packages(name);
const { chromium } = load("playwright-core");

export function check(condition, what) {
  if (!condition) throw new Error(what);
}

export function same(got, wanted, what) {
  const [a, b] = [JSON.stringify(got), JSON.stringify(wanted)];
  check(a === b, `${what}: ${a} instead of ${b}`);
}

/** Polls until `condition` gives something true, and gives that. */
export async function until(condition, what, milliseconds = WAIT_MS) {
  const end = Date.now() + milliseconds;
  for (;;) {
    const value = await condition();
    if (value) return value;
    check(Date.now() < end, `not within ${milliseconds} ms: ${what}`);
    await new Promise((go) => setTimeout(go, 25));
  }
}

// ---- nodes ----

class Nodes {
  constructor(entente, { play = false }) {
    this.work = mkdtempSync(join(tmpdir(), "entente-page-"));
    const script = fileURLToPath(new URL("nodes.py", import.meta.url));
    this.process = spawn("python3", [script, entente, ...(play ? ["--play"] : [])], {
      env: { ...process.env, ENTENTE_DEMO_WORK: join(this.work, "nodes") },
      stdio: ["pipe", "pipe", "pipe"],
    });
    this.said = "";
    this.process.stderr.on("data", (data) => (this.said += data));
    this.process.stdin.on("error", () => undefined); // its end is seen below
    this.ended = new Promise((go) => this.process.on("close", go));
    this.lines = createInterface({ input: this.process.stdout })[Symbol.asyncIterator]();
    this.last = Promise.resolve();
  }

  async line(milliseconds) {
    let timer;
    const late = new Promise((_, fail) => {
      timer = setTimeout(() => fail(new Error(`the nodes do not answer:\n${this.said}`)), milliseconds);
    });
    const { value, done } = await Promise.race([this.lines.next(), late]).finally(() => clearTimeout(timer));
    check(!done, `the nodes ended:\n${this.said}`);
    return JSON.parse(value);
  }

  /** One command after another, each with its answer. */
  ask(command) {
    this.last = this.last.catch(() => undefined).then(async () => {
      this.process.stdin.write(`${JSON.stringify(command)}\n`);
      const answer = await this.line(WAIT_MS * 2);
      check(answer.error === undefined, `${JSON.stringify(command)}: ${answer.error}`);
      return answer.ok;
    });
    return this.last;
  }

  kill = (party) => this.ask({ do: "kill", party });
  start = (party) => this.ask({ do: "start", party });
  link = (party, other, up) => this.ask({ do: "link", party, other, up });
  token = (party, name, roles, office) => this.ask({ do: "token", party, name, roles, office });
  run = (party, ...words) => this.ask({ do: "run", party, words });
  json = async (party, ...words) => JSON.parse(await this.run(party, ...words, "--json"));

  async end() {
    this.process.stdin.end();
    await this.ended;
    rmSync(this.work, { recursive: true, force: true });
  }
}

// ---- browsers ----

const complaintsOf = new WeakMap();
const expectedOf = new WeakMap();

/** What the console of a page's context said that is wrong: errors, refusals of the content security policy. */
export function complaints(page) {
  return complaintsOf.get(page.context()) ?? [];
}

export function expectComplaints(page, ...patterns) {
  const context = page.context();
  expectedOf.set(context, [...(expectedOf.get(context) ?? []), ...patterns]);
}

function listen(context) {
  const said = [];
  complaintsOf.set(context, said);
  context.on("console", (message) => {
    if (message.type() === "error" || /Content Security Policy/.test(message.text())) said.push(message.text());
  });
  context.on("weberror", (error) => said.push(String(error.error())));
}

/** A page in a context of its own, not logged in. */
export async function open(browser, party, options = {}) {
  const context = await browser.newContext({
    locale: options.language ?? "en",
    timezoneId: "UTC",
    viewport: options.viewport ?? { width: 1440, height: 900 },
    colorScheme: options.dark ? "dark" : "light",
    reducedMotion: options.reducedMotion ? "reduce" : "no-preference",
  });
  context.setDefaultTimeout(WAIT_MS);
  listen(context);
  const page = await context.newPage();
  await page.goto(`${party.page}/${options.path ?? ""}`);
  return page;
}

/** As open(), and logged in by token: live, at the screen of `options.path`. */
export async function logIn(browser, party, options = {}) {
  const page = await open(browser, party, options);
  expectComplaints(page, /status of 401/); // the page asks who is logged in, and hears that nobody is
  await page.locator(".login input").first().waitFor();
  await page.locator(".login input").first().fill(options.token ?? party.token);
  await page.locator(".login button.primary").click();
  await page.locator(".link.live").waitFor();
  return page;
}

function leftComplaints(browser) {
  return browser.contexts().flatMap((context) =>
    (complaintsOf.get(context) ?? []).filter(
      (said) => !(expectedOf.get(context) ?? []).some((pattern) => pattern.test(said)),
    ),
  );
}

function launch(options) {
  const sandbox = process.getuid() === 0 ? ["--no-sandbox"] : []; // root may not have Chromium's
  return chromium.launch({
    executablePath: CHROMIUM,
    ...options,
    args: [...sandbox, "--disable-dev-shm-usage", ...(options.args ?? [])],
  });
}

// ---- tests ----

const tests = [];

export function test(name, body) {
  tests.push({ name, body });
}

/** What the pages showed when a test failed; as pictures too where ENTENTE_SHOTS names a folder. */
async function describe(browser, number) {
  for (const page of browser.contexts().flatMap((context) => context.pages())) {
    const text = await page.locator("body").innerText({ timeout: 1000 }).catch(String);
    console.log(`# ${page.url()}\n#   ${text.slice(0, 3000).replaceAll("\n", "\n#   ")}`);
    const folder = process.env.ENTENTE_SHOTS;
    if (folder !== undefined) await page.screenshot({ path: join(folder, `failed-${number}-${Date.now()}.png`) });
  }
}

async function pass(wanted, around) {
  let failed = 0;
  for (const [index, { name, body }] of wanted.entries()) {
    let error;
    try {
      await body(around);
      same(leftComplaints(around.browser), [], "errors in the console");
    } catch (caught) {
      error = caught;
      console.log(`# ${String(caught.stack).replaceAll("\n", "\n# ")}`);
      await describe(around.browser, index + 1);
    }
    for (const context of around.browser.contexts()) await context.close();
    if (error !== undefined) failed++;
    console.log(`${error === undefined ? "ok" : "not ok"} ${index + 1} ${name}`);
  }
  return failed;
}

/**
 * Runs the tests that were named, in their order, all with the same nodes and browser, and ends the process.
 * options: play (the consultation comes first), without (no nodes), launch (options of Chromium, such as args).
 */
export async function run(options = {}) {
  const [, , entente, word = ""] = process.argv;
  const wanted = tests.filter(({ name }) => name.includes(word));
  console.log(`1..${wanted.length}`);
  const nodes = options.without ? undefined : new Nodes(entente, options);
  let browser;
  let failed = wanted.length;
  setTimeout(() => {
    console.log("Bail out! The run took too long.");
    nodes?.process.stdin.destroy();
    process.exit(1);
  }, RUN_MS).unref();
  try {
    browser = await launch(options.launch ?? {});
    const parties = await nodes?.line(FOUND_MS);
    failed = await pass(wanted, { browser, parties, nodes });
  } catch (error) {
    console.log(`# ${String(error.stack).replaceAll("\n", "\n# ")}`);
  } finally {
    await browser?.close();
    await nodes?.end();
  }
  console.log(`# ${wanted.length - failed} passed, ${failed} failed`);
  process.exit(failed === 0 ? 0 : 1);
}
