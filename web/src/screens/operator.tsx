// For the operator of the node: drills, and the accounts of the party's people.
import { useEffect, useState } from "preact/hooks";
import { answer, desk, perform, type Schemas } from "../api/client";
import { Form } from "../parts/form";
import { Problem, Status } from "../parts/marks";
import { Name, shown } from "../parts/text";
import { useAsked } from "../state/asked";
import { useDoing } from "../state/doing";
import { listen, room } from "../state/room";
import { count, say, sayWord, when } from "../words";

type Party = Schemas["Party"];

interface Seen {
  time: string;
  party: string;
  isLinked: boolean;
}

/** Links as they come and go while somebody looks. */
function useLinks(): Seen[] {
  const [seen, setSeen] = useState<Seen[]>([]);
  useEffect(
    () =>
      listen((message) => {
        const link = (message as { link?: { slot: number; is_linked: boolean } }).link;
        if (link === undefined) return;
        const party = room.value!.parties.find((one) => one.slot === link.slot)?.name ?? "";
        setSeen((before) => [{ time: new Date().toISOString(), party, isLinked: link.is_linked }, ...before].slice(0, 20));
      }),
    [],
  );
  return seen;
}

/** Asks first: what is cut for a drill is cut for everybody in the room. */
function Confirmed(props: { label: string; question: string; isBusy: boolean; run: () => void }) {
  const [isAsked, ask] = useState(false);
  if (!isAsked)
    return (
      <button disabled={props.isBusy} onClick={() => ask(true)}>
        {props.label}
      </button>
    );
  return (
    <span class="confirm" role="group" aria-label={props.question}>
      {props.question}{" "}
      <button class="danger" onClick={() => (ask(false), props.run())}>
        {props.label}
      </button>{" "}
      <button ref={(button) => button?.focus()} onClick={() => ask(false)}>
        {say("form.no")}
      </button>
    </span>
  );
}

function Link(props: { party: Party }) {
  const { party } = props;
  const doing = useDoing();
  const path = { room: room.value!.room };
  const tell = (what: "cut" | "mend") => () => void doing.run(() => perform("linkControl", path, { what, party: party.slot }));
  return (
    <tr>
      <th scope="row">
        <Name>{party.name}</Name>
      </th>
      <td>
        {party.is_linked ? (
          <Status group="party" word="linked" text={say("party.linked")} />
        ) : (
          <Status
            group="party"
            word="silent"
            text={party.heard === null ? say("party.never") : say("party.silent", { time: when(party.heard) })}
          />
        )}
      </td>
      <td class="number">{count(party.holds)}</td>
      <td class="number">{party.behind === 0 ? "–" : count(party.behind)}</td>
      <td>
        <span class="row">
          <Confirmed
            label={say("drill.cut")}
            question={say("drill.sure", { party: party.name })}
            isBusy={doing.isBusy}
            run={tell("cut")}
          />
          <button disabled={doing.isBusy} onClick={tell("mend")}>
            {say("drill.mend")}
          </button>
        </span>
        <Problem text={doing.problem} />
      </td>
    </tr>
  );
}

const STOPS_SECONDS = [10, 30, 120];

/** This node goes as by a power cut and comes back by itself; this page loses its desk and finds it again. */
function Stop() {
  const [seconds, setSeconds] = useState(STOPS_SECONDS[0]!);
  const doing = useDoing();
  return (
    <p class="row">
      <label>
        {say("drill.seconds")}{" "}
        <select value={seconds} onChange={(event) => setSeconds(Number(event.currentTarget.value))}>
          {STOPS_SECONDS.map((one) => (
            <option value={one}>{count(one)}</option>
          ))}
        </select>
      </label>
      <Confirmed
        label={say("drill.stop")}
        question={say("drill.stopSure", { seconds })}
        isBusy={doing.isBusy}
        run={() => void doing.run(() => perform("nodeStop", {}, { seconds }))}
      />
      <Problem text={doing.problem} />
    </p>
  );
}

function Drill() {
  const shown_ = room.value!;
  const seen = useLinks();
  const doing = useDoing();
  const others = shown_.parties.filter((party) => !party.is_own);
  return (
    <section>
      <h2>{say("drill.title")}</h2>
      <p class="lead">{say("drill.help")}</p>
      <div class="scroll">
        <table class="register">
          <thead>
            <tr>
              <th scope="col">{say("field.party")}</th>
              <th scope="col">{say("drill.link")}</th>
              <th scope="col" class="number">
                {say("drill.holds")}
              </th>
              <th scope="col" class="number">
                {say("drill.behind")}
              </th>
              <th scope="col">{say("drill.title")}</th>
            </tr>
          </thead>
          <tbody>
            {others.map((party) => (
              <Link key={party.slot} party={party} />
            ))}
          </tbody>
        </table>
      </div>
      {shown_.writing === "waiting" && (
        <p>
          {say("drill.waiting")}{" "}
          <Confirmed
            label={say("drill.alone")}
            question={say("drill.aloneSure")}
            isBusy={doing.isBusy}
            run={() => void doing.run(() => perform("linkControl", { room: shown_.room }, { what: "alone" }))}
          />
        </p>
      )}
      <Problem text={doing.problem} />
      <Stop />
      <ul class="lines hint" role="log" aria-label={say("drill.seen")}>
        {seen.map((one) => (
          <li>
            {when(one.time, "clock")} <Name>{one.party}</Name>: {one.isLinked ? say("party.linked") : say("drill.gone")}
          </li>
        ))}
      </ul>
    </section>
  );
}

const ROLES: Schemas["Role"][] = ["operator", "holder", "deputy", "secretary", "interpreter", "linguist", "spokesperson", "reader"];

function Roles(props: { chosen: string[]; change: (roles: string[]) => void }) {
  return (
    <fieldset class="field whole">
      <legend>{say("account.roles")}</legend>
      <span class="row">
        {ROLES.map((role) => (
          <label class="tick">
            <input
              type="checkbox"
              checked={props.chosen.includes(role)}
              onChange={() =>
                props.change(props.chosen.includes(role) ? props.chosen.filter((one) => one !== role) : [...props.chosen, role])
              }
            />{" "}
            {sayWord("role", role)}
          </label>
        ))}
      </span>
    </fieldset>
  );
}

/** The roles are no plain field: chosen here, they go into the body of the form below. */
function NewAccount(props: { again: () => void }) {
  const [roles, setRoles] = useState<string[]>(["reader"]);
  return (
    <div class="card">
      <Roles chosen={roles} change={setRoles} />
      <Form operation="accountCreate" label={say("account.new")} path={{}} preset={{ roles }} done={props.again} />
    </div>
  );
}

function Account(props: { of: Schemas["Account"]; again: () => void }) {
  const { of, again } = props;
  const [made, setMade] = useState<string | undefined>();
  const doing = useDoing(again);
  const path = { account: of.account };
  const change = (body: object): void => void doing.run(() => perform("accountChange", path, body));

  async function makeToken(): Promise<void> {
    await doing.run(async () => {
      const token = await answer(
        desk.POST("/api/v1/accounts/{account}/tokens", { params: { path }, body: { label: "page" } }),
      );
      setMade(token.token);
    });
  }

  return (
    <article class={`card ${of.is_active ? "" : "gone"}`}>
      <h3>
        <Name>{of.name}</Name>{" "}
        <span class="hint">
          <Name>{of.office}</Name> · <bdi>{shown(of.account)}</bdi>
        </span>
      </h3>
      <Roles chosen={of.roles} change={(roles) => roles.length > 0 && change({ roles })} />
      <div class="doings">
        <button disabled={doing.isBusy} onClick={() => void makeToken()}>
          {say("account.token")}
        </button>
        <button disabled={doing.isBusy} onClick={() => change({ is_active: !of.is_active })}>
          {of.is_active ? say("account.close") : say("account.open")}
        </button>
      </div>
      {made !== undefined && (
        <p role="status">
          {say("account.tokenOnce")} <code dir="ltr">{made}</code>
        </p>
      )}
      <ul class="lines hint">
        {of.tokens?.map((token) => (
          <li>
            <bdi>{shown(token.label)}</bdi>{" "}
            <button
              class="plain"
              onClick={() =>
                void doing.run(() =>
                  answer(
                    desk.DELETE("/api/v1/accounts/{account}/tokens/{token}", {
                      params: { path: { account: of.account, token: token.id } },
                    }),
                  ),
                )
              }
            >
              {say("account.revoke")}
            </button>
          </li>
        ))}
      </ul>
      <Problem text={doing.problem} />
    </article>
  );
}

function Accounts() {
  const asked = useAsked(() => answer(desk.GET("/api/v1/accounts")), [], false);
  return (
    <section>
      <h2>{say("account.title")}</h2>
      <Problem text={asked.problem} />
      <NewAccount again={asked.again} />
      {asked.data?.accounts.map((one) => <Account key={one.account} of={one} again={asked.again} />)}
    </section>
  );
}

export function Operator() {
  return (
    <>
      <h1>{say("nav.operator")}</h1>
      <Drill />
      <Accounts />
      <p>
        <a href="/metrics" target="_blank" rel="noopener">
          {say("operator.metrics")}
        </a>
      </p>
    </>
  );
}
