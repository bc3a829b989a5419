// A picture of every screen in light, dark, English and Arabic, and of two in Korean and Japanese, into the folder given.
import { mkdirSync } from "node:fs";
import { places, settled } from "./access.mjs";
import { parties, withBrowser } from "./world.mjs";

const [korea] = parties;
const folder = process.argv[2];
const looks = [["en", false], ["en", true], ["ar", false], ["ar", true], ["ko", false], ["ja", false]];

mkdirSync(folder, { recursive: true });
await withBrowser(async ({ open }) => {
  const all = await places();
  for (const [language, dark] of looks) {
    const page = await open(korea, "", { language, dark });
    for (const place of language === "ko" || language === "ja" ? all.slice(0, 3) : all) {
      await page.goto(`${korea.origin}/#/${place}`);
      await settled(page);
      const name = place.split("/")[0] + (place.includes("/") ? "-one" : "");
      await page.screenshot({ path: `${folder}/${name}-${language}-${dark ? "dark" : "light"}.png`, fullPage: true });
    }
    const outside = await open(korea, "", { language, dark, token: null, path: "/public.html" });
    await outside.locator("main#content article").first().waitFor();
    await outside.screenshot({ path: `${folder}/public-${language}-${dark ? "dark" : "light"}.png`, fullPage: true });
  }
});
console.log(`# pictures in ${folder}`);
