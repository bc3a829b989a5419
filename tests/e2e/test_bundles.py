#!/usr/bin/env python3
"""
Goal: parties between which no link exists keep one record by files alone, each of which brings only what
the other lacks; lost, doubled and cut files do no harm; and a file with a forked feed is taken in at once.
Method: the real programs; links are cut by both sides, and files go from hand to hand.
usage: test_bundles.py ENTENTE [NAME]
"""
import os
import shutil
import sys

from parties import Consultation, check, linked, settled, wait_for
from tap import run_tests

ASKED_WRONGLY, BAD_DATA = 1, 3


def part(parties):
    """Cuts all links, and waits until no two see each other."""
    for party in parties:
        for other in parties:
            if other is not party:
                party.link(other, False)
    wait_for(lambda: not any(p.sees(o)["linked"] for p in parties for o in parties if o is not p),
             "the cut")


def carry(source, target, *options, name="courier"):
    """A bundle from one to the other; how large it was and what it brought."""
    source.ask("bundle", "export", source.folder, name, *options)
    brought = target.json("bundle", "import", target.folder, name)
    return os.path.getsize(name), brought


def is_one_record(one, two):
    return one.status()["state"] == two.status()["state"]


def two_nodes_live_by_files_alone():
    with Consultation() as parties:
        one, two, _ = parties
        settled(parties)
        part(parties)
        said = [one.say(f"a long story, {n} " * 100) for n in range(60)]
        whole, brought = carry(one, two)
        check(brought["missing"] == [] and brought["entries"] >= 60, f"{brought}")
        # From here on, each file has what is new, and the answer to it acknowledges what came.
        def answered():
            carry(two, one, "--for", one.name)
            carry(one, two, "--for", two.name)
            return is_one_record(one, two)
        wait_for(answered, "one record at both")
        wait_for(lambda: set(said) <= two.log().keys(), "what was said first")
        said += [one.say("to the point"), two.say("at the same time")]
        size, brought = carry(one, two, "--for", two.name)
        check(brought["missing"] == [] and 0 < brought["entries"] <= 4, f"{brought}")
        check(size < whole / 10, f"{size} of {whole} bytes")
        _, brought = carry(two, one, "--for", one.name)
        check(brought["missing"] == [], f"{brought}")
        for party in (one, two):
            log = party.log()
            check(all(log[id]["sections"] for id in said), party.folder)
        wait_for(answered, "one record again")


def what_came_is_all_that_the_next_file_leaves_out():
    with Consultation() as parties:
        one, two, three = parties
        settled(parties)
        part(parties)
        first = [one.say(f"first {n}") for n in range(3)]
        one.ask("bundle", "export", one.folder, "first", "--for", two.name)
        second = [one.say(f"second {n}") for n in range(3)]
        one.ask("bundle", "export", one.folder, "second", "--from", "first")
        # The second before the first: it waits, and says for what.
        brought = two.json("bundle", "import", two.folder, "second")
        check(brought["entries"] == 0 and brought["missing"], f"{brought}")
        check(not set(second) & two.log().keys())
        # Cut short, then whole: the import goes on where it stopped.
        with open("first", "rb") as file:
            data = file.read()
        with open("cut", "wb") as file:
            file.write(data[:-150])
        two.refused(BAD_DATA, "cut", "bundle", "import", two.folder, "cut")
        brought = two.json("bundle", "import", two.folder, "first")
        check(brought["missing"] == [], f"{brought}")
        check(set(first + second) <= two.log().keys())
        for name in ("second", "first"):
            check(two.json("bundle", "import", two.folder, name) == {"entries": 0, "missing": []})
        # Who lost its store says where it stands, and gets the rest.
        three.kill()
        shutil.rmtree(f"{three.folder}/store")
        three.start()
        three.wait()
        three.ask("bundle", "export", three.folder, "heads", "--heads")
        check(os.path.getsize("heads") < 8192, "heads have no entries")
        one.ask("bundle", "export", one.folder, "rest", "--from", "heads")
        brought = three.json("bundle", "import", three.folder, "rest")
        check(brought["missing"] == [], f"{brought}")
        check(set(first + second) <= three.log().keys())
        one.refused(ASKED_WRONGLY, "only one", "bundle", "export", one.folder, "x", "--heads",
                    "--for", two.name)
        one.refused(ASKED_WRONGLY, "nobody", "bundle", "export", one.folder, "x", "--for", "nobody")
        one.refused(BAD_DATA, one.key_file, "bundle", "export", one.folder, "x", "--from", one.key_file)


def a_forked_feed_comes_with_one_file():
    def show_a_face():
        liar.start()
        liar.wait()
        wait_for(lambda: liar.status()["writing"] == "open", "the liar's pen")

    with Consultation() as parties:
        one, two, liar = parties
        settled(parties)
        for party, other in ((one, two), (two, one), (two, liar)):
            party.link(other, False)
        liar.stop()
        shutil.copytree(liar.folder, "copy", ignore=shutil.ignore_patterns("*.sock"))
        show_a_face()
        shown = [liar.say(f"to the first {n}") for n in range(70)]
        wait_for(lambda: set(shown) <= one.log().keys(), "the first face at the first")
        liar.kill()
        shutil.rmtree(liar.folder)
        os.rename("copy", liar.folder)
        one.link(liar, False)
        two.link(liar, True)
        show_a_face()
        shown = [liar.say(f"to the second {n}") for n in range(40)]
        wait_for(lambda: set(shown) <= two.log().keys(), "the second face at the second")
        answer = two.say("so you say")
        two.ask("bundle", "export", two.folder, "bundle")
        brought = one.json("bundle", "import", one.folder, "bundle")
        check(brought["missing"] == [], f"{brought}")
        check(answer in one.log(), "who answered a forked feed is heard all the same")
        check("two faces" in one.traced(), "and the fork is known")


if __name__ == "__main__":
    sys.exit(run_tests([
        two_nodes_live_by_files_alone, what_came_is_all_that_the_next_file_leaves_out,
        a_forked_feed_comes_with_one_file]))
