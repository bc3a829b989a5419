// Search over everything that may be read.
import { useEffect, useState } from "preact/hooks";
import { answer, desk } from "../api/client";
import { Marks, Problem } from "../parts/marks";
import { Name, Said } from "../parts/text";
import { useAsked } from "../state/asked";
import { place } from "../state/place";
import { room } from "../state/room";
import { say } from "../words";

export function Search() {
  const [query, setQuery] = useState(place.value.id ?? "");
  const [asked_, setAsked] = useState(query);
  useEffect(() => {
    const timer = setTimeout(() => setAsked(query.trim()), 200);
    return () => clearTimeout(timer);
  }, [query]);
  const found = useAsked(
    async () =>
      asked_ === ""
        ? undefined
        : answer(
            desk.GET("/api/v1/rooms/{room}/search", {
              params: { path: { room: room.value!.room }, query: { q: asked_, limit: 50 } },
            }),
          ),
    [asked_],
  );
  return (
    <>
      <h1>{say("nav.search")}</h1>
      <input
        class="search"
        type="search"
        dir="auto"
        autoFocus
        aria-label={say("search.label")}
        placeholder={say("search.label")}
        value={query}
        onInput={(event) => setQuery(event.currentTarget.value)}
      />
      <Problem text={found.problem} />
      {found.data?.is_current === false && <p class="hint">{say("search.lags")}</p>}
      {found.data?.hits.length === 0 && <p class="hint">{say("search.none")}</p>}
      <div aria-live="polite">
        {found.data?.hits.map((hit) => (
          <article class="hit" key={hit.id}>
            <header>
              <strong>
                <Name>{hit.speaker || hit.origin.party}</Name>
              </strong>
              <Marks origin={hit.origin} />
            </header>
            <Said text={hit.snippet} language={hit.language} />
          </article>
        ))}
      </div>
    </>
  );
}
