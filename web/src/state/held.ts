// Who is known to hold what, as it grows: the answers of the desk say how it was when they were given.
import { signal } from "@preact/signals";
import type { Schemas } from "../api/client";
import type { Live } from "../api/live";
import { listen, room } from "./room";

/** By lane of a feed (slot and incarnation): up to which number each party holds it. */
let lanes = new Map<string, number[]>();
/** Grows with each piece of news. */
export const heldNews = signal(0);
let of = "";

listen((message: Live) => {
  const news = (message as Partial<Schemas["LiveHeld"]>).held;
  if (news === undefined) return;
  if (of !== room.value?.room) {
    of = room.value?.room ?? "";
    lanes = new Map();
  }
  for (const { slot, incarnation, number, holder } of news) {
    const lane = `${slot}.${incarnation}`;
    if (!lanes.has(lane)) lanes.set(lane, []);
    lanes.get(lane)![holder] = number;
  }
  heldNews.value++;
});

/** An origin, with what was learnt since it was asked for. */
export function held(origin: Schemas["Origin"]): Schemas["Origin"] {
  const lane = lanes.get(`${origin.slot}.${origin.incarnation ?? 0}`);
  if (origin.held_by_all || lane === undefined || of !== room.value?.room) return origin;
  const parties = room.value.parties.map((party) => party.slot);
  const holders = parties.filter((slot) => origin.held.includes(slot) || (lane[slot] ?? 0) >= origin.number);
  return { ...origin, held: holders, held_by_all: holders.length === parties.length };
}
