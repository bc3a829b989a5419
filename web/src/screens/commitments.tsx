// The register of commitments: a table, and of each one how far the four sums have come.
import { useState } from "preact/hooks";
import { Refused, answer, desk, onceKey, type Schemas } from "../api/client";
import { Problem } from "../parts/marks";
import { Name, Said } from "../parts/text";
import { useAsked } from "../state/asked";
import { partyName, room } from "../state/room";
import { day, decimal, say } from "../words";

const SUMS = ["pledged", "delivered", "confirmed", "disputed"] as const;

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
            <span>{decimal(props.of[sum])}</span>
          </dd>
        </>
      ))}
    </dl>
  );
}

/** Claims that this party may confirm. */
function Claims(props: { commitment: Schemas["Commitment"]; again: () => void }) {
  const own = room.value!.slot;
  const [problem, setProblem] = useState<string | undefined>();
  const detail = useAsked(
    () =>
      answer(
        desk.GET("/api/v1/rooms/{room}/commitments/{commitment}", {
          params: { path: { room: room.value!.room, commitment: props.commitment.id } },
        }),
      ),
    [props.commitment.id],
  );
  if (!props.commitment.receivers.includes(own)) return null;
  const open = detail.data?.deliveries?.filter((delivery) => !delivery.receipts.some((receipt) => receipt.slot === own));

  async function confirm(delivery: Schemas["Delivery"]): Promise<void> {
    try {
      await answer(
        desk.POST("/api/v1/rooms/{room}/deliveries/{delivery}/receipts", {
          params: { path: { room: room.value!.room, delivery: delivery.id }, header: { "Idempotency-Key": onceKey() } },
          body: { verdict: "confirmed", quantity: delivery.quantity },
        }),
      );
      setProblem(undefined);
      props.again();
    } catch (error) {
      setProblem(error instanceof Refused ? error.message : String(error));
    }
  }

  return (
    <>
      <Problem text={problem} />
      {open?.map((delivery) => (
        <p class="claim">
          {say("commitment.claim", { quantity: decimal(delivery.quantity), unit: props.commitment.unit })}{" "}
          <button onClick={() => confirm(delivery)}>{say("commitment.confirm")}</button>
        </p>
      ))}
    </>
  );
}

export function Commitments() {
  const path = { room: room.value!.room };
  const asked = useAsked(() => answer(desk.GET("/api/v1/rooms/{room}/commitments", { params: { path } })), [path.room]);
  return (
    <>
      <h1>{say("nav.commitments")}</h1>
      <Problem text={asked.problem} />
      {asked.data?.commitments.length === 0 && <p class="hint">{say("commitment.none")}</p>}
      <section class="cards wide">
        {asked.data?.commitments.map((one) => (
          <article class="card" key={one.id}>
            <h2>
              <Name>{one.name || one.unit}</Name>
            </h2>
            <p class="hint">
              {say("commitment.giver")}: <Name>{one.giver_party}</Name> · {say("commitment.receiver")}:{" "}
              <Name>{one.receivers.map(partyName).join(", ")}</Name>
              {one.due !== null && <> · {say("commitment.due", { time: day(one.due) })}</>}
              {one.is_withdrawn && <span class="flag bad">{say("commitment.withdrawn")}</span>}
            </p>
            <Said text={one.text} language={one.language} />
            <p class="hint">
              <Name>{one.unit}</Name>
            </p>
            <Bars of={one} />
            <Claims commitment={one} again={asked.again} />
          </article>
        ))}
      </section>
    </>
  );
}
