// The session room: agenda, statements as they arrive, the floor, attendance, the chair's controls.
import { useState } from "preact/hooks";
import { answer, desk, mayPerform, perform, type Schemas } from "../api/client";
import { Compose } from "../parts/compose";
import { Form } from "../parts/form";
import { Marks, Problem, Status } from "../parts/marks";
import { StatementList } from "../parts/statements";
import { Name, Said } from "../parts/text";
import { useAsked } from "../state/asked";
import { useDoing } from "../state/doing";
import { held } from "../state/held";
import { me, room } from "../state/room";
import { say, sayWord, when } from "../words";
import { ItemDoings, Papers } from "./session_items";
import { People } from "./session_people";

type Session = Schemas["Session"];

function Conclusions(props: { of: Schemas["Item"] }) {
  return (
    <>
      {props.of.conclusions?.map((conclusion) => (
        <article class="conclusion" key={conclusion.id}>
          <header>
            <strong>{say("session.conclusion")}</strong>
            <Marks origin={held(conclusion.origin)} />
          </header>
          <Said text={conclusion.text} language={conclusion.language} />
        </article>
      ))}
    </>
  );
}

function Chair(props: { session: Session; item: Schemas["Item"] | undefined; again: () => void }) {
  const { session, item } = props;
  const own = room.value!.slot;
  const doing = useDoing(props.again);
  const path = { room: room.value!.room, session: session.id };
  const step = (what: Schemas["Step"], subject?: string): void =>
    void doing.run(() => perform("sessionStep", path, subject === undefined ? { step: what } : { step: what, subject }));

  if (!mayPerform("sessionStep", me.value?.roles) || session.status === "closed" || !session.chairs.includes(own)) return null;
  const isChair = session.chair === own;
  return (
    <div class="chair">
      {!isChair && <button onClick={() => step("take")}>{say("session.take")}</button>}
      {isChair && session.status === "called" && (
        <button class="primary" onClick={() => step("open")}>
          {say("session.openIt")}
        </button>
      )}
      {isChair && session.status === "open" && item !== undefined && session.item !== item.id && (
        <button class="primary" onClick={() => step("call-item", item.id)}>
          {say("session.callItem")}
        </button>
      )}
      {isChair && session.status === "open" && <button onClick={() => step("suspend")}>{say("session.suspend")}</button>}
      {isChair && session.status === "suspended" && <button onClick={() => step("resume")}>{say("session.resume")}</button>}
      {isChair && session.status !== "called" && <button onClick={() => step("close")}>{say("session.close")}</button>}
      <Problem text={doing.problem} />
    </div>
  );
}

export function SessionRoom(props: { id: string }) {
  const path = { room: room.value!.room, session: props.id };
  const asked = useAsked(
    () => answer(desk.GET("/api/v1/rooms/{room}/sessions/{session}", { params: { path } })),
    [path.room, path.session],
  );
  const [chosen, choose] = useState<string | undefined>();
  const session = asked.data;
  if (session === undefined) return <Problem text={asked.problem} />;
  const items = session.items ?? [];
  const item = items.find((one) => one.id === (chosen ?? session.item)) ?? items[0];

  return (
    <div class="session-room">
      <header class="session-head">
        <h1 lang={session.language}>
          <Name>{session.name}</Name>
        </h1>
        <p>
          <Status group="session" word={session.status} text={sayWord("session", session.status)} />{" "}
          <span class="hint">{when(session.begins, "long")}</span>{" "}
          <a href={`/api/v1/rooms/${path.room}/sessions/${session.id}/minutes?format=html`} target="_blank" rel="noopener">
            {say("session.minutesDocument")}
          </a>
        </p>
        <Problem text={asked.problem} />
      </header>
      <nav class="agenda" aria-label={say("session.agenda")}>
        <h2>{say("session.agenda")}</h2>
        <ol>
          {items.map((one) => (
            <li key={one.id}>
              <button
                class={`item ${one.id === item?.id ? "chosen" : ""}`}
                aria-current={one.is_current ? "step" : undefined}
                onClick={() => choose(one.id)}
              >
                <Said text={one.text} language={one.language} />
                <span class="hint">
                  <Name>{one.owner_party}</Name>
                  {one.minutes > 0 ? ` · ${say("session.minutes", { count: one.minutes })}` : ""} · {one.statements}
                  {one.is_current && <em> · {say("session.current")}</em>}
                </span>
              </button>
            </li>
          ))}
        </ol>
        {session.status !== "closed" && (
          <Form
            operation="itemAdd"
            label={say("session.addItem")}
            path={path}
            initial={{ number: String(Math.max(0, ...items.map((one) => one.number)) + 1), minutes: "15" }}
            done={asked.again}
          />
        )}
      </nav>
      <section class="floor">
        <Chair session={session} item={item} again={asked.again} />
        {item !== undefined && <Papers of={item} />}
        {item !== undefined && (
          <StatementList key={item.id} room={path.room} item={item.id}>
            <Conclusions of={item} />
          </StatementList>
        )}
        {item !== undefined && <ItemDoings key={item.id} item={item} again={asked.again} />}
        {item !== undefined && session.status !== "closed" && <Compose room={path.room} under={item.id} />}
      </section>
      <People session={session} item={item} again={asked.again} />
    </div>
  );
}
