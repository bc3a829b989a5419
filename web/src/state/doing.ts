// Something that is being done: at most once at a time, and what went wrong in the desk's own words.
import { useState } from "preact/hooks";
import { Refused } from "../api/client";

export interface Doing {
  problem: string | undefined;
  isBusy: boolean;
  run: (work: () => Promise<unknown>) => Promise<boolean>;
}

/** `done` is called after each success. */
export function useDoing(done?: () => void): Doing {
  const [problem, setProblem] = useState<string | undefined>();
  const [isBusy, setBusy] = useState(false);

  async function run(work: () => Promise<unknown>): Promise<boolean> {
    if (isBusy) return false;
    setBusy(true);
    try {
      await work();
      setProblem(undefined);
      done?.();
      return true;
    } catch (error) {
      setProblem(error instanceof Refused ? error.message : String(error));
      return false;
    } finally {
      setBusy(false);
    }
  }
  return { problem, isBusy, run };
}
