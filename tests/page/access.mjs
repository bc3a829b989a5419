/**
 * Goal: the page is for everybody: WCAG 2.2 AA, by keyboard alone, with less motion, in four languages and both directions.
 * Method: axe-core on every screen in light and dark, English and Arabic; the keyboard; boxes compared between directions.
 */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { check, parties, test, until } from "./world.mjs";

const [korea] = parties;
const axe = readFileSync(createRequire(new URL("../../web/package.json", import.meta.url)).resolve("axe-core/axe.min.js"), "utf8");
const TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];

/** Every place of the page, those of single objects among them. */
export async function places() {
  const sessions = (await korea.json("session", "list", korea.folder)).sessions;
  const acts = (await korea.json("act", "list", korea.folder)).acts;
  const text = acts.find((act) => act.root !== undefined && act.kind === "joint-text");
  return ["consultation", "sessions", `session/${sessions[0].id}`, "texts", ...(text ? [`text/${text.id ?? text.act}`] : []),
    "assessments", "commitments", "dialogues", "offices", "readouts", "record", "search", "operator"];
}

/** What is there has been drawn: the screen's heading, and nothing is under way. */
export async function settled(page) {
  await page.locator("main h1").first().waitFor();
  await page.waitForLoadState("networkidle").catch(() => undefined);
}

for (const language of ["en", "ar"])
  for (const dark of [false, true])
    test(`axe finds nothing: ${language}, ${dark ? "dark" : "light"}`, async ({ open }) => {
      const page = await open(korea, "", { language, dark });
      const found = [];
      for (const place of await places()) {
        await page.goto(`${korea.origin}/#/${place}`);
        await settled(page);
        // By the debugger: the page's own policy would not let it in, and is not loosened for tests.
        await page.evaluate(axe);
        const result = await page.evaluate((tags) => window.axe.run(document, { runOnly: tags }), TAGS);
        for (const one of result.violations)
          found.push(`${place}: ${one.id}: ${one.nodes.map((node) => node.html.slice(0, 160)).slice(0, 3).join(" | ")}`);
      }
      check(found.length === 0, `\n${found.join("\n")}`);
    });

test("Arabic is mirrored", async ({ open }) => {
  const boxes = {};
  for (const language of ["en", "ar"]) {
    const page = await open(korea, "sessions", { language });
    await settled(page);
    check((await page.locator("html").getAttribute("dir")) === (language === "ar" ? "rtl" : "ltr"), "the direction");
    boxes[language] = await page.evaluate(() => {
      const of = (where) => document.querySelector(where).getBoundingClientRect();
      const middle = (box) => (box.left + box.right) / 2;
      return { nav: middle(of("nav.rooms")), mark: middle(of("header.top img")), out: middle(of("header.top button")),
        main: middle(of("main")), width: innerWidth };
    });
  }
  const { en, ar } = boxes;
  for (const what of ["nav", "mark", "out"])
    check(Math.abs(en[what] - (ar.width - ar[what])) < 60, `${what}: ${en[what]} in English, ${ar[what]} in Arabic`);
  check(en.mark < en.out && ar.mark > ar.out, "the header is not mirrored");
});

test("everything is reached by keyboard", async ({ open }) => {
  const page = await open(korea);
  await settled(page);
  await page.keyboard.press("Tab");
  check((await page.evaluate(() => document.activeElement.className)) === "skip", "the first stop skips to the content");
  await page.keyboard.press("Enter");
  check((await page.evaluate(() => document.activeElement.id)) === "content", "and leads there");
  // Each screen by the keyboard alone, and each stop on the way can be seen.
  const screens = await page.locator("nav.rooms a").evaluateAll((all) => all.map((one) => one.getAttribute("href")));
  for (const screen of screens) {
    await page.locator(`nav.rooms a[href="${screen}"]`).focus();
    await page.keyboard.press("Enter");
    await until(() => page.evaluate((hash) => location.hash === hash, screen), screen);
    await settled(page);
    await page.locator("a.skip").focus(); // from the beginning, wherever the screen has put the cursor
    const seen = new Set();
    for (let stop = 0; stop < 60; stop++) {
      await page.keyboard.press("Tab");
      const at = await page.evaluate(() => {
        const one = document.activeElement;
        if (one === null || one === document.body) return null;
        const box = one.getBoundingClientRect();
        const style = getComputedStyle(one);
        return { key: `${one.tagName} ${one.className} ${Math.round(box.left)},${Math.round(box.top + scrollY)}`, visible: box.width > 0,
          outline: style.outlineStyle !== "none" || style.boxShadow !== "none" || one.className === "skip" };
      });
      if (at === null || seen.has(at.key)) break;
      check(at.visible && at.outline, `${screen}: a stop that nobody sees: ${at.key}`);
      seen.add(at.key);
    }
    check(seen.size >= 3, `${screen}: ${seen.size} stops`);
  }
  await page.locator("main#content").focus();
  await page.keyboard.press("/");
  await until(() => page.evaluate(() => location.hash === "#/search"), "search by one key");
});

test("less motion is less motion", async ({ open }) => {
  const page = await open(korea, "sessions", { reducedMotion: true });
  await settled(page);
  const moving = await page.evaluate(() => document.getAnimations().filter((one) => one.effect.getTiming().duration > 10).length);
  check(moving === 0, `${moving} animations`);
});
