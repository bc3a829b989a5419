// A session that is held from three browsers, each at its own party's node.
//
// Goal: what one person does at one page is seen by the others, at once and truly.
// Method: three parties' real nodes; three browsers do as people would, by the controls of the page, and what
// they see is compared with one another and with the record.
import { check, logIn, run, test } from "./harness.mjs";

const shared = {};

test("a session is called from the page, and seen at all three", async ({ browser, parties, nodes }) => {
  const page = await logIn(browser, parties[0], { path: "#/sessions" });
  const form = page.locator("details.do").first();
  await form.locator("summary").click();
  await form.locator("input[type=text]").first().fill("Morning session");
  for (const [index, time] of (await form.locator("input[type=datetime-local]").all()).entries())
    await time.fill(`2030-01-0${index + 1}T09:00`);
  for (const tick of await form.locator("input[type=checkbox]").all()) await tick.check();
  await form.locator("button[type=submit]").click();
  await page.locator(".session-room").waitFor();
  shared.session = page.url().split("/").pop();
  const pages = await Promise.all(
    parties.slice(1).map((party) => logIn(browser, party, { path: "#/sessions" })));
  for (const other of pages) await other.getByText("Morning session").waitFor();
  const known = JSON.parse(await nodes.run(1, "session", "list", "@", "--json"));
  check(JSON.stringify(known).includes("Morning session"), "the record has the session");
});

await run();
