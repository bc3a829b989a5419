// The consultation at a glance: the parties, what is next, and what waits for this party.
import { answer, desk } from "../api/client";
import { Name } from "../parts/text";
import { Problem, Status } from "../parts/marks";
import { useAsked } from "../state/asked";
import { room } from "../state/room";
import { say, sayWord, when } from "../words";

export function Consultation() {
  const shown = room.value!;
  const path = { room: shown.room };
  const sessions = useAsked(() => answer(desk.GET("/api/v1/rooms/{room}/sessions", { params: { path } })), [path.room]);
  const acts = useAsked(() => answer(desk.GET("/api/v1/rooms/{room}/acts", { params: { path } })), [path.room]);
  const now = sessions.data?.sessions.filter((session) => session.status !== "closed") ?? [];
  const toSign =
    acts.data?.acts.filter(
      (act) => act.verdict === "proposed" && !act.signed_by.includes(shown.slot) && !act.withdrawn_by.includes(shown.slot),
    ) ?? [];

  return (
    <>
      <h1>
        <Name>{shown.title}</Name>
      </h1>
      <p class="hint">
        {say("room.entries", { count: shown.entries, held: shown.held_by_all })}
      </p>
      <Problem text={sessions.problem ?? acts.problem} />
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
        {now.length === 0 && <p class="hint">{say("session.none")}</p>}
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
        {toSign.length === 0 && <p class="hint">{say("room.nothing")}</p>}
        <ul class="lines">
          {toSign.map((act) => (
            <li>
              {say("room.toSign")}: <a href={`#/text/${act.act}`}>{sayWord("kind", act.kind)}</a>{" "}
              <span class="hint">
                <Name>{act.party}</Name> {when(act.origin.time)}
              </span>
            </li>
          ))}
        </ul>
      </section>
    </>
  );
}
