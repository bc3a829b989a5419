#!/usr/bin/env python3
"""
Goal: a party that lost its node's keys reads the whole record again once another party's people helped;
and a running node takes its new transport key, and address, into use by itself.
Method: the real programs; the keyholder's folder is deleted, and the party goes on as keys resume says;
keys are rotated while the nodes run, and no link is left to the old ones.
usage: test_keys.py ENTENTE [NAME]
"""
import shutil
import sys

from parties import Consultation, check, free_ports, linked, settled, wait_for
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


def a_running_node_takes_its_new_transport_key():
    with Consultation() as parties:
        one, two, three = parties
        said = [one.say("with the old key")]
        settled(parties)

        def rotate(*options):
            started = one.traced().count("runs, at port")
            one.ask("keys", "rotate", one.folder, "--transport", *options)
            wait_for(lambda: one.traced().count("runs, at port") > started, "a new start")
            linked(parties)

        rotate()
        said += [one.say("with the new one"), two.say("heard")]
        settled(parties)
        port, = free_ports(1)
        rotate("--listen", f"127.0.0.1:{port}")
        check(f"runs, at port {port}" in one.traced(), one.traced())
        said.append(three.say("at the new address"))
        settled(parties)
        check(set(said) <= one.log().keys())
        # It is the register that counts: who starts anew finds the key and the address there.
        two.stop()
        two.start()
        linked(parties)


if __name__ == "__main__":
    sys.exit(run_tests([lost_keys_are_given_again, a_running_node_takes_its_new_transport_key]))
