// Assessments: their markings, and who holds them.
import { answer, desk, type Schemas } from "../api/client";
import { Marks, Problem } from "../parts/marks";
import { Name, Said } from "../parts/text";
import { useAsked } from "../state/asked";
import { room } from "../state/room";
import { say, sayWord } from "../words";

function size(bytes: number): string {
  const unit = bytes >= 1 << 20 ? "megabyte" : "kilobyte";
  const value = bytes / (unit === "megabyte" ? 1 << 20 : 1 << 10);
  return new Intl.NumberFormat(document.documentElement.lang, { style: "unit", unit, maximumFractionDigits: 1 }).format(value);
}

function Ledger(props: { of: Schemas["Assessment"] }) {
  return (
    <ul class="signatures">
      {props.of.ledger.map((holding) => (
        <li class={holding.state === "held" ? "good" : holding.state === "withdrawal-not-acknowledged" ? "bad" : ""}>
          <strong>
            <Name>{holding.party}</Name>
          </strong>{" "}
          {sayWord("assessment", holding.state)}
        </li>
      ))}
    </ul>
  );
}

export function Assessments() {
  const path = { room: room.value!.room };
  const asked = useAsked(() => answer(desk.GET("/api/v1/rooms/{room}/assessments", { params: { path } })), [path.room]);
  return (
    <>
      <h1>{say("nav.assessments")}</h1>
      <Problem text={asked.problem} />
      {asked.data?.assessments.length === 0 && <p class="hint">{say("assessment.none")}</p>}
      {asked.data?.assessments.map((one) => (
        <article class="card" key={one.id}>
          <h2>
            <Name>{one.name}</Name> <span class="marking">{one.marking}</span>
          </h2>
          <p class="hint">
            <Name>{one.party}</Name> · {say("assessment.version", { version: one.version })} · {size(one.size)}{" "}
            {one.is_withdrawn && <span class="flag bad">{say("assessment.withdrawn")}</span>}
            <Marks origin={one.origin} />
          </p>
          <Said text={one.text} language={one.language} />
          <Ledger of={one} />
          {!one.is_withdrawn && (
            <p>
              <a href={`/api/v1/rooms/${path.room}/assessments/${one.id}/content`} download>
                {say("assessment.get")}
              </a>
            </p>
          )}
        </article>
      ))}
    </>
  );
}
