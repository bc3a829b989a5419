// Who is there, who speaks and who waits; joining, asking for the floor, inviting; and how the chair passed on.
import { mayPerform, perform, type Schemas } from "../api/client";
import { Form } from "../parts/form";
import { Problem } from "../parts/marks";
import { Name } from "../parts/text";
import { useDoing } from "../state/doing";
import { me, partyName, room } from "../state/room";
import { say, sayWord, when } from "../words";

interface PartProps {
  session: Schemas["Session"];
  item: Schemas["Item"] | undefined;
  again: () => void;
}

function Chair(props: { session: Schemas["Session"] }) {
  const { session } = props;
  const taken = session.chair_steps?.filter((step) => step.step === "take" && step.counts) ?? [];
  return (
    <>
      <h2>{say("session.chair")}</h2>
      <p>
        <strong>
          <Name>{session.chair_party}</Name>
        </strong>{" "}
        <span class="hint">{say("session.term", { term: session.term })}</span>
      </p>
      <ol class="lines hint" aria-label={say("session.order")}>
        {session.chairs.map((slot) => (
          <li class={slot === session.chair ? "" : "gone"}>
            <Name>{partyName(slot)}</Name>
          </li>
        ))}
      </ol>
      {taken.length > 0 && (
        <details>
          <summary>{say("session.passed", { count: taken.length })}</summary>
          <ul class="lines hint">
            {taken.map((step) => (
              <li>
                <Name>{step.origin.party}</Name> · {say("session.term", { term: step.term })} · {when(step.origin.time)}
              </li>
            ))}
          </ul>
        </details>
      )}
    </>
  );
}

function Queue({ session, item, again }: PartProps) {
  const path = { room: room.value!.room, session: session.id };
  const doing = useDoing(again);
  const name = me.value!.name;
  const isChair = session.chair === room.value!.slot && mayPerform("sessionStep", me.value?.roles);
  const isMine = (one: Schemas["QueueEntry"]): boolean => one.slot === room.value!.slot && one.name === name;
  const waits = session.queue?.some(isMine) ?? false;
  const step = waits ? "leave" : "ask";
  return (
    <>
      <h2>{say("session.queue")}</h2>
      <ul class="lines">
        {session.queue?.map((one) => (
          <li key={one.id} class={one.has_floor ? "has-floor" : ""}>
            <Name>{one.name}</Name>{" "}
            <span class="hint">
              <Name>{one.party}</Name> {one.has_floor ? `· ${say("session.floor")}` : ""}
            </span>{" "}
            {isChair && !one.has_floor && (
              <button
                disabled={doing.isBusy}
                onClick={() => doing.run(() => perform("sessionStep", path, { step: "give-floor", subject: one.id }))}
              >
                {say("session.giveFloor")}
              </button>
            )}
          </li>
        ))}
      </ul>
      {session.status !== "closed" && mayPerform("sessionQueue", me.value?.roles) && (
        <button
          disabled={doing.isBusy}
          onClick={() =>
            doing.run(() =>
              perform("sessionQueue", path, { step, name, ...(step === "ask" && item !== undefined ? { item: item.id } : {}) }),
            )
          }
        >
          {say(waits ? "session.leaveQueue" : "session.ask")}
        </button>
      )}
      <Problem text={doing.problem} />
    </>
  );
}

function Attendance({ session, again }: PartProps) {
  const path = { room: room.value!.room, session: session.id };
  const doing = useDoing(again);
  const own = room.value!.slot;
  const { name, office } = me.value!;
  const isChair = session.chair === own && mayPerform("sessionStep", me.value?.roles);
  const isHere = session.attendance?.some((one) => one.slot === own && one.name === name && one.is_here) ?? false;
  const come = new Set(session.attendance?.map((one) => `${one.slot}:${one.name}`));
  const missing = session.invited?.filter((one) => !come.has(`${one.slot}:${one.name}`)) ?? [];
  return (
    <>
      <h2>{say("session.attendance")}</h2>
      <ul class="lines">
        {session.attendance?.map((person) => (
          <li key={person.id} class={person.is_here ? "" : "gone"}>
            <Name>{person.name}</Name>
            <span class="hint">
              {" "}
              <Name>{person.office}</Name> · <Name>{person.party}</Name>
              {person.mode != null && ` · ${sayWord("mode", person.mode)}`}
              {person.is_here ? "" : ` · ${say("session.left")}`}
            </span>
          </li>
        ))}
        {missing.map((person) => (
          <li key={person.id} class="gone">
            <Name>{person.name}</Name>
            <span class="hint">
              {" "}
              <Name>{person.office}</Name> · <Name>{person.party}</Name> · {say("session.invited")}
            </span>{" "}
            {isChair && (
              <button onClick={() => doing.run(() => perform("sessionStep", path, { step: "admit", subject: person.id }))}>
                {say("session.admit")}
              </button>
            )}
          </li>
        ))}
      </ul>
      <Problem text={doing.problem} />
      {session.status !== "closed" && (
        <div class="doings">
          {isHere && mayPerform("sessionAttend", me.value?.roles) && (
            <button
              disabled={doing.isBusy}
              onClick={() =>
                doing.run(() => perform("sessionAttend", path, { step: "leave", name, office: office ?? "", mode: "room" }))
              }
            >
              {say("session.leave")}
            </button>
          )}
          {!isHere && (
            <Form
              operation="sessionAttend"
              label={say("session.join")}
              path={path}
              preset={{ step: "join" }}
              initial={{ name, office: office ?? "" }}
              without={["time"]}
              done={again}
            />
          )}
          <Form operation="sessionInvite" label={say("session.invite")} path={path} done={again} />
        </div>
      )}
    </>
  );
}

export function People(props: PartProps) {
  return (
    <aside class="people">
      <Chair session={props.session} />
      <Queue {...props} />
      <Attendance {...props} />
    </aside>
  );
}
