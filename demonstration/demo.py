#!/usr/bin/env python3
"""Three parties' nodes on this machine, one record, and what happens to it when things break.

Called by ./demo, which builds first.  Everything is done through the command `entente`, as the people
of a party would.  The folders of the three parties are made below demo-work/ and made anew each time.
"""
import argparse
import json
import shutil
import subprocess
import sys
import time

import consultation
from parties import OFFICE, PARTIES, ROOT, WORK, Failed, Party, found, free_ports, say, settled


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


PAGE_PORT = 7401


def log_in_token(party):
    """An account for whoever looks at the page: it may do all that an office's secretary and holder and the node's operator may."""
    party.run("account", "new", party.folder, "secretariat", "--name", "Secretariat", "--role", "secretary",
              "holder", "operator", "--office", OFFICE)
    return party.json("account", "token", party.folder, "secretariat", "demo")["token"]


def main():
    parser = argparse.ArgumentParser(prog="./demo")
    parser.add_argument("--quick", action="store_true", help="under a minute")
    parser.add_argument("--stay", action="store_true", help="leave the three nodes running")
    parser.add_argument("--minutes", metavar="FILE", help="play a committee's minutes (.tar.zst)")
    parser.add_argument("--consultation", action="store_true", help="the consultation alone, without the load")
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

    if options.stay:
        for number, party in enumerate(parties):
            party.page = f"127.0.0.1:{PAGE_PORT + number}"

    status = 0
    try:
        found(parties)
        for party in parties:
            party.start()
        for party in parties:
            party.wait()
        if not options.minutes:
            consultation.play(parties)
        if not options.consultation:
            play(parties, minutes if options.minutes else script, schedule)
        if options.stay:
            say("\nThe three nodes are left running.  Their pages, each with a token to log in:")
            for party in parties:
                say(f"  http://localhost:{party.page.rsplit(':', 1)[1]}   {party.name:20} {log_in_token(party)}")
            say("\nOr talk to them by the command line:")
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
