"""What each name of bench/run measures.

A measurement is made in rounds.  In each round ours and the peer's turn come one after the other,
so that whatever else the machine does hits both; see README.md for what each name means.
"""

import os
import random
import time

import cluster
import support
import texts
from support import ratio, say, spread, spreads

DISK_COUNT = 1000
GAP_SECONDS = 14
KILL_AFTER_SECONDS = 3
SETTLE_SECONDS = 5
FILL_IN_FLIGHT = 256
CATCH_UP_SECONDS_MAX = 900
START_SECONDS_MAX = 120


class Sides:
    """Ours and the peer's clusters, where asked for, and the figures of each round."""

    def __init__(self, options):
        self.options = options
        self.makers = {}
        if options.ours:
            self.makers["ours"] = options.ours
        if options.peer:
            self.makers["peer"] = options.peer
        self.figures = {}

    def rounds(self):
        for number in range(self.options.runs):
            say(f"round {number + 1} of {self.options.runs}")
            yield number

    def note(self, side, figures):
        self.figures.setdefault(side, []).append(figures)
        say(f"  {side}: {figures}")

    def column(self, side, key):
        return [figures[key] for figures in self.figures.get(side, [])]

    def summary(self, side):
        """The spread of every figure of a side that is a number in each round."""
        rounds = self.figures.get(side)
        if not rounds:
            return None
        return spreads(rounds, *[key for key in rounds[0]
                                 if all(isinstance(one.get(key), (int, float)) for one in rounds)])

    def ratio(self, above, below):
        """Of two (side, figure), or None where one of them was not measured."""
        above, below = self.column(*above), self.column(*below)
        return ratio(above, below) if above and below else None


def worth(text, value, limit, at_most=True):
    """A goal, and whether this run reached it; `value` is a spread or None."""
    if value is None:
        return None
    median = value["median"]
    return {"text": text, "reached": median <= limit if at_most else median >= limit}


# --- append-1, append-64 -------------------------------------------------------------------------


def disk_append():
    path = os.path.join(support.WORK, "disk.tmp")
    return support.run_tool(support.tool("disk"), "append", path, DISK_COUNT, cluster.BYTES)


def append_once(maker, count, in_flight):
    with maker() as nodes:
        i = nodes.leader() or 0
        nodes.append(i, max(count // 20, 50), in_flight)  # connections and caches are warm after it
        return nodes.append(i, count, in_flight)


def append(options, in_flight):
    sides = Sides(options)
    for _ in sides.rounds():
        sides.note("disk", disk_append())
        for side, maker in sides.makers.items():
            sides.note(side, append_once(maker, options.entries, in_flight))
    return sides


def append_1(options):
    sides = append(options, 1)
    to_disk = sides.ratio(("ours", "p50_ms"), ("disk", "p50_ms"))
    return sides, {
        "ours_p50_to_disk_p50": to_disk,
        "peer_p50_to_disk_p50": sides.ratio(("peer", "p50_ms"), ("disk", "p50_ms")),
        "peer_p50_to_ours_p50": sides.ratio(("peer", "p50_ms"), ("ours", "p50_ms")),
    }, worth("p50 at most 1.5 times the disk's own fdatasync of 256 bytes", to_disk, 1.5)


def append_64(options):
    sides = append(options, 64)
    held = sides.ratio(("ours", "held_per_s"), ("peer", "per_s"))
    return sides, {
        "ours_per_s_to_peer_per_s": sides.ratio(("ours", "per_s"), ("peer", "per_s")),
        "ours_held_per_s_to_peer_per_s": held,
    }, worth("held by all at least 10 times as many a second as the peer's durable ones", held, 10,
             at_most=False) if options.peer_name == "etcd" else None


# --- gap -----------------------------------------------------------------------------------------


def stall(maker, choose):
    """The longest stall at a writer whose node survives; `choose` names the one that does not."""
    with maker() as nodes:
        victim = choose(nodes)
        writers = [nodes.start_gap(i, GAP_SECONDS) for i in range(cluster.NODES)]
        time.sleep(KILL_AFTER_SECONDS)
        if victim is not None:
            nodes.kill(victim)
        longest = []
        for i, writer in enumerate(writers):
            if i == victim:
                writer.kill()  # its node is gone, and what it saw does not count
                writer.communicate()
            else:
                longest.append(support.finish_tool(writer)["longest_ms"])
        return max(longest)


def nobody(nodes):
    return None


def anybody(nodes):
    return random.randrange(cluster.NODES)


def the_leader(nodes):
    return nodes.leader()


def a_follower(nodes):
    return (nodes.leader() + random.randrange(1, cluster.NODES)) % cluster.NODES


def gap(options):
    sides = Sides(options)
    kills = {"ours": {"kill_ms": anybody},
             "peer": {"leader_killed_ms": the_leader, "follower_killed_ms": a_follower}}
    for _ in sides.rounds():
        for side, maker in sides.makers.items():
            figures = {"none_killed_ms": stall(maker, nobody)}
            for name, choose in kills[side].items():
                figures[name] = stall(maker, choose)
            sides.note(side, figures)
    to_none = sides.ratio(("ours", "kill_ms"), ("ours", "none_killed_ms"))
    return sides, {
        "ours_kill_to_ours_none_killed": to_none,
        "peer_leader_killed_to_peer_none_killed":
            sides.ratio(("peer", "leader_killed_ms"), ("peer", "none_killed_ms")),
        "peer_leader_killed_to_ours_kill":
            sides.ratio(("peer", "leader_killed_ms"), ("ours", "kill_ms")),
    }, worth("the survivors' longest stall with the kill at most their longest without it", to_none,
             1)


# --- With a record: catch-up, memory, start ------------------------------------------------------


def fill(nodes, entries):
    """`entries` written where it goes fastest, and held by all."""
    leader = nodes.leader()
    if leader is not None:
        nodes.append(leader, entries, FILL_IN_FLIGHT)
    else:
        shares = [entries // cluster.NODES] * cluster.NODES
        shares[0] += entries % cluster.NODES
        writers = [nodes.load(i, "append", share, FILL_IN_FLIGHT, cluster.BYTES)
                   for i, share in enumerate(shares)]
        for writer in writers:
            support.finish_tool(writer)
    for i in range(cluster.NODES):
        support.wait_until(lambda: nodes.held(i) >= entries, CATCH_UP_SECONDS_MAX,
                           f"{nodes.name}: node {i} does not hold {entries} entries")
    say(f"  {nodes.name}: {entries} entries at all nodes")


class Filled:
    """`with Filled(sides, entries) as clusters:` each side's cluster with a record, running."""

    def __init__(self, sides, entries):
        self.sides, self.entries, self.clusters = sides, entries, {}

    def __enter__(self):
        try:
            for side, maker in self.sides.makers.items():
                nodes = maker()
                nodes.__enter__()
                self.clusters[side] = nodes
                fill(nodes, self.entries)
            return self.clusters
        except BaseException as error:
            self.__exit__(type(error), error, None)
            raise

    def __exit__(self, *what):
        for nodes in self.clusters.values():
            nodes.__exit__(*what)


def catch_up_once(nodes, entries):
    i = nodes.make_empty()
    started = time.monotonic()
    nodes.start_node(i)
    support.wait_until(lambda: nodes.held(i) >= entries, CATCH_UP_SECONDS_MAX,
                       f"{nodes.name}: the empty node does not catch up")
    seconds = time.monotonic() - started
    figures = {"seconds": seconds, "entries_per_s": entries / seconds,
               "peak_bytes": nodes.memory(i)["peak_bytes"]}
    nodes.remove_empty(i)
    return figures


def catch_up(options):
    sides = Sides(options)
    with Filled(sides, options.entries) as clusters:
        for _ in sides.rounds():
            for side, nodes in clusters.items():
                sides.note(side, catch_up_once(nodes, options.entries))
    ours = sides.summary("ours")
    goal = worth("1,000,000 entries in at most 10 s, with at most 150 MB resident",
                 ours and ours["seconds"], 10 * options.entries / 1e6)
    if goal:
        goal["reached"] = goal["reached"] and ours["peak_bytes"]["max"] <= 150e6
    return sides, {"peer_seconds_to_ours_seconds":
                   sides.ratio(("peer", "seconds"), ("ours", "seconds"))}, goal


def largest(nodes, prefix):
    """The node that takes most, a moment after everything came to rest."""
    time.sleep(SETTLE_SECONDS)
    most = max((nodes.memory(i) for i in range(cluster.NODES)),
               key=lambda one: one["resident_bytes"])
    return {f"{prefix}_resident_bytes": most["resident_bytes"],
            f"{prefix}_proportional_bytes": most["proportional_bytes"]}


def memory(options):
    sides = Sides(options)
    idle = {side: [] for side in sides.makers}
    for _ in sides.rounds():
        for side, maker in sides.makers.items():
            with maker() as nodes:
                idle[side].append(largest(nodes, "idle"))
    with Filled(sides, options.entries) as clusters:
        for number in sides.rounds():
            for side, nodes in clusters.items():
                figures = {**idle[side][number], **largest(nodes, "record"),
                           "disk_bytes": nodes.disk_bytes(0)}
                sides.note(side, figures)
    ours = sides.summary("ours")
    return sides, {
        "peer_idle_to_ours_idle":
            sides.ratio(("peer", "idle_resident_bytes"), ("ours", "idle_resident_bytes")),
        "peer_record_to_ours_record":
            sides.ratio(("peer", "record_resident_bytes"), ("ours", "record_resident_bytes")),
    }, worth("an idle node, all its processes: at most 25 MB resident",
             ours and ours["idle_resident_bytes"], 25e6)


def first_append(nodes, i):
    """Ask until an append is acknowledged; how many seconds that took."""
    started = time.monotonic()
    nodes.start_node(i)
    while True:
        try:
            nodes.append_one(i)
            return time.monotonic() - started
        except support.Failure:
            if time.monotonic() - started > START_SECONDS_MAX:
                raise
            time.sleep(0.01)


def start(options):
    sides = Sides(options)
    with Filled(sides, options.entries) as clusters:
        for number in sides.rounds():
            for side, nodes in clusters.items():
                leader = nodes.leader()
                i = number % cluster.NODES if leader is None else (leader + 1) % cluster.NODES
                nodes.nodes[i].stop()
                sides.note(side, {"seconds": first_append(nodes, i)})
    ours = sides.summary("ours")
    return sides, {"peer_seconds_to_ours_seconds":
                   sides.ratio(("peer", "seconds"), ("ours", "seconds"))}, \
        worth("with 1,000,000 entries at most 1 s to the first acknowledged append",
              ours and ours["seconds"], 1)


# --- verify --------------------------------------------------------------------------------------


def verify(options):
    sides = Sides(options)
    path = os.path.join(support.WORK, "record.bundle")
    with options.ours() as nodes:
        fill(nodes, options.entries)
        nodes.export(0, path)
        verifier = nodes.verifier()
    try:
        for _ in sides.rounds():
            hashed = support.run_tool(support.tool("blake2b"), path)
            sides.note("blake2b", {"seconds": hashed["seconds"], "file_bytes": hashed["bytes"]})
            sides.note("ours", verifier(path))
    finally:
        os.unlink(path)
    to_hash = sides.ratio(("ours", "seconds"), ("blake2b", "seconds"))
    return sides, {"ours_seconds_to_blake2b_seconds": to_hash}, \
        worth("at most 2 times hashing the file with BLAKE2b", to_hash, 2)


# --- evaluate, evaluate-one ----------------------------------------------------------------------


def evaluate_rounds(options):
    sides = Sides(options)
    path = os.path.join(support.WORK, "evaluate.sqlite")
    for _ in sides.rounds():
        sides.note("ours", support.run_tool(support.tool("evaluate_rate"), path, options.entries))
    return sides, sides.summary("ours")


def evaluate(options):
    sides, ours = evaluate_rounds(options)
    return sides, {}, worth("1,000,000 entries in at most 5 s of processor time", ours and ours["seconds"],
                            5 * options.entries / 1e6)


def evaluate_one(options):
    sides, ours = evaluate_rounds(options)
    return sides, {}, worth("one more entry, alone in the store's next commit, in at most 50 us of processor time",
                            ours and ours["one_more_us"], 50)


# --- live ----------------------------------------------------------------------------------------

LIVE_CROWD = 200  # followers at each desk


def processor_seconds(nodes):
    return sum(nodes.processor_seconds(i) for i in range(cluster.NODES))


def live_once(nodes, statements, followers):
    before = processor_seconds(nodes)
    figures = support.run_tool(support.tool("live_load"), statements, followers,
                               *[nodes.node(i) for i in range(cluster.NODES)])
    figures["processor_ms_each"] = (processor_seconds(nodes) - before) * 1000 / statements
    return figures


def live(options):
    sides = Sides(options)
    for _ in sides.rounds():
        with options.ours() as nodes:
            disk = disk_append()
            few = live_once(nodes, options.entries, 1)
            many = live_once(nodes, options.entries, LIVE_CROWD)
            sides.note("disk", disk)
            sides.note("round_trip", few.pop("round_trip"))
            del many["round_trip"]
            sides.note("ours", {**few, **{f"crowd_{key}": value for key, value in many.items()},
                                "limit_p99_ms": 2 * (disk["p99_ms"] + sides.column("round_trip", "p99_ms")[-1]) + 5})
    to_limit = sides.ratio(("ours", "p99_ms"), ("ours", "limit_p99_ms"))
    goal = worth("p99 at most 2 times (fdatasync + round trip, p99 both) + 5 ms; nothing lost, also with 200 followers "
                 "at each desk", to_limit, 1)
    lost = sum(sides.column("ours", "lost") + sides.column("ours", "crowd_lost"))
    goal["reached"] = goal["reached"] and lost == 0
    return sides, {"ours_p99_to_limit": to_limit}, goal


# --- search, first-view ---------------------------------------------------------------------------

QUERIES = 600
PAGE = 100  # statements
INDEX_SECONDS_MAX = 600
VIEW_SECONDS_MAX = 120


class Spoken:
    """`with Spoken(options) as nodes:` three nodes that hold so many statements in four languages."""

    def __init__(self, options):
        self.maker, self.entries = options.ours, options.entries

    def __enter__(self):
        self.nodes = self.maker()
        self.nodes.__enter__()
        path = os.path.join(support.WORK, "texts.tmp")
        try:
            with open(path, "w", encoding="utf-8") as file:
                file.writelines(f"{language}\t{text}\n" for language, text in texts.statements(self.entries))
            self.nodes.say(0, path)
            for i in range(cluster.NODES):
                support.wait_until(lambda: self.nodes.held(i) >= self.entries, CATCH_UP_SECONDS_MAX,
                                   f"node {i} does not hold the statements")
        except BaseException as error:
            self.nodes.__exit__(type(error), error, None)
            raise
        finally:
            os.unlink(path)
        return self.nodes

    def __exit__(self, *what):
        self.nodes.__exit__(*what)


def percentile(values, percent):
    """The nearest rank, as in clock.h."""
    return sorted(values)[max((len(values) * percent + 99) // 100, 1) - 1]


def latencies(values):
    return {"p50_ms": percentile(values, 50), "p99_ms": percentile(values, 99), "max_ms": max(values)}


def index_is_current(api):
    return api.get("/search", q="a")[0]["is_current"]


def search(options):
    sides = Sides(options)
    with Spoken(options) as nodes:
        api = nodes.api(0)
        began = time.monotonic()
        support.wait_until(lambda: index_is_current(api), INDEX_SECONDS_MAX, "the index is not made", pause=0.1)
        index_seconds = time.monotonic() - began
        for number in sides.rounds():
            before = nodes.processor_seconds(0)
            took = [api.get("/search", q=query)[1] for query in texts.queries(QUERIES, seed=number)]
            processor_ms = (nodes.processor_seconds(0) - before) * 1000 / QUERIES
            sides.note("ours", {**latencies(took), "processor_ms_each": processor_ms, "index_seconds": index_seconds})
    ours = sides.summary("ours")
    return sides, {}, worth("p99 at most 20 ms over 100,000 statements", ours and ours["p99_ms"], 20)


def first_view_once(nodes, i):
    nodes.nodes[i].stop()
    began = time.monotonic()
    nodes.start_node(i)
    api = nodes.api(i)
    support.wait_until(lambda: api.get("/statements", limit=PAGE), VIEW_SECONDS_MAX, "no page after the start")
    return {"seconds": time.monotonic() - began, "processor_s": nodes.processor_seconds(i),
            "again_ms": api.get("/statements", limit=PAGE)[1]}


def first_view(options):
    sides = Sides(options)
    with Spoken(options) as nodes:
        for number in sides.rounds():
            sides.note("ours", first_view_once(nodes, number % cluster.NODES))
    ours = sides.summary("ours")
    return sides, {}, worth("from the start to the first page of statements at most 1 s, with 100,000 of them",
                            ours and ours["seconds"], 1)


# name -> (measurement, entries unless told otherwise, what to say of a peer that cannot do it)
MEASURES = {
    "append-1": (append_1, 2000, None),
    "append-64": (append_64, 50000, None),
    "gap": (gap, None, None),
    "catch-up": (catch_up, 1000000, None),
    "verify": (verify, 1000000, "a record of etcd or NATS carries no signature to verify"),
    "evaluate": (evaluate, 1000000, "a store of etcd or NATS says nothing of sessions and agreements"),
    "evaluate-one": (evaluate_one, 100000, "a store of etcd or NATS says nothing of sessions and agreements"),
    "live": (live, 200, "etcd and NATS have watchers, but no desk that opens and evaluates what they are told"),
    "search": (search, 100000, "etcd and NATS do not search"),
    "first-view": (first_view, 100000, "etcd and NATS show nothing to people"),
    "memory": (memory, 1000000, None),
    "start": (start, 1000000, None),
}
