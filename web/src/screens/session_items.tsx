// What belongs to an item of the agenda besides what is said: its papers, and its conclusions.
import { answer, desk, mayPerform, type Schemas } from "../api/client";
import { Form, type Option } from "../parts/form";
import { Name } from "../parts/text";
import { useAsked } from "../state/asked";
import { me, room } from "../state/room";
import { say, sayWord, when } from "../words";

interface Paper extends Option {
  address: string;
}

/** What can be put to an item: the assessments, and the texts that were proposed. */
function usePapers(): Paper[] {
  const path = { room: room.value!.room };
  const assessments = useAsked(
    () => answer(desk.GET("/api/v1/rooms/{room}/assessments", { params: { path } })),
    [path.room],
    false,
  );
  const acts = useAsked(() => answer(desk.GET("/api/v1/rooms/{room}/acts", { params: { path } })), [path.room], false);
  return [
    ...(assessments.data?.assessments ?? []).map((one) => ({
      id: one.id,
      label: `${say("nav.assessments")}: ${one.name}`,
      address: "#/assessments",
    })),
    ...(acts.data?.acts ?? []).map((one) => ({
      id: one.root,
      label: `${sayWord("kind", one.kind)} · ${one.party ?? ""} · ${when(one.origin.time)}`,
      address: `#/text/${one.act}`,
    })),
  ];
}

export function Papers(props: { of: Schemas["Item"] }) {
  const known = usePapers();
  if ((props.of.papers?.length ?? 0) === 0) return null;
  return (
    <p class="papers">
      {say("session.papers")}:{" "}
      {props.of.papers!.map((paper) => {
        const found = known.find((one) => one.id === paper.paper);
        return (
          <a class="paper" href={found?.address}>
            <Name>{paper.name || found?.label || paper.paper.slice(0, 8)}</Name>
          </a>
        );
      })}
    </p>
  );
}

export function ItemDoings(props: { item: Schemas["Item"]; again: () => void }) {
  const { item, again } = props;
  const papers = usePapers();
  const path = { room: room.value!.room, item: item.id };
  const own = item.conclusions?.filter((one) => one.origin.slot === room.value!.slot).length ?? 0;
  if (!mayPerform("conclusionAdd", me.value?.roles)) return null;
  return (
    <div class="doings">
      <Form
        operation="conclusionAdd"
        label={say("session.conclude")}
        path={path}
        initial={{ number: String(own + 1) }}
        done={again}
      />
      {papers.length > 0 && (
        <Form operation="paperAdd" label={say("session.addPaper")} path={path} options={{ paper: papers }} done={again} />
      )}
    </div>
  );
}
