// The graph of feeds: a lane for each, a dot for each entry in the order in which they came, lines to what each had seen.
import type { Schemas } from "../api/client";
import { held } from "../state/held";
import { shown } from "./text";

type Entry = Schemas["GraphEntry"];

const LANE = 44;
const EDGE = 14;
const RADIUS: Record<string, number> = { ack: 2.5 };
const RADIUS_OTHERS = 5.5;

const keyOf = (one: { slot: number; incarnation?: number; number: number }): string =>
  `${one.slot}.${one.incarnation ?? 0}.${one.number}`;

interface GraphProps {
  graph: Schemas["Graph"];
  width: number;
  chosen: string | undefined;
  choose: (entry: string) => void;
}

function Dot(props: { entry: Entry; x: number; y: number; isChosen: boolean; choose: () => void }) {
  const { entry, x, y } = props;
  const origin = held(entry.origin);
  const words = ["dot", `slot-${origin.slot % 6}`, entry.kind];
  // Acknowledgements behind the last content are answered by none (H2): what they lack is no news.
  if (!origin.held_by_all && entry.kind !== "ack") words.push("open");
  if (origin.contested || origin.void) words.push("bad");
  if (props.isChosen) words.push("chosen");
  return (
    <circle class={words.join(" ")} cx={x} cy={y} r={RADIUS[entry.kind] ?? RADIUS_OTHERS} onClick={props.choose}>
      <title>{`${shown(origin.party)} · ${origin.number} · ${entry.kind}`}</title>
    </circle>
  );
}

/** A line from what was seen to who saw it; from the edge where what was seen is outside of the window. */
function line(from: [number, number] | undefined, to: [number, number], lane: number): string {
  const [x, y] = to;
  if (from === undefined) return `M${Math.max(0, x - EDGE)} ${lane}L${x} ${y}`;
  const middle = (from[0] + x) / 2;
  return `M${from[0]} ${from[1]}C${middle} ${from[1]} ${middle} ${y} ${x} ${y}`;
}

export function Graph({ graph, width, chosen, choose }: GraphProps) {
  const lanes = new Map(graph.feeds.map((feed, index) => [`${feed.slot}.${feed.incarnation}`, index]));
  const laneOf = (one: { slot: number; incarnation?: number }): number =>
    ((lanes.get(`${one.slot}.${one.incarnation ?? 0}`) ?? 0) + 0.5) * LANE;
  const step = (width - 2 * EDGE) / Math.max(1, graph.entries.length - 1);
  const places = new Map<string, [number, number]>();
  graph.entries.forEach((entry, index) =>
    places.set(keyOf(entry.origin), [EDGE + index * step, laneOf(entry.origin)]),
  );
  const height = Math.max(1, graph.feeds.length) * LANE;
  const seen = graph.entries.find((entry) => entry.origin.entry === chosen)?.causes.map(keyOf) ?? [];
  return (
    <svg class="graph" viewBox={`0 0 ${width} ${height}`} width={width} height={height} aria-hidden="true">
      {graph.feeds.map((feed, index) => (
        <line class={`lane slot-${feed.slot % 6}`} x1="0" x2={width} y1={(index + 0.5) * LANE} y2={(index + 0.5) * LANE} />
      ))}
      {graph.entries.map((entry) =>
        entry.causes
          .filter((cause) => lanes.has(`${cause.slot}.${cause.incarnation}`))
          .map((cause) => (
            <path
              class={`cause ${entry.origin.entry === chosen && seen.includes(keyOf(cause)) ? "chosen" : ""}`}
              d={line(places.get(keyOf(cause)), places.get(keyOf(entry.origin))!, laneOf(cause))}
            />
          )),
      )}
      {graph.entries.map((entry) => {
        const [x, y] = places.get(keyOf(entry.origin))!;
        const id = entry.origin.entry;
        return <Dot key={id} entry={entry} x={x} y={y} isChosen={id === chosen} choose={() => choose(id)} />;
      })}
    </svg>
  );
}

export const GRAPH_LANE_PIXELS = LANE;
