/**
 * Goal: nothing that somebody writes, and no other site, makes the page do what it should not.
 * Method: hostile texts are written to the record by the command line and looked at in the page; requests as another
 * site's page would make them; the headers that the desk sends.
 */
import { randomUUID } from "node:crypto";
import { check, parties, test, until } from "./world.mjs";

const [korea, japan] = parties;
const SCREENS = ["consultation", "sessions", "texts", "assessments", "commitments", "dialogues", "offices", "readouts", "record",
  "search", "operator"];

const MARKUP = `<img src=x onerror="window.harmed=1"><script>window.harmed=1</script><b>bold</b>`;
const BIDI = "safe \u202Efdp.exe\u202C and \u2066isolated\u2069";
const ZALGO = "Z" + "\u0335\u0301\u0327\u0488".repeat(200) + "algo";
const LONG = "x".repeat(1 << 18);

test("hostile text is inert, and visible as such", async ({ open }) => {
  const session = (await korea.json("session", "call", korea.folder, MARKUP, "--language", "en", "--begins", "2020-11-20T09:00:00Z",
    "--chair", korea.id)).object;
  const item = (await korea.json("agenda", "add", korea.folder, session, BIDI, "--language", "ar", "--number", 1, "--minutes", 15, "--owner", korea.id)).object;
  for (const text of [MARKUP, BIDI, ZALGO, LONG])
    await korea.call(`/api/v1/rooms/only/statements`, {
      method: "POST",
      body: JSON.stringify({ under: item, language: "en", text, speaker: "Republic of Kor\u0435a\u200B" }),
      headers: { "Idempotency-Key": randomUUID() },
    }).then(async (response) => check(response.ok, `${response.status} ${await response.text()}`));
  const page = await open(korea, `session/${session}`);
  const feed = page.getByRole("feed");
  await feed.getByText("algo").waitFor();
  await until(async () => (await feed.getByText(MARKUP, { exact: true }).count()) === 1, "the markup as text");
  check((await page.evaluate(() => window.harmed)) === undefined, "a script of the text ran");
  check((await page.locator("main img, main b, main script").count()) === 0, "markup of the text became elements");
  check((await page.locator("h1").textContent()).includes("<script>"), "the name of the session as text");
  check((await feed.getByText("\\u{202E}", { exact: false }).count()) >= 1, "the override is not shown by its number");
  check((await page.locator("main").textContent()).match(/[\u202A-\u202E\u2066-\u2069\u200B]/) === null, "hidden characters are left");
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  check(wide <= 0, `the page is ${wide} pixels wider than the window`);
  // Combining marks stay within their own statement: the next one is where it would be without them.
  const rows = await feed.locator("article").evaluateAll((all) => all.map((one) => getComputedStyle(one).overflow));
  check(rows.length >= 4, `${rows.length} statements`);
});

test("no screen breaks the content security policy", async ({ open }) => {
  const page = await open(korea);
  for (const screen of SCREENS) {
    await page.goto(`${korea.origin}/#/${screen}`);
    await page.locator("main#content h1").first().waitFor();
  }
  const response = await page.request.get(`${korea.origin}/`);
  const policy = response.headers()["content-security-policy"] ?? "";
  for (const part of ["default-src 'none'", "script-src 'self'", "frame-ancestors 'none'", "base-uri 'none'"])
    check(policy.includes(part), `the policy has no ${part}: ${policy}`);
  check(!/unsafe-inline|unsafe-eval|\*/.test(policy), policy);
  check(!/<script(?![^>]*src=)|<style| on[a-z]+=|style=/i.test(await response.text()), "something is inline");
  check(response.headers()["x-content-type-options"] === "nosniff", "nosniff");
  // It is the policy that forbids it, not luck: what it forbids is refused, and noticed.
  await page.evaluate(() => {
    const script = document.createElement("script");
    script.textContent = "window.harmed = 1";
    document.body.append(script);
  });
  check((await page.evaluate(() => window.harmed)) === undefined, "an inline script ran");
  await until(() => page.complaints.length > 0, "the refusal is noticed");
  page.complaints.length = 0;
});

test("another site's requests are refused", async ({ open }) => {
  const page = await open(korea);
  const [cookie] = await page.context().cookies(korea.origin);
  check(cookie.sameSite === "Strict" && cookie.httpOnly, JSON.stringify(cookie));
  const header = { Cookie: `${cookie.name}=${cookie.value}`, "Content-Type": "application/json" };
  const body = JSON.stringify({ language: "en", text: "Written by another site." });
  const post = (origin) =>
    fetch(`${korea.origin}/api/v1/rooms/only/statements`, {
      method: "POST", body, headers: { ...header, ...origin, "Idempotency-Key": randomUUID() },
    });
  check((await post({ Origin: "https://elsewhere.example" })).status === 403, "a request of another site was taken");
  check((await post({ Origin: "null" })).status === 403, "a request of nowhere was taken");
  check((await post({ Origin: japan.origin })).status === 403, "a request of another party's page was taken");
  check((await post({ Origin: korea.origin })).ok, "the page's own request is taken");
});

test("log-in is limited", async ({ open }) => {
  const page = await open(japan, "", { token: null });
  await page.getByLabel("Token").waitFor();
  let refused = 0;
  for (let attempt = 0; attempt < 40 && refused === 0; attempt++) {
    const response = await fetch(`${japan.origin}/api/v1/login`, {
      method: "POST", body: JSON.stringify({ token: `entente_${"0".repeat(40)}${attempt}` }),
      headers: { "Content-Type": "application/json", Origin: japan.origin },
    });
    check(!response.ok, "a made-up token was taken");
    refused = response.status === 429 ? attempt : 0;
  }
  check(refused > 0, "40 wrong tokens, and no end");
  await page.getByLabel("Token").fill("wrong");
  await page.getByRole("button", { name: "Log in" }).click();
  await page.getByRole("alert").waitFor();
});
