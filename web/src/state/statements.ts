// The statements under an item: as many as the screen needs of however many there are, each at its place in the order.
import { answer, desk, type Schemas } from "../api/client";
import { Refused } from "../api/client";
import type { Live } from "../api/live";
import { listen } from "./room";

export type Statement = Schemas["Statement"];

const PAGE = 100;
const END = 4294967295; // beyond any place: the last page
const QUIET_MS = 400;

export class Statements {
  total: number | undefined;
  problem: string | undefined;
  /** Said since the last page was asked for: their places are not known yet. */
  arrived: Statement[] = [];
  private places = new Map<number, Statement[]>();
  private pages = new Map<number, number>(); // by their number: the round in which they were asked for
  private round = 0;
  private timer = 0;
  private wanted: [number, number] = [0, 0];
  private readonly stop: () => void;
  private isOver = false;

  constructor(
    private readonly room: string,
    private readonly item: string,
    private readonly changed: (said: Statement | undefined) => void,
  ) {
    this.stop = listen((message) => this.hear(message));
    void this.askEnd();
  }

  close(): void {
    this.isOver = true;
    clearTimeout(this.timer);
    this.stop();
  }

  /** What is said at a place; undefined: it is not here yet. */
  at(place: number): Statement[] | undefined {
    return this.places.get(place);
  }

  /** The places that are shown now, `to` excluded: what is missing or old of them is asked for. */
  want(from: number, to: number): void {
    this.wanted = [from, to];
    if (this.total === undefined) return;
    for (let page = Math.floor(from / PAGE); page * PAGE < Math.min(to, this.total); page++)
      if ((this.pages.get(page) ?? -1) < this.round) void this.askPage(page);
  }

  /** What arrives is shown at once; its place, who holds what and what came late are asked for when it is quiet. */
  private hear(message: Live): void {
    const said = (message as { statement?: Statement }).statement;
    if (said?.under === this.item) {
      this.arrived.push(said);
      this.changed(said);
    }
    if (!("change" in message)) return;
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => {
      this.round++;
      void this.askEnd();
    }, QUIET_MS);
  }

  private async ask(from: number, limit: number): Promise<Schemas["StatementList"] | undefined> {
    try {
      const path = { room: this.room };
      const list = await answer(
        desk.GET("/api/v1/rooms/{room}/statements", { params: { path, query: { under: this.item, from, limit } } }),
      );
      this.problem = undefined;
      return this.isOver ? undefined : list;
    } catch (error) {
      this.problem = error instanceof Refused ? error.message : undefined; // no connection: that is said elsewhere
      if (!this.isOver) this.changed(undefined);
      return undefined;
    }
  }

  private take(list: Schemas["StatementList"]): void {
    const fresh = new Map<number, Statement[]>();
    for (const statement of list.statements) {
      const place = statement.place ?? 0;
      fresh.set(place, [...(fresh.get(place) ?? []), statement]);
    }
    for (const [place, said] of fresh) this.places.set(place, said);
    this.total = list.total ?? 0;
  }

  private async askEnd(): Promise<void> {
    const known = this.arrived.length;
    const list = await this.ask(END, PAGE);
    if (list === undefined) return;
    this.take(list);
    // What arrived before it was asked has its place now, be it in a page that is not shown.
    const later = list.statements.map((statement) => statement.id);
    this.arrived = this.arrived.slice(known).filter((one) => !later.includes(one.id));
    this.changed(undefined);
    this.want(...this.wanted);
  }

  /** A page may come in parts, where what was said is long. */
  private async askPage(page: number): Promise<void> {
    this.pages.set(page, this.round);
    const end = (page + 1) * PAGE;
    for (let from = page * PAGE; from < end; ) {
      const list = await this.ask(from, end - from);
      if (list === undefined) {
        this.pages.delete(page);
        return;
      }
      const last = list.statements.at(-1)?.place ?? end;
      const to = list.next === null ? end : Math.max(last, from + 1);
      for (let place = from; place < to; place++) this.places.set(place, []);
      this.take(list);
      from = to;
    }
    this.changed(undefined);
  }
}
