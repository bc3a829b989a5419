#!/usr/bin/env python3
"""
Goal: `entente serve` as people run it survives the end of either of its processes between any two of their
system calls: it starts them again, what `entente say` was told is written stays written, nothing is there
twice.  And it ends well and soon when asked, without a word of complaint.
Method: its programs are scripts that run the real ones under `faulty`; the test arms that through its
control page, writes with the command line until the process was killed, and compares the record with all that
was acknowledged.  The other parties live on.
usage: test_party.py ENTENTE FAULTY KEYHOLDER NODE DESK SUPERVISOR [NAME]
"""
import mmap
import os
import random
import shlex
import struct
import sys
import time

FAULTY, PROGRAMS = os.path.abspath(sys.argv[2]), {name: os.path.abspath(path) for name, path in
                                                  zip(("keyholder", "node", "desk", "supervisor"), sys.argv[3:7])}
del sys.argv[2:7]
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "e2e"))
from parties import Consultation, check, lacks_nothing, linked, settled
from tap import run_tests

KILL = 1
CONTROL = struct.Struct("=IIIIIIQIIII") # as struct fault_control in faults.h
ALL = os.environ.get("ENTENTE_SWEEP") == "all"
# The calls before which it is killed, counted from the moment it is armed.
PLACES = range(1, 200, 4 if ALL else 50)


class Faults:
    """The control page of one process of a party."""
    def __init__(self, path):
        with open(path, "wb") as file: # faulty leaves it in place, and maps it, too
            file.write(bytes(CONTROL.size))
        with open(path, "r+b") as file:
            self.page = mmap.mmap(file.fileno(), CONTROL.size)

    def arm(self, at):
        self.page[:] = CONTROL.pack(0, KILL, 0, at, 0, 0, 0, 0, 0, 0, 0)
        self.page[0:4] = struct.pack("=I", 1) # last: it looks at the rest from then on

    def disarm(self):
        self.page[0:4] = bytes(4)

    def hits(self):
        return CONTROL.unpack(self.page[:])[9]


def faulty_programs(traced):
    """A folder of programs for `entente serve --programs`, and the control page of each traced one."""
    folder = os.path.abspath("programs")
    os.mkdir(folder)
    pages = {}
    for name, program in PROGRAMS.items():
        path = f"{folder}/entente-{name}"
        control = os.path.abspath(f"{name}.faults")
        words = [FAULTY, control, program] if name in traced else [program]
        with open(path, "w", encoding="utf-8") as file:
            file.write(f'#!/bin/sh\nexec {" ".join(map(shlex.quote, words))} "$@"\n')
        os.chmod(path, 0o755)
        if name in traced:
            pages[name] = Faults(control)
    return folder, pages


def serve(party, folder):
    plain = party.command
    party.command = lambda *words: plain(*words, *(["--programs", folder] if words[0] == "serve" else []))
    party.start()
    party.command = plain
    party.wait()


def write_until_killed(party, faults, acknowledged):
    """What was acknowledged counts, and what was not may be there or not."""
    for number in range(60):
        if faults.hits() > 0:
            return
        said = party.run("say", party.folder, "-", "--json", data=f"before the end, {number}".encode())
        if said.returncode == 0:
            acknowledged.append(said.stdout.decode().split('"id":"')[1].split('"')[0])
        check(said.returncode in (0, 2), f"exit {said.returncode}: {said.stderr.decode()}")
    check(faults.hits() > 0, "it was never killed")


def sweep(process):
    acknowledged = []
    folder, pages = faulty_programs([process])
    with Consultation() as parties:
        party = parties[0]
        party.stop()
        serve(party, folder)
        linked(parties)
        for at in PLACES:
            pages[process].arm(at + random.Random(at).randrange(4 if ALL else 50))
            write_until_killed(party, pages[process], acknowledged)
            pages[process].disarm()
            party.wait() # the supervisor has started all of it again
            acknowledged.append(party.say("after it"))
            acknowledged.append(parties[1].say("elsewhere"))
        settled(parties)
        for one in parties:
            lacks_nothing(one, acknowledged)
            check(not any(other["contested"] for other in one.status()["parties"]), "two faces")
        print(f"# {len(PLACES)} kills of the {process}, {len(acknowledged)} entries acknowledged")


def the_keyholder_of_a_party_is_killed_between_its_calls():
    sweep("keyholder")


def the_node_of_a_party_is_killed_between_its_calls():
    sweep("node")


def the_desk_of_a_party_is_killed_between_its_calls():
    sweep("desk")


def a_stop_is_quick_and_says_nothing():
    with Consultation() as parties:
        for turn in range(5):
            party = parties[turn % 3]
            party.say("before the stop")
            before = len(party.traced())
            began = time.monotonic()
            party.stop()
            took = time.monotonic() - began
            check("gone" not in party.traced()[before:] and "ended" not in party.traced()[before:],
                  party.traced()[before:])
            check(took < 2, f"it took {took:.1f} s")
            party.start()
            party.wait()
            check("gone" not in party.traced()[before:], party.traced()[before:])


if __name__ == "__main__":
    sys.exit(run_tests([the_keyholder_of_a_party_is_killed_between_its_calls,
                        the_node_of_a_party_is_killed_between_its_calls,
                        the_desk_of_a_party_is_killed_between_its_calls,
                        a_stop_is_quick_and_says_nothing]))
