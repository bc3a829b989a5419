// The four sums of a commitment: how far each has come, and how it came there over time.
import type { Schemas } from "../api/client";
import { day, decimal, say } from "../words";

export const SUMS = ["pledged", "delivered", "confirmed", "disputed"] as const;
type Sum = (typeof SUMS)[number];

interface Step {
  time: number;
  value: number;
}

/** Each sum as steps; what does not count is left out.  The sums themselves come from the desk. */
function steps(of: Schemas["Commitment"]): Record<Sum, Step[]> {
  const time = (of_: { time?: string | null; origin: Schemas["Origin"] }): number => Date.parse(of_.time ?? of_.origin.time);
  const changes = of.changes?.filter((one) => one.counts && one.quantity != null) ?? [];
  const deliveries = of.deliveries ?? [];
  const receipts = deliveries.flatMap((one) => one.receipts).filter((one) => one.counts);
  const grow = (list: { quantity: string; time?: string | null; origin: Schemas["Origin"] }[]): Step[] => {
    let value = 0;
    return list
      .map((one) => ({ time: time(one), by: Number(one.quantity) }))
      .sort((a, b) => a.time - b.time)
      .map((one) => ({ time: one.time, value: (value += one.by) }));
  };
  const pledges = changes.map((one) => ({ time: Date.parse(one.origin.time), value: Number(one.quantity) }));
  // What was pledged at first is not in the answer where it was changed: the line begins at the first known sum.
  const begin = Math.min(Date.parse(of.origin.time), ...deliveries.map(time), ...receipts.map(time));
  const pledged = [{ time: begin, value: pledges[0]?.value ?? Number(of.pledged) }, ...pledges];
  return {
    pledged,
    delivered: grow(deliveries),
    confirmed: grow(receipts.filter((one) => one.verdict === "confirmed")),
    disputed: grow(receipts.filter((one) => one.verdict === "disputed")),
  };
}

const WIDTH = 600;
const HEIGHT = 120;
const EDGE = 4;

function line(list: Step[], x: (time: number) => number, y: (value: number) => number, end: number): string {
  let path = "";
  let before = 0;
  for (const step of list) {
    path += path === "" ? `M${x(step.time)} ${y(before)}` : `H${x(step.time)}`;
    path += `V${y(step.value)}`;
    before = step.value;
  }
  return path === "" ? "" : `${path}H${x(end)}`;
}

function OverTime(props: { of: Schemas["Commitment"] }) {
  const all = steps(props.of);
  const times = SUMS.flatMap((sum) => all[sum].map((step) => step.time));
  if (all.delivered.length === 0) return null;
  const from = Math.min(...times);
  const end = Math.max(Date.now(), ...times) + 1;
  const most = Math.max(...SUMS.flatMap((sum) => all[sum].map((step) => step.value)), 1e-9);
  const x = (time: number): number => EDGE + ((time - from) / (end - from)) * (WIDTH - 2 * EDGE);
  const y = (value: number): number => HEIGHT - EDGE - (value / most) * (HEIGHT - 2 * EDGE);
  return (
    <figure class="over-time">
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" role="img" aria-label={say("commitment.overTime")}>
        {SUMS.map((sum) => (
          <path class={sum} d={line(all[sum], x, y, end)} />
        ))}
      </svg>
      <figcaption class="hint">
        <bdi>{day(new Date(from).toISOString())}</bdi>
        <bdi>{day(new Date(end).toISOString())}</bdi>
      </figcaption>
    </figure>
  );
}

/** Bars of one scale; the figures stand beside them, so the picture needs no axis. */
function Bars(props: { of: Schemas["Commitment"] }) {
  const most = Math.max(...SUMS.map((sum) => Number(props.of[sum])), 1e-9);
  return (
    <dl class="bars">
      {SUMS.map((sum) => (
        <>
          <dt>{say(`commitment.${sum}`)}</dt>
          <dd>
            <progress class={sum} max={most} value={Number(props.of[sum])} aria-label={say(`commitment.${sum}`)} />
            <span>
              {decimal(props.of[sum])} <bdi class="hint">{props.of.unit}</bdi>
            </span>
          </dd>
        </>
      ))}
    </dl>
  );
}

export function Sums(props: { of: Schemas["Commitment"] }) {
  return (
    <>
      <Bars of={props.of} />
      <OverTime of={props.of} />
    </>
  );
}
