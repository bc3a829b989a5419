#!/usr/bin/env python3
"""
Goal: a party that lost its node's keys reads the whole record again once another party's people helped.
Method: the real programs; the keyholder's folder is deleted, and the party goes on as keys resume says.
usage: test_keys.py ENTENTE [NAME]
"""
import shutil
import sys

from parties import Consultation, check, linked, settled, wait_for
from tap import run_tests

ASKED_WRONGLY = 1


def texts(party, ids):
    """What `party` reads of these entries; None where an entry does not open."""
    log = party.log()
    return {id: (log[id].get("sections") or [{}])[0].get("text") for id in ids}


def lost_keys_are_given_again():
    with Consultation() as parties:
        helper, other, victim = parties
        said = {}
        for round in range(3):
            for party in parties:
                text = f"{party.name}, {round}: 회의 · 会議 · meeting · اجتماع"
                said[party.say(text)] = text
        settled(parties)
        victim.stop()
        shutil.rmtree(f"{victim.folder}/keyholder")
        resumed = victim.run("keys", "resume", victim.folder)
        check(resumed.returncode == 0 and b"entente keys help" in resumed.stderr, f"{resumed}")
        victim.start()
        linked(parties)
        after = "after the loss"
        said[victim.say(after)] = after
        said[helper.say("to your new node")] = "to your new node"
        wait_for(lambda: set(said) <= victim.log().keys(), "all entries")
        read = texts(victim, said)
        lost = [id for id in said if read[id] is None]
        check(len(lost) == 9, f"the loss is real: {read}")

        helper.refused(ASKED_WRONGLY, "nobody", "keys", "help", helper.folder, "nobody")
        helper.refused(ASKED_WRONGLY, "no help", "keys", "help", helper.folder, helper.name)
        check(helper.json("keys", "help", helper.folder, victim.name)["chains"] >= 3)
        wait_for(lambda: texts(victim, said) == said, "everything in plain text")
        check(texts(other, said) == said, "and nobody else reads less")
        settled(parties)
        # It is in the record, for good: also a node that starts anew reads it.
        victim.stop()
        victim.start()
        victim.wait()
        wait_for(lambda: texts(victim, said) == said, "everything in plain text, again")


if __name__ == "__main__":
    sys.exit(run_tests([lost_keys_are_given_again]))
