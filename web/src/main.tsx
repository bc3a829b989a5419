// The page: who is logged in, where they are, and what stands around every screen.
import { render } from "preact";
import { useEffect } from "preact/hooks";
import { Name } from "./parts/text";
import { Assessments } from "./screens/assessments";
import { Commitments } from "./screens/commitments";
import { Consultation } from "./screens/consultation";
import { Dialogues } from "./screens/dialogues";
import { LogIn } from "./screens/login";
import { Offices } from "./screens/offices";
import { Operator } from "./screens/operator";
import { Readouts } from "./screens/readouts";
import { Record } from "./screens/record";
import { Search } from "./screens/search";
import { SessionRoom } from "./screens/session";
import { Sessions } from "./screens/sessions";
import { TextScreen, Texts } from "./screens/texts";
import { place } from "./state/place";
import { begin, link, logOut, me, news, refresh, room } from "./state/room";
import "./style/page.css";
import { LANGUAGES, language, say } from "./words";
import type { Key } from "./words/en";

const SCREENS = [
  "consultation",
  "sessions",
  "texts",
  "assessments",
  "commitments",
  "dialogues",
  "offices",
  "readouts",
  "record",
  "search",
  "operator",
] as const;

function Screen() {
  const { screen, id } = place.value;
  if (screen === "session" && id !== undefined) return <SessionRoom key={id} id={id} />;
  if (screen === "text" && id !== undefined) return <TextScreen key={id} id={id} />;
  switch (screen) {
    case "sessions":
      return <Sessions />;
    case "texts":
      return <Texts />;
    case "assessments":
      return <Assessments />;
    case "commitments":
      return <Commitments />;
    case "dialogues":
      return <Dialogues />;
    case "offices":
      return <Offices />;
    case "readouts":
      return <Readouts />;
    case "record":
      return <Record />;
    case "operator":
      return <Operator />;
    case "search":
      return <Search />;
    default:
      return <Consultation />;
  }
}

function Around() {
  const shown = room.value!;
  const latest = news.value;
  useEffect(() => void refresh(), [latest]);
  useEffect(() => {
    const timer = setInterval(() => void refresh(), 5000);
    return () => clearInterval(timer);
  }, []);
  const own = shown.parties.find((party) => party.is_own);
  const group = place.value.screen === "session" ? "sessions" : place.value.screen === "text" ? "texts" : place.value.screen;
  return (
    <div class="frame">
      <a class="skip" href="#content">
        {say("app.skip")}
      </a>
      <header class="top">
        <img src="/mark.svg" alt="Entente" width="28" height="28" />
        <strong>
          <Name>{own?.name}</Name>
        </strong>
        <span class={`link ${link.value}`} role="status">
          {say(`link.${link.value}`)}
        </span>
        <span class="grow" />
        <Name>{me.value?.name}</Name>
        <select
          aria-label={say("language.page")}
          value={language.value}
          onChange={(event) => (language.value = event.currentTarget.value)}
        >
          {LANGUAGES.map(([tag, own_]) => (
            <option value={tag}>{own_}</option>
          ))}
        </select>
        <button onClick={() => void logOut()}>{say("login.out")}</button>
      </header>
      <nav class="rooms" aria-label={say("nav.consultation")}>
        {SCREENS.filter((screen) => screen !== "operator" || me.value?.roles.includes("operator")).map((screen) => (
          <a href={`#/${screen}`} aria-current={group === screen ? "page" : undefined}>
            {say(`nav.${screen}` as Key)}
          </a>
        ))}
      </nav>
      <main id="content" tabIndex={-1}>
        <Screen />
      </main>
    </div>
  );
}

function Page() {
  if (me.value === undefined) return null;
  if (me.value === null || room.value === undefined) return <LogIn />;
  return <Around />;
}

addEventListener("keydown", (event) => {
  const target = event.target as HTMLElement;
  if (event.key === "/" && !/^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName)) {
    event.preventDefault();
    location.hash = "#/search";
  }
});

void begin();
render(<Page />, document.getElementById("page")!);
