// Dialogues with outside parties: what happened, in the order of time, and the strip of the channel's tests.
import { answer, desk, type Schemas } from "../api/client";
import { Form } from "../parts/form";
import { Problem, Status } from "../parts/marks";
import { Name, Said } from "../parts/text";
import { useAsked } from "../state/asked";
import { me, room } from "../state/room";
import { day, say, sayWord, when } from "../words";

export function Dialogues() {
  const path = { room: room.value!.room };
  const asked = useAsked(() => answer(desk.GET("/api/v1/rooms/{room}/dialogues", { params: { path } })), [path.room]);
  return (
    <>
      <h1>{say("nav.dialogues")}</h1>
      <Problem text={asked.problem} />
      <Form operation="dialogueCreate" label={say("dialogue.new")} path={path} done={asked.again} />
      {asked.data?.dialogues.length === 0 && <p class="hint">{say("dialogue.none")}</p>}
      {asked.data?.dialogues.map((dialogue) => <Dialogue key={dialogue.id} id={dialogue.id} />)}
    </>
  );
}

interface Event {
  time: string;
  mark: string;
  title: string;
  text: string | undefined;
  language: string | undefined;
}

function events(dialogue: Schemas["Dialogue"]): Event[] {
  const list: Event[] = [
    ...(dialogue.rounds ?? []).map((round) => ({
      time: round.begins ?? round.origin.time,
      mark: round.outcome,
      title: `${say("dialogue.round", { number: round.number })}${round.place ? ` · ${round.place}` : ""} · ${sayWord("dialogue", round.outcome)}`,
      text: round.text,
      language: round.language,
    })),
    ...(dialogue.states ?? []).map((state) => ({
      time: state.since ?? state.origin.time,
      mark: state.state,
      title: sayWord("dialogue", state.state),
      text: state.text,
      language: state.language,
    })),
    ...(dialogue.contacts ?? []).map((contact) => ({
      time: contact.time ?? contact.origin.time,
      mark: "contact",
      title: `${say("dialogue.contact")}${contact.person ? ` · ${contact.person}` : ""}`,
      text: contact.text,
      language: contact.language,
    })),
  ];
  return list.sort((a, b) => a.time.localeCompare(b.time));
}

function Dialogue(props: { id: string }) {
  const path = { room: room.value!.room, dialogue: props.id };
  const asked = useAsked(
    () => answer(desk.GET("/api/v1/rooms/{room}/dialogues/{dialogue}", { params: { path } })),
    [props.id],
  );
  const dialogue = asked.data;
  if (dialogue === undefined) return <Problem text={asked.problem} />;
  return (
    <article class="dialogue">
      <h2>
        <Name>{dialogue.outside_party}</Name>{" "}
        <Status group="dialogue" word={dialogue.state} text={sayWord("dialogue", dialogue.state)} />
      </h2>
      <Said text={dialogue.text} language={dialogue.language} />
      <p class="checks" aria-label={say("dialogue.channel")}>
        {say("dialogue.channel")}: <Name>{dialogue.channel}</Name>{" "}
        {dialogue.checks?.map((check) => (
          <span
            role="img"
            class={`check ${check.result}`}
            title={`${when(check.time)} · ${sayWord("dialogue", check.result)}`}
            aria-label={`${when(check.time)} ${sayWord("dialogue", check.result)}`}
          />
        ))}
      </p>
      <ol class="timeline">
        {events(dialogue).map((event) => (
          <li class={event.mark}>
            <time dateTime={event.time}>{day(event.time)}</time>
            <div>
              <strong>
                <Name>{event.title}</Name>
              </strong>
              <Said text={event.text} language={event.language} />
            </div>
          </li>
        ))}
      </ol>
      <dl class="words">
        {dialogue.mandates?.map((mandate) => (
          <>
            <dt>
              {sayWord("dialogue", mandate.kind)} <Name>{mandate.name}</Name>
            </dt>
            <dd>
              <Said text={mandate.text} language={mandate.language} />
            </dd>
          </>
        ))}
        {dialogue.positions
          ?.filter((position) => position.is_last)
          .map((position) => (
            <>
              <dt>
                {say("dialogue.position")}: <Name>{position.office}</Name> · <Name>{position.party}</Name>
              </dt>
              <dd>
                <Said text={position.text} language={position.language} />
              </dd>
            </>
          ))}
      </dl>
      <Doings of={dialogue} again={asked.again} />
    </article>
  );
}

/** Its owner keeps the case; each party says its own position. */
function Doings(props: { of: Schemas["Dialogue"]; again: () => void }) {
  const { of, again } = props;
  const path = { room: room.value!.room, dialogue: of.id };
  const last = Math.max(0, ...(of.rounds ?? []).map((round) => round.number));
  const office = me.value?.office ?? "";
  return (
    <div class="doings">
      <Form operation="checkAdd" label={say("dialogue.addCheck")} path={path} initial={{ channel: of.channel }} done={again} />
      <Form operation="contactAdd" label={say("dialogue.addContact")} path={path} initial={{ channel: of.channel }} done={again} />
      <Form operation="roundAdd" label={say("dialogue.addRound")} path={path} initial={{ number: String(last + 1) }} done={again} />
      <Form operation="positionAdd" label={say("dialogue.addPosition")} path={path} initial={{ office }} done={again} />
      <Form operation="mandateAdd" label={say("dialogue.addMandate")} path={path} done={again} />
      <Form operation="dialogueState" label={say("dialogue.changeState")} path={path} initial={{ state: of.state }} done={again} />
    </div>
  );
}
