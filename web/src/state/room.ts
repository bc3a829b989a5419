// What the page knows of the room that it shows, and how it learns what is new.
import { signal } from "@preact/signals";
import { Refused, answer, desk, type Schemas } from "../api/client";
import { Follower, type LinkState, type Live } from "../api/live";

export const me = signal<Schemas["Me"] | null | undefined>(undefined); // undefined: not asked yet
export const rooms = signal<Schemas["RoomSummary"][]>([]);
export const room = signal<Schemas["Room"] | undefined>(undefined);
export const link = signal<LinkState>("connecting");
/** Grows with everything that was taken in: whoever shows a list asks again. */
export const news = signal(0);

type Listener = (message: Live) => void;
const listeners = new Set<Listener>();
let follower: Follower | undefined;

/** Every message of the room, until the returned function is called. */
export function listen(listener: Listener): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

let announced = 0;
function announce(): void {
  // Many changes at once are one piece of news.
  if (announced !== 0) return;
  announced = window.setTimeout(() => {
    announced = 0;
    news.value++;
  }, 60);
}

export async function begin(): Promise<void> {
  try {
    me.value = await answer(desk.GET("/api/v1/me"));
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    me.value = null;
    return;
  }
  rooms.value = (await answer(desk.GET("/api/v1/rooms"))).rooms;
  const first = rooms.value.find((one) => one.room === last) ?? rooms.value[0];
  if (first !== undefined && room.value === undefined) await open(first.room);
}

let last = ""; // the room that was shown last: after a new log-in it is shown again

export async function open(id: string): Promise<void> {
  follower?.close();
  last = id;
  const shown = await answer(desk.GET("/api/v1/rooms/{room}", { params: { path: { room: id } } }));
  room.value = shown;
  follower = new Follower(
    id,
    { life: shown.life, after: shown.changes },
    (message) => {
      for (const listener of listeners) listener(message);
      announce();
    },
    (state) => {
      link.value = state;
      if (state !== "live") void refresh();
    },
  );
}

/** How the room stands, asked again: after news, and every few seconds. */
export async function refresh(): Promise<void> {
  const id = room.value?.room;
  if (id === undefined) return;
  try {
    room.value = await answer(desk.GET("/api/v1/rooms/{room}", { params: { path: { room: id } } }));
  } catch (error) {
    // Without an answer the last one stays.  A desk that started anew knows no log-in: what was typed is kept meanwhile.
    if (error instanceof Refused && error.status === 401) end(true);
  }
}

/** `isEnded`: by the desk, not by whoever is logged in. */
export const isEnded = signal(false);

function end(byDesk: boolean): void {
  follower?.close();
  isEnded.value = byDesk;
  room.value = undefined;
  me.value = null;
}

export async function logIn(token: string): Promise<void> {
  await answer(desk.POST("/api/v1/login", { body: { token } }));
  await begin();
}

export async function logOut(): Promise<void> {
  await desk.POST("/api/v1/logout");
  end(false);
}

export function partyName(slot: number): string {
  return room.value?.parties[slot]?.name ?? `#${slot}`;
}
