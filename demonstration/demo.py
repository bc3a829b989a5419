#!/usr/bin/env python3
"""Three parties' nodes on this machine, one record, and what happens to it when things break.

Called by ./demo, which builds first.  Everything is done through the command `entente`, as the people
of a party would.  The folders of the three parties are made below demo-work/ and made anew each time.
"""
import argparse
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
WORK = ROOT / "demo-work"
PARTIES = [("korea", "Republic of Korea"), ("japan", "Japan"), ("united-states", "United States")]
LANGUAGES = ["ko", "ja", "en", "ar"]


def say(text):
    print(text, flush=True)


class Failed(Exception):
    """Something did not do what the demo is there to show."""


def free_ports(count):
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [s.getsockname()[1] for s in sockets]
    for s in sockets:
        s.close()
    return ports


class Party:
    """One party: its folder, its node, and the command line that its people use."""

    def __init__(self, entente, slug, name, port):
        self.entente = entente
        self.name = name
        self.slug = slug
        self.folder = WORK / slug
        self.key_file = WORK / f"{slug}.key"
        self.card = WORK / f"{slug}.card"
        self.address = f"127.0.0.1:{port}"
        self.server = None
        self.trace = open(WORK / f"{slug}.trace", "ab")
        self.id = None

    def run(self, *arguments, check=True):
        environment = dict(os.environ, ENTENTE_KEY_FILE=str(self.key_file))
        done = subprocess.run([self.entente, *map(str, arguments)], capture_output=True, text=True,
                              env=environment, check=False)
        if check and done.returncode != 0:
            raise Failed(f"entente {' '.join(map(str, arguments))}: {done.stderr.strip()}")
        return done

    def json(self, *arguments):
        return json.loads(self.run(*arguments, "--json").stdout)

    def create(self):
        self.key_file.write_bytes(os.urandom(32).hex().encode())
        self.key_file.chmod(0o600)
        self.run("party", "create", self.folder, "--name", self.name, "--listen", self.address)
        self.run("party", "card", self.folder, "--out", self.card)
        self.id = self.json("party", "show", self.folder)["own"]["party"]

    def start(self):
        environment = dict(os.environ, ENTENTE_KEY_FILE=str(self.key_file))
        self.server = subprocess.Popen([self.entente, "serve", str(self.folder)], env=environment,
                                       stdout=self.trace, stderr=self.trace)

    def wait(self, seconds=30):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            done = self.run("status", self.folder, "--json", check=False)
            if done.returncode == 0:
                return
            if self.server.poll() is not None:
                break
            time.sleep(0.05)
        raise Failed(f"the node of {self.name} does not run; see {self.trace.name}")

    def status(self):
        return self.json("status", self.folder)

    def children(self):
        path = pathlib.Path(f"/proc/{self.server.pid}/task/{self.server.pid}/children")
        return [int(pid) for pid in path.read_text().split()]

    def kill(self):
        """-9 for all of the node's processes at once, as when the machine's plug is pulled."""
        pids = [self.server.pid, *self.children()]
        for pid in pids:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        self.server.wait()
        self.server = None
        end = time.monotonic() + 10
        while any(pathlib.Path(f"/proc/{pid}").exists() and
                  "Z" not in pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")")[-1][:3]
                  for pid in pids) and time.monotonic() < end:
            time.sleep(0.01)

    def stop(self):
        if self.server is None:
            return
        self.server.send_signal(signal.SIGTERM)
        try:
            self.server.wait(15)
        except subprocess.TimeoutExpired:
            self.kill()
        self.server = None

    def lose_store(self):
        shutil.rmtree(self.folder / "store")

    def link(self, other, up):
        self.run("drill", self.folder, "unblock" if up else "block", other.id)


class Writer:
    """Says a script or a part of the minutes at one party's node, as a process of its own."""

    def __init__(self, party, arguments):
        self.party = party
        self.acknowledged = WORK / f"{party.slug}.acknowledged"
        self.out = open(WORK / f"{party.slug}.report", "w+", encoding="utf-8")
        self.errors = open(WORK / f"{party.slug}.errors", "w+", encoding="utf-8")
        self.process = subprocess.Popen(
            [party.entente, arguments[0], str(party.folder), *map(str, arguments[1:]),
             "--acknowledged", str(self.acknowledged), "--json"],
            stdout=self.out, stderr=self.errors)

    def finish(self, seconds):
        try:
            status = self.process.wait(seconds)
        except subprocess.TimeoutExpired as error:
            self.process.kill()
            raise Failed(f"{self.party.name} is not done after {seconds} s") from error
        self.out.seek(0)
        self.errors.seek(0)
        if status != 0:
            raise Failed(f"{self.party.name}: {self.errors.read().strip()}")
        return json.loads(self.out.read())

    def lines(self):
        return [line.split() for line in self.acknowledged.read_text().splitlines()]


def found(parties):
    say("Three parties make their keys, exchange cards, and found a room that each root signs.")
    for party in parties:
        party.create()
    for party in parties:
        for other in parties:
            if other is not party:
                party.run("party", "trust", party.folder, other.card)
    draft = WORK / "room.genesis"
    first = parties[0]
    options = [part for tag in LANGUAGES for part in ("--language", tag)]
    others = [part for other in parties[1:] for part in ("--with", other.id)]
    first.run("consultation", "draft", first.folder, "--title",
              "Trilateral consultation of national security advisers", *others, *options,
              "--out", draft)
    for party in parties:
        party.run("consultation", "sign", party.folder, draft, "--yes")
    for party in parties:
        party.run("consultation", "join", party.folder, draft)


def settled(parties, seconds):
    """Waits until everything is held by all and the three records are the same."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        states = [party.status() for party in parties]
        if (len({state["state"] for state in states}) == 1 and
                all(state["held_by_all"] == state["entries"] for state in states)):
            return states
        time.sleep(0.2)
    return [party.status() for party in parties]


def break_things(parties, schedule, start):
    """What goes wrong while the three are writing; returns who was down."""
    korea, japan, states = parties

    def at(second, text):
        pause = start + second - time.monotonic()
        if pause > 0:
            time.sleep(pause)
        say(f"  {time.monotonic() - start:5.1f} s  {text}")

    at(schedule["kill"], f"{japan.name}'s node is killed (-9, all its processes)")
    japan.kill()
    at(schedule["restart"], f"{japan.name}'s node is started again")
    japan.start()
    japan.wait()
    at(schedule["cut"], f"the link between {korea.name} and {states.name} is cut: "
                        f"they see each other only through {japan.name}")
    korea.link(states, False)
    states.link(korea, False)
    at(schedule["mend"], "the link is mended")
    korea.link(states, True)
    states.link(korea, True)
    at(schedule["lose"], f"{japan.name}'s node is killed, and its whole store deleted")
    japan.kill()
    japan.lose_store()
    at(schedule["recover"], f"{japan.name}'s node is started with an empty store")
    japan.start()
    japan.wait()
    return {japan}


def lost_of(parties, writers, exports):
    """Acknowledged entries that are missing in any of the exported records, by party."""
    present = []
    for party, export in zip(parties, exports):
        lines = party.run("record", "show", export, "--json").stdout.splitlines()
        present.append({json.loads(line)["id"] for line in lines})
    return [sum(1 for line in writer.lines() if any(line[3] not in ids for ids in present))
            for writer in writers]


def table(rows):
    widths = [max(len(str(row[i])) for row in rows) for i in range(len(rows[0]))]
    for number, row in enumerate(rows):
        cells = [str(cell).ljust(width) if i == 0 else str(cell).rjust(width)
                 for i, (cell, width) in enumerate(zip(row, widths))]
        say("  " + "   ".join(cells))
        if number == 0:
            say("  " + "   ".join("-" * width for width in widths))


def play(parties, arguments, schedule):
    say("\nAll three write at the same time, and things break:")
    start = time.monotonic()
    writers = [Writer(party, arguments(index, party)) for index, party in enumerate(parties)]
    try:
        down = break_things(parties, schedule, start)
        reports = [writer.finish(schedule["patience"]) for writer in writers]
    finally:
        for writer in writers:
            if writer.process.poll() is None:
                writer.process.kill()
    written = time.monotonic() - start
    states = settled(parties, 120)
    held = time.monotonic() - start

    exports = []
    verified = []
    for party in parties:
        export = WORK / f"{party.slug}.record"
        party.run("record", "export", party.folder, export)
        verified.append(party.json("record", "verify", export))
        exports.append(export)
    lost = lost_of(parties, writers, exports)

    say("")
    rows = [["", *(party.name for party in parties)]]
    rows.append(["entries acknowledged", *(f"{r['acknowledged']:,}" for r in reports)])
    rows.append(["entries lost", *lost])
    rows.append(["longest stall of acknowledged writes",
                 *("(was down)" if party in down else f"{report['longest_ms']:.1f} ms"
                   for party, report in zip(parties, reports))])
    rows.append(["entries in the record", *(f"{s['entries']:,}" for s in states)])
    rows.append(["of them held by all", *(f"{s['held_by_all']:,}" for s in states)])
    rows.append(["exported record, bytes", *(f"{e.stat().st_size:,}" for e in exports)])
    rows.append(["verified offline, entries", *(f"{v['entries']:,}" for v in verified)])
    rows.append(["state hash", *(v["state"][:16] for v in verified)])
    table(rows)
    say(f"\n  {written:.1f} s of writing, everything held by all after {held:.1f} s.")
    problems = []
    if any(lost):
        problems.append("acknowledged entries were lost")
    if any(s["held_by_all"] != s["entries"] for s in states):
        problems.append("not everything is held by all")
    if len({v["state"] for v in verified}) != 1:
        problems.append("the three records differ")
    if problems:
        raise Failed("; ".join(problems))
    say("  Nothing was lost, all three hold everything, and the three records are one.")


def main():
    parser = argparse.ArgumentParser(prog="./demo")
    parser.add_argument("--quick", action="store_true", help="under a minute")
    parser.add_argument("--stay", action="store_true", help="leave the three nodes running")
    parser.add_argument("--minutes", metavar="FILE", help="play a committee's minutes (.tar.zst)")
    parser.add_argument("--build", default="build-demo", help=argparse.SUPPRESS)
    options = parser.parse_args()

    entente = ROOT / options.build / "src" / "cli" / "entente"
    shutil.rmtree(WORK, ignore_errors=True)
    WORK.mkdir()
    ports = free_ports(len(PARTIES))
    parties = [Party(str(entente), slug, name, port)
               for (slug, name), port in zip(PARTIES, ports)]
    scale = 1 if options.quick or options.minutes else 3
    schedule = {"kill": 3 * scale, "restart": 5 * scale, "cut": 8 * scale, "mend": 12 * scale,
                "lose": 15 * scale, "recover": 16 * scale, "patience": 600}

    def script(_, party):
        return ["play", ROOT / "demonstration" / "statements" / f"{party.slug}.txt", "--pause-ms", 5,
                "--seconds", 22 * scale]

    def minutes(index, _):
        return ["import-minutes", options.minutes, "--party-index", index, "--pause-ms", 1]

    status = 0
    try:
        found(parties)
        for party in parties:
            party.start()
        for party in parties:
            party.wait()
        play(parties, minutes if options.minutes else script, schedule)
        if options.stay:
            say("\nThe three nodes are left running.  Talk to them:")
            for party in parties:
                say(f"  {entente} status {party.folder}")
                say(f"  {entente} say {party.folder} --language en 'Good morning.'")
            say(f"  {entente} log {parties[0].folder} --follow")
            say("They stop with:  kill " + " ".join(str(party.server.pid) for party in parties))
            return 0
    except (Failed, OSError, KeyboardInterrupt) as error:
        print(f"demo: {error}", file=sys.stderr)
        status = 1
    for party in parties:
        party.stop()
    return status


if __name__ == "__main__":
    sys.exit(main())
