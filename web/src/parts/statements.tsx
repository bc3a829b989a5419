// A list of statements of which only what is in sight is in the document, however long it is.
import { useEffect, useLayoutEffect, useReducer, useRef, useState } from "preact/hooks";
import { held, heldNews } from "../state/held";
import { Statements, type Statement } from "../state/statements";
import { say } from "../words";
import { Marks, Problem } from "./marks";
import { Name, Said } from "./text";

const CHUNK = 20; // places that are put in and taken out together
const ROW_PIXELS = 92; // of a place that was never shown
const NEAR_END_PIXELS = 48;

function One(props: { statement: Statement; total: number }) {
  const { statement, total } = props;
  return (
    <article
      class={`statement slot-${statement.origin.slot % 6}`}
      aria-posinset={statement.place === undefined ? total : statement.place + 1}
      aria-setsize={total}
    >
      <header>
        <strong>
          <Name>{statement.speaker}</Name>
        </strong>{" "}
        <span class="hint">
          <Name>{statement.origin.party}</Name>
        </span>
        <Marks origin={held(statement.origin)} />
      </header>
      <Said text={statement.text} language={statement.language} />
    </article>
  );
}

/** The first place, looking back from the end, before which all that is known here is held by all. */
function finalBefore(list: Statements): number {
  const total = list.total ?? 0;
  let first = total;
  for (let place = total - 1; place >= 0; place--) {
    const said = list.at(place);
    if (said === undefined) break;
    if (said.some((one) => !held(one.origin).held_by_all)) first = place;
  }
  return first;
}

function Final() {
  return (
    <div class="finality">
      <span>{say("session.final")}</span>
    </div>
  );
}

function Chunk(props: { list: Statements; chunk: number; final: number }) {
  const { list, chunk, final } = props;
  const from = chunk * CHUNK;
  const to = Math.min(list.total ?? 0, from + CHUNK);
  const rows = [];
  for (let place = from; place < to; place++) {
    if (place === final && place > 0) rows.push(<Final key="final" />);
    const said = list.at(place);
    if (said === undefined) rows.push(<div class="awaited" key={place} />);
    else for (const one of said) rows.push(<One key={one.id} statement={one} total={list.total ?? 0} />);
  }
  return (
    <div class="chunk" data-chunk={chunk}>
      {rows}
    </div>
  );
}

/** Which chunks are in sight, and how high what is left out above and below is. */
function useWindow(total: number) {
  const scroller = useRef<HTMLDivElement>(null);
  const heights = useRef<(number | undefined)[]>([]);
  const isAtEnd = useRef(true);
  const [range, setRange] = useState<[number, number]>([0, 0]);
  const chunks = Math.ceil(total / CHUNK);
  const heightOf = (chunk: number): number =>
    heights.current[chunk] ?? Math.min(CHUNK, total - chunk * CHUNK) * ROW_PIXELS;

  function look(): void {
    const box = scroller.current;
    if (box === null) return;
    isAtEnd.current = box.scrollTop + box.clientHeight >= box.scrollHeight - NEAR_END_PIXELS;
    let first = 0;
    let above = 0;
    while (first < chunks && above + heightOf(first) < box.scrollTop) above += heightOf(first++);
    let last = first;
    for (let below = above; last < chunks && below < box.scrollTop + box.clientHeight; last++) below += heightOf(last);
    const next: [number, number] = [Math.max(0, first - 1), Math.min(chunks, last + 1)];
    setRange((before) => (before[0] === next[0] && before[1] === next[1] ? before : next));
  }

  /** Who reads at the end stays there; who reads above is left alone. */
  function stay(): void {
    const box = scroller.current;
    if (box !== null && isAtEnd.current) box.scrollTop = box.scrollHeight;
  }

  /** What is drawn says itself how high it is, before anything is reckoned from it. */
  function measure(): void {
    for (const box of scroller.current?.querySelectorAll<HTMLElement>(".chunk") ?? [])
      heights.current[Number(box.dataset["chunk"])] = box.getBoundingClientRect().height;
  }

  // Once at once, so that nothing is drawn twice; what changes by that is looked at in the next frame.
  const frame = useRef(0);
  useLayoutEffect(() => {
    measure();
    stay();
    if (frame.current !== 0) return;
    look();
    frame.current = requestAnimationFrame(() => {
      frame.current = 0;
      look();
    });
  });
  const sum = (from: number, to: number): number => {
    let pixels = 0;
    for (let chunk = from; chunk < to; chunk++) pixels += heightOf(chunk);
    return pixels;
  };
  const [from, to] = [Math.min(range[0], chunks), Math.min(range[1], chunks)];
  return { scroller, from, to, above: sum(0, from), below: sum(to, chunks), look };
}

export function StatementList(props: { room: string; item: string; children?: preact.ComponentChildren }) {
  const [, redraw] = useReducer((count: number) => count + 1, 0);
  const [said, tellSaid] = useState<Statement | undefined>();
  const list = useRef<Statements>();
  useEffect(() => {
    const mine = new Statements(props.room, props.item, (statement) => {
      if (statement !== undefined) tellSaid(statement);
      redraw(undefined);
    });
    list.current = mine;
    return () => mine.close();
  }, [props.room, props.item]);
  void heldNews.value;

  const total = list.current?.total ?? 0;
  const view = useWindow(total);
  useEffect(() => list.current?.want(view.from * CHUNK, view.to * CHUNK), [view.from, view.to, total]);
  const final = list.current === undefined ? 0 : finalBefore(list.current);
  const chunks = [];
  for (let chunk = view.from; chunk < view.to; chunk++)
    chunks.push(<Chunk key={chunk} list={list.current!} chunk={chunk} final={final} />);
  return (
    <>
      <Problem text={list.current?.problem} />
      <div
        class="statements"
        role={total > 0 ? "feed" : "region"}
        tabIndex={0}
        aria-label={say("session.statements")}
        aria-busy={list.current?.total === undefined}
        ref={view.scroller}
        onScroll={view.look}
      >
        <div style={{ blockSize: `${view.above}px` }} />
        {chunks}
        <div style={{ blockSize: `${view.below}px` }} />
        {total > 0 && final === total && view.to * CHUNK >= total && <Final />}
        {list.current?.arrived.map((one) => <One key={one.id} statement={one} total={total} />)}
        {props.children}
      </div>
      <p class="unseen" role="status" aria-live="polite" lang={said?.language}>
        {said === undefined ? "" : `${said.speaker ?? ""}: ${said.text ?? ""}`}
      </p>
    </>
  );
}
