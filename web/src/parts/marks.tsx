// Three different facts about what was said: here, held by whom, held by all.
import type { Schemas } from "../api/client";
import { partyName } from "../state/room";
import { say, when } from "../words";

export function Marks(props: { origin: Schemas["Origin"] }) {
  const { origin } = props;
  const names = origin.held.map(partyName).join(", ");
  const held = origin.held_by_all ? say("mark.all") : say("mark.held", { names });
  return (
    <span class="marks">
      <time dateTime={origin.time} title={when(origin.time, "long")}>
        {when(origin.time, "clock")}
      </time>
      <span class={`mark ${origin.held_by_all ? "all" : "some"}`} title={held} aria-label={held}>
        {origin.held_by_all ? "●" : origin.held.length > 1 ? "◐" : "○"}
      </span>
      {origin.late === true && <span class="flag late">{say("mark.late")}</span>}
      {origin.contested === true && <span class="flag bad">{say("mark.contested")}</span>}
      {origin.void === true && <span class="flag bad">{say("mark.void")}</span>}
    </span>
  );
}

export function Status(props: { group: string; word: string; text: string }) {
  return <span class={`status ${props.group}-${props.word}`}>{props.text}</span>;
}

export function Problem(props: { text: string | undefined }) {
  return props.text === undefined ? null : (
    <p class="problem" role="alert">
      {props.text}
    </p>
  );
}
