// The changes of a room, over a WebSocket that resumes where it was cut.
import type { Schemas } from "./client";

export type Live = Schemas["Live"];
export type LinkState = "connecting" | "live" | "lost";

const SILENCE_MS = 1500; // without a word: ask whether the desk is there
const ANSWER_MS = 1200; // what is lost is to be seen within three seconds
const OPENING_MS = 8000; // a connection that neither opens nor fails: browsers wait for minutes
const BACK_OFF_MS = [200, 500, 1000, 2000, 3000];

export class Follower {
  private socket: WebSocket | undefined;
  private timer: number | undefined;
  private attempts = 0;
  private closed = false;

  constructor(
    private readonly room: string,
    private cursor: { life: string; after: number },
    private readonly take: (message: Live) => void,
    private readonly tell: (state: LinkState) => void,
  ) {
    this.connect();
    addEventListener("online", this.hurry);
    document.addEventListener("visibilitychange", this.hurry);
  }

  close(): void {
    this.closed = true;
    clearTimeout(this.timer);
    removeEventListener("online", this.hurry);
    document.removeEventListener("visibilitychange", this.hurry);
    this.socket?.close();
  }

  private hurry = (): void => {
    if (!this.closed && this.socket?.readyState !== WebSocket.OPEN) this.connect();
  };

  private connect(): void {
    clearTimeout(this.timer);
    this.socket?.close();
    const { life, after } = this.cursor;
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const socket = new WebSocket(
      `${scheme}://${location.host}/api/v1/rooms/${this.room}/live?life=${encodeURIComponent(life)}&after=${after}`,
    );
    this.socket = socket;
    this.timer = window.setTimeout(() => this.connect(), OPENING_MS);
    socket.onopen = () => {
      this.attempts = 0;
      this.tell("live");
      this.watch();
    };
    socket.onmessage = (event) => {
      this.watch();
      this.receive(JSON.parse(String(event.data)) as Live);
    };
    socket.onclose = () => {
      if (this.closed || this.socket !== socket) return;
      clearTimeout(this.timer);
      this.tell(this.attempts === 0 ? "connecting" : "lost");
      this.timer = window.setTimeout(
        () => this.connect(),
        BACK_OFF_MS[Math.min(this.attempts++, BACK_OFF_MS.length - 1)]! * (0.75 + Math.random() / 2),
      );
    };
  }

  private receive(message: Live): void {
    const change = (message as { change?: number }).change;
    const life = (message as { life?: string }).life;
    if (typeof life === "string") this.cursor = { life, after: 0 };
    if (typeof change === "number") this.cursor.after = change;
    this.take(message);
  }

  /** A dead link says nothing: after some silence the desk is asked, so that people see it within seconds. */
  private watch(): void {
    const watched = this.socket;
    clearTimeout(this.timer);
    this.timer = window.setTimeout(async () => {
      let isThere = false;
      try {
        isThere = (await fetch("/api/v1/health", { signal: AbortSignal.timeout(ANSWER_MS) })).ok;
      } catch {
        // no answer
      }
      // It was cut meanwhile, and a new one is on its way: whose timer this is now.
      if (this.closed || this.socket !== watched || watched?.readyState !== WebSocket.OPEN) return;
      if (isThere) {
        this.watch();
        return;
      }
      this.tell("lost");
      this.connect();
    }, SILENCE_MS);
  }
}
