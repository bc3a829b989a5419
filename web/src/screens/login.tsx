// Logging in with a token.
import { useState } from "preact/hooks";
import { Refused } from "../api/client";
import { Problem } from "../parts/marks";
import { isEnded, logIn } from "../state/room";
import { say } from "../words";

export function LogIn() {
  const [token, setToken] = useState("");
  const [problem, setProblem] = useState<string | undefined>();
  return (
    <main class="login">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          logIn(token.trim()).catch((error: unknown) =>
            setProblem(error instanceof Refused ? error.message : String(error)),
          );
        }}
      >
        <img src="/mark.svg" alt="" width="56" height="56" />
        <h1>Entente</h1>
        {isEnded.value && <p role="status">{say("login.ended")}</p>}
        <label>
          {say("login.token")}
          <input type="password" dir="ltr" autoComplete="off" value={token} onInput={(event) => setToken(event.currentTarget.value)} />
        </label>
        <button class="primary" type="submit">
          {say("login.go")}
        </button>
        <Problem text={problem} />
        <p class="hint">{say("login.help")}</p>
      </form>
    </main>
  );
}
