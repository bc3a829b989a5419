// Offices: who acts now, the line of succession, and one bar for each holder over time, without holes.
import { answer, desk, type Schemas } from "../api/client";
import { Problem } from "../parts/marks";
import { Name } from "../parts/text";
import { useAsked } from "../state/asked";
import { room } from "../state/room";
import { day, say } from "../words";

export function Offices() {
  const path = { room: room.value!.room };
  const asked = useAsked(() => answer(desk.GET("/api/v1/rooms/{room}/offices", { params: { path } })), [path.room]);
  return (
    <>
      <h1>{say("nav.offices")}</h1>
      <Problem text={asked.problem} />
      {asked.data?.offices.length === 0 && <p class="hint">{say("office.none")}</p>}
      {asked.data?.offices.map((office) => <Office key={`${office.slot}.${office.number}`} office={office} />)}
    </>
  );
}

function Office(props: { office: Schemas["Office"] }) {
  const { office } = props;
  const history = useAsked(
    () =>
      answer(
        desk.GET("/api/v1/rooms/{room}/offices/{slot}/{office}/history", {
          params: { path: { room: room.value!.room, slot: office.slot, office: office.office } },
        }),
      ),
    [office.slot, office.office, office.register_number],
  );
  return (
    <article class="office">
      <h2>
        <Name>{office.office}</Name>{" "}
        <span class="hint">
          <Name>{office.party}</Name>
        </span>
      </h2>
      <Continuity events={history.data?.events ?? []} />
      <h3>{say("office.line")}</h3>
      <ol class="line">
        {office.line.map((person) => (
          <li class={person.is_away ? "gone" : ""}>
            <Name>{person.name}</Name>{" "}
            {person.is_acting && (
              <span class="flag good">{office.is_assumed ? say("office.assumed") : say("office.acts")}</span>
            )}
            {person.is_away && <span class="flag">{say("office.away")}</span>}
          </li>
        ))}
      </ol>
      {office.slot === room.value!.slot && (
        <p>
          <a
            href={`/api/v1/rooms/${room.value!.room}/brief?format=html&office=${encodeURIComponent(office.office)}`}
            target="_blank"
            rel="noopener"
          >
            {say("office.brief")}
          </a>
        </p>
      )}
    </article>
  );
}

/** Who acted when: stretches of one acting holder, side by side; an office is never vacant (P6). */
function Continuity(props: { events: Schemas["OfficeEvent"][] }) {
  const stretches: { name: string; from: number; assumed: boolean }[] = [];
  for (const event of props.events) {
    const { acting, time } = event;
    if (event.void_rule != null || acting == null || time == null) continue;
    const last = stretches.at(-1);
    if (last?.name !== acting || last.assumed !== (event.is_assumed === true))
      stretches.push({ name: acting, from: Date.parse(time), assumed: event.is_assumed === true });
  }
  if (stretches.length === 0) return null;
  const start = stretches[0]!.from;
  const end = Math.max(Date.now(), start + 1);
  return (
    <>
    <svg class="continuity" viewBox="0 0 1000 40" preserveAspectRatio="none" role="img" aria-label={stretches.map((one) => one.name).join(" → ")}>
      {stretches.map((one, index) => {
        const to = stretches[index + 1]?.from ?? end;
        const x = ((one.from - start) / (end - start)) * 1000;
        return (
          <g class={`stretch s${index % 4} ${one.assumed ? "assumed" : ""}`}>
            <rect x={x} y="4" width={Math.max(((to - one.from) / (end - start)) * 1000, 3)} height="32">
              <title>{`${one.name} · ${day(new Date(one.from).toISOString())}`}</title>
            </rect>
          </g>
        );
      })}
    </svg>
      <ol class="legend">
        {stretches.map((one, index) => (
          <li class={`s${index % 4}`}>
            <Name>{one.name}</Name> <bdi class="hint">{day(new Date(one.from).toISOString())}</bdi>
          </li>
        ))}
      </ol>
    </>
  );
}
