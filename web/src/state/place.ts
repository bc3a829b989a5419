// Where on the page somebody is: the fragment of the address, such as #/session/4f2a…
import { signal } from "@preact/signals";

export interface Place {
  screen: string;
  id: string | undefined;
}

function read(): Place {
  const [screen = "", id] = location.hash.replace(/^#\/?/, "").split("/");
  return { screen: screen === "" ? "consultation" : screen, id: id === undefined ? undefined : decodeURIComponent(id) };
}

export const place = signal<Place>(read());
addEventListener("hashchange", () => (place.value = read()));

export function go(screen: string, id?: string): void {
  location.hash = id === undefined ? `#/${screen}` : `#/${screen}/${encodeURIComponent(id)}`;
}
