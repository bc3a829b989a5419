// The session room: agenda, statements as they arrive, the floor, attendance, the chair's controls.
import { useEffect, useRef, useState } from "preact/hooks";
import { Refused, answer, desk, onceKey, type Schemas } from "../api/client";
import { Compose } from "../parts/compose";
import { Form } from "../parts/form";
import { Marks, Problem, Status } from "../parts/marks";
import { Name, Said } from "../parts/text";
import { useAsked } from "../state/asked";
import { listen, me, room } from "../state/room";
import { say, sayWord, when } from "../words";
import { ItemDoings, Papers } from "./session_items";
import { People } from "./session_people";

type Session = Schemas["Session"];
type Statement = Schemas["Statement"];

const QUIET_MS = 400;

const CHAIRS = ["operator", "holder", "deputy", "secretary"];

/** The statements under an item: those of the desk, and each one that arrives, in the order of the record. */
function useStatements(roomId: string, item: string): { list: Statement[]; problem: string | undefined } {
  const asked = useAsked(
    async () => {
      const all: Statement[] = [];
      let after: string | undefined;
      do {
        const page: Schemas["StatementList"] = await answer(
          desk.GET("/api/v1/rooms/{room}/statements", {
            params: { path: { room: roomId }, query: { under: item, limit: 500, ...(after ? { after } : {}) } },
          }),
        );
        all.push(...page.statements);
        after = page.next ?? undefined;
      } while (after !== undefined);
      return all;
    },
    [roomId, item],
    false,
  );
  const [arrived, setArrived] = useState<Statement[]>([]);
  const again = useRef(asked.again);
  again.current = asked.again;
  useEffect(() => {
    // What arrives is shown at once; its place in the order, and who holds what, are asked for when it is quiet.
    let timer = 0;
    setArrived([]);
    const stop = listen((message) => {
      const statement = (message as { statement?: Statement }).statement;
      if (statement?.under === item) setArrived((before) => [...before, statement]);
      clearTimeout(timer);
      timer = window.setTimeout(() => again.current(), QUIET_MS);
    });
    return () => {
      clearTimeout(timer);
      stop();
    };
  }, [item]);
  const known = new Set(asked.data?.map((statement) => statement.id));
  return { list: [...(asked.data ?? []), ...arrived.filter((one) => !known.has(one.id))], problem: asked.problem };
}

function Statements(props: { room: string; item: Schemas["Item"] }) {
  const { list, problem } = useStatements(props.room, props.item.id);
  const end = useRef<HTMLDivElement>(null);
  useEffect(() => {
    // Who reads at the end stays there; who reads above is left alone.
    const box = end.current;
    if (box !== null && box.getBoundingClientRect().top < innerHeight + 200) box.scrollIntoView({ block: "nearest" });
  }, [list.length]);
  return (
    <div class="statements" role="log" aria-live="polite" aria-label={say("session.agenda")}>
      <Problem text={problem} />
      {list.map((statement) => (
        <article class={`statement slot-${statement.origin.slot % 6}`} key={statement.id}>
          <header>
            <strong>
              <Name>{statement.speaker}</Name>
            </strong>{" "}
            <span class="hint">
              <Name>{statement.origin.party}</Name>
            </span>
            <Marks origin={statement.origin} />
          </header>
          <Said text={statement.text} language={statement.language} />
        </article>
      ))}
      {props.item.conclusions?.map((conclusion) => (
        <article class="conclusion" key={conclusion.id}>
          <header>
            <strong>{say("session.conclusion")}</strong>
            <Marks origin={conclusion.origin} />
          </header>
          <Said text={conclusion.text} language={conclusion.language} />
        </article>
      ))}
      <div ref={end} />
    </div>
  );
}

function Chair(props: { session: Session; item: Schemas["Item"] | undefined; again: () => void }) {
  const { session, item } = props;
  const own = room.value!.slot;
  const [problem, setProblem] = useState<string | undefined>();
  const mayChair = me.value?.roles.some((role) => CHAIRS.includes(role)) ?? false;

  async function step(what: Schemas["Step"], subject?: string): Promise<void> {
    try {
      await answer(
        desk.POST("/api/v1/rooms/{room}/sessions/{session}/steps", {
          params: { path: { room: room.value!.room, session: session.id }, header: { "Idempotency-Key": onceKey() } },
          body: subject === undefined ? { step: what } : { step: what, subject },
        }),
      );
      setProblem(undefined);
      props.again();
    } catch (error) {
      setProblem(error instanceof Refused ? error.message : String(error));
    }
  }

  if (!mayChair || session.status === "closed" || !session.chairs.includes(own)) return null;
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
      <Problem text={problem} />
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
        {item !== undefined && <Statements key={item.id} room={path.room} item={item} />}
        {item !== undefined && <ItemDoings key={item.id} item={item} again={asked.again} />}
        {item !== undefined && session.status !== "closed" && <Compose room={path.room} under={item.id} />}
      </section>
      <People session={session} item={item} again={asked.again} />
    </div>
  );
}
