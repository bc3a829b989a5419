/**
 * The world that the tests of the page stand in: three parties with running nodes (made by test_page.py), a
 * browser, and a small TAP harness.
 *
 *   import { check, parties, test } from "./world.mjs";
 *   test("what it shows", async ({ open }) => {
 *     const page = await open(parties[0], "sessions");        // logged in, in English, at #/sessions
 *     await page.getByRole("heading", { name: "Sessions" }).waitFor();
 *   });
 *
 * `open(party, place, options)` gives a page of a browser context of its own, which is closed when the test ends;
 * options: language, dark, reducedMotion, token (null: nobody is logged in), context (another tab of the same person).
 * Whatever a page complains of (an exception, a breach of the Content-Security-Policy) fails the test.  Waits are for
 * conditions and give up after WAIT_MS; nothing sleeps in order to be right.
 */
import { execFile, spawn } from "node:child_process";
import { openSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { setTimeout as pause } from "node:timers/promises";
import { promisify } from "node:util";

// The browser's driver and axe are among the page's own packages.
const { chromium } = createRequire(new URL("../../web/package.json", import.meta.url))("playwright-core");

export const WAIT_MS = 60000;
const { entente, parties: told } = JSON.parse(process.env.ENTENTE_WORLD);

export function check(condition, what = "") {
  if (!condition) throw new Error(`check failed: ${what}`);
}

/** Until `condition()` gives something true, and gives that. */
export async function until(condition, what, limit = WAIT_MS) {
  for (const end = Date.now() + limit; ; await pause(20)) {
    const value = await condition();
    if (value) return value;
    check(Date.now() < end, `not within ${limit} ms: ${what}`);
  }
}

function isAlive(pid) {
  try {
    return !/^\d+ \(.*\) Z/s.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return false;
  }
}

class Party {
  constructor(told) {
    Object.assign(this, told);
    this.origin = `http://localhost:${told.page.split(":")[1]}`;
    this.started = null; // a server that was started here, and is ended here
  }

  environment() {
    return { ...process.env, ENTENTE_KEY_FILE: this.key_file };
  }

  /** The command line of this party's people; gives what it prints. */
  async run(...words) {
    const options = { env: this.environment(), maxBuffer: 1 << 26 };
    return (await promisify(execFile)(entente, words.map(String), options)).stdout;
  }

  async json(...words) {
    return JSON.parse(await this.run(...words, "--json"));
  }

  /** -9 for all of the node's processes at once. */
  async kill() {
    const children = readFileSync(`/proc/${this.pid}/task/${this.pid}/children`, "utf8").trim().split(/\s+/);
    const pids = [this.pid, ...children.filter(Boolean).map(Number)];
    for (const pid of pids)
      try {
        process.kill(pid, "SIGKILL");
      } catch {
        /* it is gone already */
      }
    await until(() => !pids.some(isAlive), `${this.name} is gone`);
  }

  async start() {
    const trace = openSync(this.trace, "a");
    this.started = spawn(entente, ["serve", this.folder, "--page", this.page], {
      env: this.environment(),
      stdio: ["ignore", trace, trace],
    });
    this.pid = this.started.pid;
    await until(() => this.run("status", this.folder).then(() => true, () => false), `${this.name} answers`);
  }

  async stop() {
    if (this.started === null || !isAlive(this.pid)) return;
    const ended = new Promise((resolve) => this.started.once("exit", resolve));
    this.started.kill("SIGTERM");
    await Promise.race([ended, pause(15000)]);
    if (isAlive(this.pid)) await this.kill();
  }

  /** A request of the API with the party's token. */
  call(path, options = {}) {
    return fetch(`${this.origin}${path}`, {
      ...options,
      headers: { Authorization: `Bearer ${this.token}`, "Content-Type": "application/json", ...options.headers },
    });
  }
}

export const parties = told.map((one) => new Party(one));

// ---- the browser ----

let browser;

export async function launch(extra = []) {
  const root = process.getuid() === 0 ? ["--no-sandbox"] : [];
  return chromium.launch({ executablePath: "/usr/bin/chromium", args: [...root, "--disable-dev-shm-usage", ...extra] });
}

/** What the page complains of; what a test expects to fail it takes out of the list itself. */
function watch(page) {
  page.complaints = [];
  page.on("pageerror", (error) => page.complaints.push(String(error)));
  page.on("console", (message) => {
    if (/Content Security Policy|Refused to|Uncaught/i.test(message.text())) page.complaints.push(message.text());
  });
}

async function logIn(context, party, token) {
  const response = await context.request.post(`${party.origin}/api/v1/login`, {
    data: { token },
    headers: { Origin: party.origin },
  });
  check(response.ok(), `log-in at ${party.name}: ${response.status()} ${await response.text()}`);
}

function opener(opened) {
  return async function open(party, place = "", options = {}) {
    const context =
      options.context ??
      (await browser.newContext({
        colorScheme: options.dark ? "dark" : "light",
        reducedMotion: options.reducedMotion ? "reduce" : "no-preference",
        viewport: options.viewport ?? { width: 1280, height: 900 },
        locale: "en",
      }));
    if (options.context === undefined) {
      opened.contexts.push(context);
      context.setDefaultTimeout(WAIT_MS);
      await context.addInitScript((tag) => localStorage.getItem("entente-language") ?? localStorage.setItem("entente-language", tag),
        options.language ?? "en");
      if (options.token !== null) await logIn(context, party, options.token ?? party.token);
    }
    const page = await context.newPage();
    watch(page);
    opened.pages.push(page);
    await page.goto(options.path === undefined ? `${party.origin}/#/${place}` : party.origin + options.path);
    if (options.token !== null && options.path === undefined) await page.locator("main#content").waitFor();
    return page;
  };
}

// ---- tests ----

const tests = [];

export function test(name, body) {
  tests.push({ name, body });
}

async function run(one) {
  const opened = { contexts: [], pages: [] };
  try {
    await one.body({ open: opener(opened), browser });
    for (const page of opened.pages) check(page.complaints.length === 0, page.complaints.join("\n"));
    return null;
  } catch (error) {
    // What the pages showed then, for whoever looks into it.
    if (process.env.ENTENTE_KEEP)
      for (const [index, page] of opened.pages.entries())
        await page.screenshot({ path: `${process.env.ENTENTE_KEEP}-${index}.png` }).catch(() => undefined);
    return error;
  } finally {
    for (const context of opened.contexts) await context.close();
  }
}

/** All tests whose names have `wanted` in them; the number that failed. */
export async function runAll(wanted = "") {
  const chosen = tests.filter((one) => one.name.includes(wanted));
  let failed = 0;
  console.log(`1..${chosen.length}`);
  browser = await launch();
  for (const [index, one] of chosen.entries()) {
    const error = await run(one);
    if (error === null) console.log(`ok ${index + 1} ${one.name}`);
    else {
      failed++;
      console.log(String(error.stack).split(/\n(?=    at )/).slice(0, 3).join("\n").replace(/^/gm, "# "));
      console.log(`not ok ${index + 1} ${one.name}`);
    }
  }
  await browser.close();
  for (const party of parties) await party.stop();
  return failed;
}

/** For what is no test: a browser while `body` runs. */
export async function withBrowser(body) {
  const opened = { contexts: [], pages: [] };
  browser = await launch();
  try {
    await body({ open: opener(opened), browser });
  } finally {
    await browser.close();
  }
}
