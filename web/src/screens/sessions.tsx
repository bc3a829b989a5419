// All sessions.
import { answer, desk } from "../api/client";
import { Form } from "../parts/form";
import { Problem, Status } from "../parts/marks";
import { Name } from "../parts/text";
import { useAsked } from "../state/asked";
import { go } from "../state/place";
import { room } from "../state/room";
import { say, sayWord, when } from "../words";

export function Sessions() {
  const path = { room: room.value!.room };
  const asked = useAsked(() => answer(desk.GET("/api/v1/rooms/{room}/sessions", { params: { path } })), [path.room]);
  return (
    <>
      <h1>{say("nav.sessions")}</h1>
      <Problem text={asked.problem} />
      <Form
        operation="sessionCall"
        label={say("session.call")}
        path={path}
        initial={{ chairs: [String(room.value!.slot)] }}
        done={(written) => (written.object == null ? asked.again() : go("session", written.object))}
      />
      {asked.data?.sessions.length === 0 && <p class="hint">{say("session.none")}</p>}
      <ul class="lines">
        {asked.data?.sessions.map((session) => (
          <li>
            <a href={`#/session/${session.id}`} lang={session.language}>
              <Name>{session.name}</Name>
            </a>{" "}
            <Status group="session" word={session.status} text={sayWord("session", session.status)} />{" "}
            <span class="hint">
              <time dateTime={session.begins ?? ""}>{when(session.begins)}</time> · {say("session.chair")}:{" "}
              <Name>{session.chair_party}</Name>
            </span>
          </li>
        ))}
      </ul>
    </>
  );
}
