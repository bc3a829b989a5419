// The consultation at a glance: the parties, what is next, and what waits for this party.
import { answer, desk } from "../api/client";
import { Name } from "../parts/text";
import { Problem, Status } from "../parts/marks";
import { useAsked } from "../state/asked";
import { open, room, rooms } from "../state/room";
import { decimal, say, sayWord, when } from "../words";

/** All consultations that this party is in; the one that is shown is marked. */
function Rooms() {
  if (rooms.value.length < 2) return null;
  return (
    <nav class="row" aria-label={say("room.all")}>
      {rooms.value.map((one) => {
        const isShown = one.room === room.value!.room;
        return (
          <button class={`tab ${isShown ? "chosen" : ""}`} aria-current={isShown} onClick={() => void open(one.room)}>
            <Name>{one.title}</Name>
          </button>
        );
      })}
    </nav>
  );
}

interface Waiting {
  key: string;
  what: string;
  address: string;
  name: string;
  from: string;
  time: string;
}

/** What this party alone can do next: sign, confirm a delivery, answer a withdrawal, hold an assessment. */
function useWaiting(): { list: Waiting[]; problem: string | undefined } {
  const { room: id, slot } = room.value!;
  const path = { room: id };
  const acts = useAsked(() => answer(desk.GET("/api/v1/rooms/{room}/acts", { params: { path } })), [id]);
  const assessments = useAsked(() => answer(desk.GET("/api/v1/rooms/{room}/assessments", { params: { path } })), [id]);
  const claims = useAsked(() => openClaims(id, slot), [id]);
  const list: Waiting[] = [];
  for (const act of acts.data?.acts ?? [])
    if (act.verdict === "proposed" && !act.signed_by.includes(slot) && !act.withdrawn_by.includes(slot))
      list.push({
        key: act.act,
        what: say("room.toSign"),
        address: `#/text/${act.act}`,
        name: sayWord("kind", act.kind),
        from: act.party ?? "",
        time: act.origin.time,
      });
  for (const one of claims.data ?? []) list.push(one);
  for (const one of assessments.data?.assessments ?? []) {
    const state = one.slot === slot ? undefined : one.ledger.find((holding) => holding.slot === slot)?.state;
    const what =
      state === "withdrawal-not-acknowledged" ? say("room.toAnswer") : state === "offered" && !one.is_withdrawn ? say("room.toHold") : "";
    if (what === "") continue;
    list.push({ key: one.id, what, address: "#/assessments", name: one.name, from: one.party ?? "", time: one.origin.time });
  }
  return { list, problem: acts.problem ?? assessments.problem ?? claims.problem };
}

/** Deliveries to this party that it has neither confirmed nor disputed. */
async function openClaims(id: string, slot: number): Promise<Waiting[]> {
  const path = { room: id };
  const { commitments } = await answer(desk.GET("/api/v1/rooms/{room}/commitments", { params: { path } }));
  const mine = commitments.filter((one) => one.receivers.includes(slot) && Number(one.delivered) > 0);
  const whole = await Promise.all(
    mine.map((one) =>
      answer(desk.GET("/api/v1/rooms/{room}/commitments/{commitment}", { params: { path: { room: id, commitment: one.id } } })),
    ),
  );
  return whole.flatMap((one) =>
    (one.deliveries ?? [])
      .filter((delivery) => !delivery.receipts.some((receipt) => receipt.slot === slot))
      .map((delivery) => ({
        key: delivery.id,
        what: say("room.toConfirm"),
        address: "#/commitments",
        name: `${decimal(delivery.quantity)} ${one.unit}`,
        from: one.giver_party ?? "",
        time: delivery.origin.time,
      })),
  );
}

export function Consultation() {
  const shown = room.value!;
  const path = { room: shown.room };
  const sessions = useAsked(() => answer(desk.GET("/api/v1/rooms/{room}/sessions", { params: { path } })), [path.room]);
  const now = sessions.data?.sessions.filter((session) => session.status !== "closed") ?? [];
  const waiting = useWaiting();

  return (
    <>
      <Rooms />
      <h1>
        <Name>{shown.title}</Name>
      </h1>
      <p class="hint">
        {say("room.entries", { count: shown.entries, held: shown.held_by_all })}
      </p>
      <Problem text={sessions.problem ?? waiting.problem} />
      <section class="cards">
        {shown.parties.map((party) => (
          <article class="card">
            <h2>
              <Name>{party.name}</Name>
            </h2>
            <p>
              {party.is_own ? (
                <Status group="party" word="own" text={say("party.own")} />
              ) : party.is_linked ? (
                <Status group="party" word="linked" text={say("party.linked")} />
              ) : (
                <Status
                  group="party"
                  word="silent"
                  text={party.heard === null ? say("party.never") : say("party.silent", { time: when(party.heard) })}
                />
              )}{" "}
              {party.behind > 0 && <span class="hint">{say("party.behind", { count: party.behind })}</span>}
              {party.is_contested && <span class="flag bad">{say("party.contested")}</span>}
            </p>
          </article>
        ))}
      </section>
      <section>
        <h2>{now.some((session) => session.status === "open") ? say("room.open") : say("room.next")}</h2>
        {now.length === 0 && <p class="hint">{say("room.noSession")}</p>}
        <ul class="lines">
          {now.map((session) => (
            <li>
              <a href={`#/session/${session.id}`} lang={session.language}>
                <Name>{session.name}</Name>
              </a>{" "}
              <Status group="session" word={session.status} text={sayWord("session", session.status)} />{" "}
              <time dateTime={session.begins ?? ""}>{when(session.begins)}</time>
            </li>
          ))}
        </ul>
      </section>
      <section>
        <h2>{say("room.waits")}</h2>
        {waiting.list.length === 0 && <p class="hint">{say("room.nothing")}</p>}
        <ul class="lines">
          {waiting.list.map((one) => (
            <li key={one.key}>
              {one.what}:{" "}
              <a href={one.address}>
                <Name>{one.name}</Name>
              </a>{" "}
              <span class="hint">
                <Name>{one.from}</Name> {when(one.time)}
              </span>
            </li>
          ))}
        </ul>
      </section>
    </>
  );
}
