// The register of commitments: a table, and of each one how its four sums went over time; pledging, delivering, confirming.
import { useState } from "preact/hooks";
import { answer, desk, type Schemas } from "../api/client";
import { Form } from "../parts/form";
import { Problem } from "../parts/marks";
import { SUMS, Sums } from "../parts/sums";
import { Name, Said } from "../parts/text";
import { useAsked } from "../state/asked";
import { partyName, room } from "../state/room";
import { day, decimal, say, sayWord } from "../words";

type Commitment = Schemas["Commitment"];

/** Claims that this party may still confirm or dispute. */
function Claims(props: { of: Commitment; again: () => void }) {
  const own = room.value!.slot;
  if (!props.of.receivers.includes(own)) return null;
  const open = props.of.deliveries?.filter((delivery) => !delivery.receipts.some((receipt) => receipt.slot === own));
  return (
    <>
      {open?.map((delivery) => {
        const path = { room: room.value!.room, delivery: delivery.id };
        const initial = { quantity: delivery.quantity };
        return (
          <div class="claim" key={delivery.id}>
            <strong>{say("commitment.claim", { quantity: decimal(delivery.quantity), unit: props.of.unit })}</strong>
            <Said text={delivery.text} />
            <div class="doings">
              {(["confirmed", "disputed"] as const).map((verdict) => (
                <Form
                  operation="receiptAdd"
                  label={say(verdict === "confirmed" ? "commitment.confirm" : "commitment.dispute")}
                  path={{ ...path, verdict }}
                  preset={{ verdict }}
                  initial={initial}
                  without={["time"]}
                  done={props.again}
                />
              ))}
            </div>
          </div>
        );
      })}
    </>
  );
}

function Deliveries(props: { of: Commitment }) {
  if ((props.of.deliveries?.length ?? 0) === 0) return null;
  return (
    <table class="ledger">
      <caption>{say("commitment.deliveries")}</caption>
      <tbody>
        {props.of.deliveries!.map((delivery) => (
          <tr key={delivery.id}>
            <th scope="row">
              <time dateTime={delivery.time ?? ""}>{day(delivery.time ?? delivery.origin.time)}</time>
            </th>
            <td>
              {decimal(delivery.quantity)} <Name>{props.of.unit}</Name>
            </td>
            <td>
              {delivery.receipts.map((receipt) => (
                <span class={`flag ${receipt.verdict === "confirmed" ? "good" : "bad"}`}>
                  <Name>{receipt.party}</Name>: {sayWord("commitment", receipt.verdict)} {decimal(receipt.quantity)}
                </span>
              ))}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** The giver's doings: claims of deliveries, and changes of what was pledged. */
function Giver(props: { of: Commitment; again: () => void }) {
  const { of, again } = props;
  const path = { room: room.value!.room, commitment: of.id };
  if (of.giver !== room.value!.slot || of.is_withdrawn) return null;
  return (
    <div class="doings">
      <Form operation="deliveryAdd" label={say("commitment.deliver")} path={path} done={again} />
      <Form operation="commitmentChange" label={say("commitment.change")} path={path} initial={{ what: "quantity" }} done={again} />
    </div>
  );
}

function One(props: { of: Commitment; again: () => void }) {
  const path = { room: room.value!.room, commitment: props.of.id };
  const detail = useAsked(
    () => answer(desk.GET("/api/v1/rooms/{room}/commitments/{commitment}", { params: { path } })),
    [props.of.id],
  );
  const of = detail.data ?? props.of;
  const again = (): void => (props.again(), detail.again());
  return (
    <article class="card">
      <h2 id={of.id}>
        <Name>{of.name || of.unit}</Name>
      </h2>
      <p class="hint">
        {say("commitment.giver")}: <Name>{of.giver_party}</Name> · {say("commitment.receiver")}:{" "}
        <Name>{of.receivers.map(partyName).join(", ")}</Name>
        {of.due !== null && <> · {say("commitment.due", { time: day(of.due) })}</>}{" "}
        {of.is_withdrawn && <span class="flag bad">{say("commitment.withdrawn")}</span>}
      </p>
      <Said text={of.text} language={of.language} />
      <Sums of={of} />
      <Deliveries of={of} />
      <Claims of={of} again={again} />
      <Giver of={of} again={again} />
    </article>
  );
}

/** All at a glance, a line each. */
function Table(props: { of: Commitment[]; choose: (id: string) => void }) {
  return (
    <div class="scroll">
      <table class="register">
        <thead>
          <tr>
            <th scope="col">{say("nav.commitments")}</th>
            <th scope="col">{say("commitment.giver")}</th>
            {SUMS.map((sum) => (
              <th scope="col" class="number">
                {say(`commitment.${sum}`)}
              </th>
            ))}
            <th scope="col">{say("field.unit")}</th>
          </tr>
        </thead>
        <tbody>
          {props.of.map((one) => (
            <tr class={one.is_withdrawn ? "gone" : ""}>
              <th scope="row">
                <button class="plain" onClick={() => props.choose(one.id)}>
                  <Name>{one.name || one.unit}</Name>
                </button>
              </th>
              <td>
                <Name>{one.giver_party}</Name>
              </td>
              {SUMS.map((sum) => (
                <td class="number">{decimal(one[sum])}</td>
              ))}
              <td>
                <Name>{one.unit}</Name>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

const SHOWN_AT_ONCE = 30; // beyond, one is shown when it is chosen

export function Commitments() {
  const path = { room: room.value!.room };
  const asked = useAsked(() => answer(desk.GET("/api/v1/rooms/{room}/commitments", { params: { path } })), [path.room]);
  const [chosen, choose] = useState<string | undefined>();
  const all = asked.data?.commitments ?? [];
  const shown = all.length <= SHOWN_AT_ONCE ? all : all.filter((one, index) => index < SHOWN_AT_ONCE || one.id === chosen);
  function goTo(id: string): void {
    choose(id);
    requestAnimationFrame(() => document.getElementById(id)?.scrollIntoView({ block: "center" }));
  }
  return (
    <>
      <h1>{say("nav.commitments")}</h1>
      <Problem text={asked.problem} />
      <Form operation="commitmentPledge" label={say("commitment.pledge")} path={path} done={asked.again} />
      {asked.data?.commitments.length === 0 && <p class="hint">{say("commitment.none")}</p>}
      {all.length > 0 && <Table of={all} choose={goTo} />}
      <section class="cards wide">
        {shown.map((one) => (
          <One key={one.id} of={one} again={asked.again} />
        ))}
      </section>
    </>
  );
}
