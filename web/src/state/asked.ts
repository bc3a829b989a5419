// An answer of the desk that is kept up to date.
import { useEffect, useState } from "preact/hooks";
import { Refused } from "../api/client";
import { news } from "./room";

export interface Asked<T> {
  data: T | undefined;
  problem: string | undefined;
  again: () => void;
}

/** `follows` false: what is new is learnt otherwise; it is asked for once, and by again(). */
export function useAsked<T>(ask: () => Promise<T>, on: readonly unknown[], follows = true): Asked<T> {
  const [state, setState] = useState<{ data: T | undefined; problem: string | undefined }>({
    data: undefined,
    problem: undefined,
  });
  const [turn, setTurn] = useState(0);
  const latest = follows ? news.value : 0;

  useEffect(() => {
    let isCurrent = true;
    ask().then(
      (data) => isCurrent && setState({ data, problem: undefined }),
      (error: unknown) =>
        isCurrent &&
        setState((before) => ({ data: before.data, problem: error instanceof Refused ? error.message : String(error) })),
    );
    return () => {
      isCurrent = false;
    };
  }, [...on, latest, turn]);
  return { ...state, again: () => setTurn((before) => before + 1) };
}
