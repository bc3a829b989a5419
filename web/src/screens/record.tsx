// The record: who wrote what after having seen what; proofs of two faces; the record as a file that anybody can check.
import { useEffect, useRef, useState } from "preact/hooks";
import { answer, desk, mayPerform, type Schemas } from "../api/client";
import { Graph } from "../parts/graph";
import { Marks, Problem } from "../parts/marks";
import { Name } from "../parts/text";
import { useAsked } from "../state/asked";
import { useDoing } from "../state/doing";
import { me, news, partyName, room } from "../state/room";
import { count, language, say, sayWord, when } from "../words";

const SIZES = [20, 50, 100, 200, 500]; // entries in sight, from near to far
const SIZE_AT_FIRST = 2;
const REGISTER = 65535; // the incarnation by which register entries are named

/** A window of the graph, which stays at the end of the record until somebody moves it. */
function useGraph(from: number | undefined, size: number) {
  const path = { room: room.value!.room };
  const isAtEnd = from === undefined;
  return useAsked(
    () =>
      answer(
        desk.GET("/api/v1/rooms/{room}/graph", {
          params: { path, query: { limit: size, ...(from === undefined ? {} : { from }) } },
        }),
      ),
    [path.room, from, size, isAtEnd ? news.value : 0],
    false,
  );
}

function Details(props: { entry: Schemas["GraphEntry"] | undefined; choose: (entry: string) => void }) {
  const { entry } = props;
  if (entry === undefined) return <p class="hint">{say("record.choose")}</p>;
  const { origin } = entry;
  return (
    <dl class="details" aria-live="polite">
      <dt>
        <Name>{origin.party}</Name> · {say("record.number", { number: origin.number })}
      </dt>
      <dd>
        {sayWord("entry", entry.kind)} <time dateTime={origin.time}>{when(origin.time, "long")}</time>{" "}
        <Marks origin={origin} />
      </dd>
      <dt>{say("record.seen")}</dt>
      <dd>
        {entry.causes.length === 0 && <span class="hint">{say("record.ownFeed")}</span>}
        {entry.causes.map((cause) => (
          <button class="paper" disabled={cause.incarnation === REGISTER} onClick={() => props.choose(cause.entry)}>
            <Name>{partyName(cause.slot)}</Name>{" "}
            {cause.incarnation === REGISTER
              ? say("record.register", { number: cause.number })
              : say("record.number", { number: cause.number })}
          </button>
        ))}
      </dd>
      <dt class="digest" dir="ltr">
        {origin.entry}
      </dt>
    </dl>
  );
}

function useWidth() {
  const box = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(800);
  useEffect(() => {
    const watch = new ResizeObserver(([entry]) => setWidth(Math.max(300, Math.floor(entry!.contentRect.width))));
    watch.observe(box.current!);
    return () => watch.disconnect();
  }, []);
  return { box, width };
}

interface MoveProps {
  graph: Schemas["Graph"] | undefined;
  zoom: number;
  move: (from: number | undefined) => void;
  setZoom: (zoom: number) => void;
}

function Controls({ graph, zoom, move, setZoom }: MoveProps) {
  const size = SIZES[zoom]!;
  const total = graph?.total ?? 0;
  const from = graph?.from ?? 1;
  const last = Math.max(1, total - size + 1);
  const to = (next: number): void => move(next >= last ? undefined : Math.max(1, next));
  return (
    <div class="row graph-controls">
      <button disabled={from <= 1} onClick={() => to(from - Math.ceil(size / 2))}>
        {say("record.earlier")}
      </button>
      <input
        class="grow"
        type="range"
        min={1}
        max={last}
        value={Math.min(from, last)}
        aria-label={say("record.place")}
        aria-valuetext={say("record.window", { from: count(from), to: count(Math.min(total, from + size - 1)), total: count(total) })}
        onInput={(event) => to(Number(event.currentTarget.value))}
      />
      <button disabled={from >= last} onClick={() => to(from + Math.ceil(size / 2))}>
        {say("record.later")}
      </button>
      <button disabled={zoom === 0} aria-label={say("record.nearer")} onClick={() => setZoom(zoom - 1)}>
        +
      </button>
      <button disabled={zoom === SIZES.length - 1} aria-label={say("record.farther")} onClick={() => setZoom(zoom + 1)}>
        −
      </button>
    </div>
  );
}

function Feeds() {
  const [from, move] = useState<number | undefined>();
  const [zoom, setZoom] = useState(SIZE_AT_FIRST);
  const [chosen, choose] = useState<string | undefined>();
  const asked = useGraph(from, SIZES[zoom]!);
  const { box, width } = useWidth();
  const graph = asked.data;
  const at = graph?.entries.findIndex((entry) => entry.origin.entry === chosen) ?? -1;

  function key(event: KeyboardEvent): void {
    if (graph === undefined || graph.entries.length === 0) return;
    const isRtl = document.documentElement.dir === "rtl";
    const step = { ArrowLeft: isRtl ? 1 : -1, ArrowRight: isRtl ? -1 : 1, Home: -Infinity, End: Infinity }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const next = Math.min(graph.entries.length - 1, Math.max(0, (at < 0 ? graph.entries.length : at) + step));
    choose(graph.entries[next]!.origin.entry);
  }

  return (
    <section>
      <h2>{say("record.graph")}</h2>
      <Problem text={asked.problem} />
      {graph !== undefined && (
        <p class="hint" role="status">
          {say("record.window", {
            from: count(graph.from),
            to: count(graph.from + graph.entries.length - 1),
            total: count(graph.total),
          })}
        </p>
      )}
      <Controls graph={graph} zoom={zoom} move={move} setZoom={setZoom} />
      <div class="graph-frame">
        <ul class="lanes">
          {graph?.feeds.map((feed) => (
            <li class={`slot-${feed.slot % 6}`}>
              <Name>{feed.party}</Name>{" "}
              <span class="hint">
                {feed.incarnation > 1 && `${say("record.incarnation", { number: feed.incarnation })} · `}
                {count(feed.number)}
              </span>
              {feed.contested && <span class="flag bad">{say("mark.contested")}</span>}
            </li>
          ))}
        </ul>
        <div
          class="graph-box"
          ref={box}
          tabIndex={0}
          role="group"
          aria-label={say("record.graphHelp")}
          onKeyDown={key}
          onWheel={(event) => {
            if (!event.ctrlKey) return;
            event.preventDefault();
            setZoom(Math.min(SIZES.length - 1, Math.max(0, zoom + Math.sign(event.deltaY))));
          }}
        >
          {graph !== undefined && <Graph graph={graph} width={width} chosen={chosen} choose={choose} />}
        </div>
      </div>
      <Details entry={graph?.entries[at]} choose={choose} />
    </section>
  );
}

function Faults() {
  const path = { room: room.value!.room };
  const asked = useAsked(() => answer(desk.GET("/api/v1/rooms/{room}/faults", { params: { path } })), [path.room]);
  return (
    <section>
      <h2>{say("record.faults")}</h2>
      <Problem text={asked.problem} />
      {asked.data?.faults.length === 0 && <p class="hint">{say("record.noFaults")}</p>}
      {asked.data?.faults.map((fault) => (
        <article class="card fault" key={`${fault.slot}.${fault.incarnation}`}>
          <h3>
            <Name>{fault.party}</Name>
          </h3>
          <p>{say("record.fault", { party: fault.party, number: fault.number ?? 0, incarnation: fault.incarnation })}</p>
          <ul class="lines">
            {fault.faces.map((face) => (
              <li>
                {sayWord("entry", face.kind)} · {when(face.time, "long")}{" "}
                <bdi class="digest" dir="ltr">
                  {face.entry}
                </bdi>
              </li>
            ))}
          </ul>
          <p class="hint">
            {say("record.knownBy")}: <Name>{fault.known_by.map(partyName).join(", ")}</Name>
          </p>
          <a href={`/api/v1/rooms/${path.room}/faults/${fault.slot}/${fault.incarnation}/proof`} download={`proof-${fault.slot}-${fault.incarnation}`}>
            {say("record.proof")}
          </a>
        </article>
      ))}
    </section>
  );
}

interface Checked {
  entries: number;
  isDone: boolean;
  wrong: Schemas["Wrong"] | null;
}

/** The record at this desk, checked anew from its beginning, slice by slice. */
function CheckHere() {
  const [checked, setChecked] = useState<Checked | undefined>();
  const doing = useDoing();
  const total = room.value!.entries;

  async function check(): Promise<void> {
    const path = { room: room.value!.room };
    let after = 0;
    let entries = 0;
    for (;;) {
      const part = await answer(desk.GET("/api/v1/rooms/{room}/verification", { params: { path, query: { after } } }));
      after = part.last;
      entries += part.entries;
      const isDone = part.is_end || part.wrong !== null;
      setChecked({ entries, isDone, wrong: part.wrong });
      if (isDone) return;
    }
  }

  return (
    <div>
      <p class="row">
        <button class="primary" disabled={doing.isBusy} onClick={() => void doing.run(check)}>
          {say("record.checkHere")}
        </button>
        {checked !== undefined && !checked.isDone && (
          <progress max={Math.max(total, checked.entries)} value={checked.entries} aria-label={say("record.checkHere")} />
        )}
      </p>
      <div role="status">
        {checked?.isDone === true && checked.wrong === null && (
          <p class="right">{say("record.right", { count: checked.entries })}</p>
        )}
        {checked?.wrong != null && (
          <p class="problem">
            {say("record.wrong", {
              party: checked.wrong.at === null ? "?" : partyName(checked.wrong.at.slot),
              number: checked.wrong.at?.number ?? 0,
            })}{" "}
            <bdi>{checked.wrong.text}</bdi>
          </p>
        )}
      </div>
      <Problem text={doing.problem} />
    </div>
  );
}

const LISTS = ["commitments.csv", "sessions.ics", "readouts.atom", "readouts.ninjs.json", "minutes.html", "minutes.md"];

/** What other programs read: tables, calendars, feeds. */
function Lists() {
  const { room: id } = room.value!;
  return (
    <section>
      <h2>{say("record.lists")}</h2>
      <ul class="row plain-list">
        {LISTS.map((name) => (
          <li>
            <a class="paper" dir="ltr" href={`/api/v1/rooms/${id}/exports/${name}?language=${language.value}`} download={name}>
              {name}
            </a>
          </li>
        ))}
      </ul>
    </section>
  );
}

const COMMAND = "entente record verify consultation.record";

function TakeAway() {
  const shown = room.value!;
  return (
    <section>
      <h2>{say("record.verify")}</h2>
      <CheckHere />
      <p>{say("record.verifyHelp")}</p>
      <p class="row">
        {mayPerform("recordExport", me.value?.roles) && (
          <a class="button primary" href={`/api/v1/rooms/${shown.room}/record`} download="consultation.record">
            {say("record.export")}
          </a>
        )}
        <code dir="ltr">{COMMAND}</code>
      </p>
      <dl class="details">
        <dt>{say("record.state")}</dt>
        <dd class="digest" dir="ltr">
          {shown.state}
        </dd>
      </dl>
    </section>
  );
}

export function Record() {
  const shown = room.value!;
  return (
    <>
      <h1>{say("nav.record")}</h1>
      <p class="hint">{say("room.entries", { count: shown.entries, held: shown.held_by_all })}</p>
      <Feeds />
      <Faults />
      <TakeAway />
      <Lists />
    </>
  );
}
