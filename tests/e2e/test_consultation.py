#!/usr/bin/env python3
"""
Goal: the desks of three parties evaluate the same consultation from what was written at all of them, refuse what would
not count, and ratify by themselves, once.
Method: the real programs; acts, sessions and commitments written through the desks' own sockets; processes killed in
between; the state hashes compared.
usage: test_consultation.py ENTENTE [NAME]
"""
import json
import os
import sys

import desk
from desk import Desk, Refused
from parties import Consultation, check, linked, settled, wait_for
from tap import run_tests


def evaluated(parties):
    """Waits until all hold all, and all desks have evaluated that, to one state; gives what they say."""
    settled(parties)

    def are():
        answers = []
        for party in parties:
            with Desk(party.folder) as one:
                answers.append(one.consultation())
        has_all = all(answer[0] and answer[1] == party.status()["entries"]
                      for answer, party in zip(answers, parties))
        return answers[0] if has_all and len({answer[1:] for answer in answers}) == 1 else None
    return wait_for(are, "one state at all desks")


def kinds(party):
    """How many entries of each kind the record of `party` has."""
    counts = {}
    for line in party.ask("record", "show", party.export(), "--json").splitlines():
        kind = json.loads(line)["kind"]
        counts[kind] = counts.get(kind, 0) + 1
    return counts


def refused_by(rule, desk_of, kind, *facts):
    try:
        desk_of.write(kind, *facts)
    except Refused as why:
        check(str(why) == rule, f"refused by {why}, not by {rule}")
        return
    check(False, f"not refused by {rule}")


def room_of(party):
    return bytes.fromhex(party.json("consultation", "list", party.folder)[0]["room"])


def a_text(words):
    return desk.text(os.urandom(32), {tag: f"{words} ({tag})".encode() for tag in ("en", "ja", "ko")})


def three_desks_evaluate_the_same():
    with Consultation() as parties:
        one, two, three = (Desk(party.folder) for party in parties)
        session = desk.object_of(one.write(desk.SEALED, desk.session("Consultation of advisers", [1, 0, 2])))
        evaluated(parties)
        two.write(desk.SEALED, desk.chair(session, 0, 2))
        for number, of in enumerate((one, two, three)):
            of.write(desk.SEALED, desk.attendance(session, 1, f"person {number}"))
            of.write(desk.SEALED, desk.under(session), desk.statement(f"without a gap, says {number}"))
        pledge = desk.object_of(three.write(desk.SEALED, desk.pledge(0b011, 1000, "doses")))
        three.write(desk.SEALED, desk.delivery(pledge, 400))
        two.write(desk.SEALED, desk.chair(session, 0, 5))
        state = evaluated(parties)
        check(state[3] == 0 and state[1] >= 11, f"{state}")
        shown = parties[2].json("consultation", "status", parties[2].folder)
        check(shown["current"] and shown["state"] == state[4], f"{shown}")
        parties[1].kill()
        parties[1].start()
        linked(parties)
        check(evaluated(parties)[4] == state[4], "another life of a desk evaluates something else")


def an_act_is_signed_and_ratified_by_itself():
    with Consultation() as parties:
        desks = [Desk(party.folder) for party in parties]
        room = room_of(parties[0])
        root, text, parts = a_text("We go on without a gap.")
        act = desk.act_of(room, desks[0].write(desk.PROPOSE, desk.propose(root)))
        sign = desk.about_act(desk.SIGN, act)
        refused_by("A4", desks[0], desk.SIGN, desk.about_act(desk.SIGN, bytes(31) + b"\1"))
        refused_by("T2", desks[0], desk.SIGN, sign)
        desks[0].write(desk.SEALED, text, *parts)
        evaluated(parties)
        for of in desks:
            of.write(desk.SIGN, sign)
        ratified(parties, 3)
        state = evaluated(parties)
        for process in ("desk", "keyholder", "node"): # each life looks anew, and finds it ratified
            parties[0].kill_one(process)
            parties[0].wait()
        linked(parties)
        check(evaluated(parties)[4] == state[4], "another state after restarts")
        check(kinds(parties[0])["ratify"] == 3, f"{kinds(parties[0])}")


def ratified(parties, count):
    wait_for(lambda: all(kinds(party).get("ratify", 0) == count for party in parties), f"{count} ratifications")


def a_withdrawn_act_is_signed_by_nobody():
    with Consultation() as parties:
        desks = [Desk(party.folder) for party in parties]
        room = room_of(parties[0])
        root, text, parts = a_text("To be withdrawn.")
        desks[0].write(desk.SEALED, text, *parts)
        act = desk.act_of(room, desks[0].write(desk.PROPOSE, desk.propose(root)))
        desks[0].write(desk.SIGN, desk.about_act(desk.SIGN, act))
        evaluated(parties)
        desks[1].write(desk.WITHDRAW, desk.about_act(desk.WITHDRAW, act))
        evaluated(parties)
        refused_by("A5", desks[2], desk.SIGN, desk.about_act(desk.SIGN, act))
        refused_by("A5", desks[1], desk.SIGN, desk.about_act(desk.SIGN, act))
        refused_by("A9", desks[2], desk.RATIFY, desk.about_act(desk.RATIFY, act))
        settled(parties)
        check("ratify" not in kinds(parties[2]), "what is dead was ratified")


def nobody_asks_and_it_is_ratified_all_the_same():
    """Two of the desks are asked for nothing but to write: the node's word makes them evaluate."""
    with Consultation() as parties:
        with Desk(parties[0].folder) as one:
            room = room_of(parties[0])
            root, text, parts = a_text("Nobody looks.")
            one.write(desk.SEALED, text, *parts)
            act = desk.act_of(room, one.write(desk.PROPOSE, desk.propose(root)))
            one.write(desk.SIGN, desk.about_act(desk.SIGN, act))
        settled(parties)
        for party in parties[1:]:
            with Desk(party.folder) as of:
                of.write(desk.SIGN, desk.about_act(desk.SIGN, act))
        ratified(parties, 3)


def what_is_no_act_is_refused():
    with Consultation() as parties:
        with Desk(parties[0].folder) as one:
            for kind, facts in ((2, [desk.statement("an ack")]), (8, [desk.statement("a fault")]),
                                (12, [desk.statement("a close")]), (desk.RATIFY, [desk.statement("words")]),
                                (desk.PROPOSE, [(16, b"short")])):
                try:
                    one.write(kind, *facts)
                    check(False, f"kind {kind} was written")
                except Refused:
                    pass
            one.write(desk.SEALED, desk.statement("still there"))
        evaluated(parties)


if __name__ == "__main__":
    sys.exit(run_tests([
        three_desks_evaluate_the_same, an_act_is_signed_and_ratified_by_itself, a_withdrawn_act_is_signed_by_nobody,
        nobody_asks_and_it_is_ratified_all_the_same, what_is_no_act_is_refused]))
