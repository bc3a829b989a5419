#!/usr/bin/env python3
"""
Goal: by the command line alone an office is made, handed over, deputised and bridged, and is never vacant;
what the rules forbid is refused with the rule's number and leaves the register as it was; a holder's key opens
for its owner only.
Method: the real program on a party's folder, without a node; the register's length tells what was signed.
usage: test_offices.py ENTENTE [NAME]
"""
import os

from parties import Party, check
from tap import run_tests

ASKED_WRONGLY = 1
BAD_DATA = 3
OFFICE = "국가안보실장"


def key_file(path):
    with open(path, "wb") as file:
        os.chmod(path, 0o600)
        file.write(os.urandom(32))
    return path


def party_with_people(*names):
    party = Party(0, 4433)
    open(party.trace, "wb").close()
    key_file(party.key_file)
    os.environ["ENTENTE_HOLDER_KEY_FILE"] = key_file("people.key")
    party.ask("party", "create", party.folder, "--name", party.name, "--listen", "127.0.0.1:4433")
    for number, name in enumerate(names):
        party.ask("holder", "new", f"{number}.holder", "--name", name, "--card", f"{number}.card")
    return party


def signed(party):
    return party.json("party", "show", party.folder)["own"]["register_number"]


def acting(answer):
    return [person["name"] for person in answer["line"] if person["is_acting"]]


def an_office_passes_on_without_a_gap():
    party = party_with_people("First", "Second", "Third")
    office = [party.folder, OFFICE]
    check(acting(party.json("office", "create", *office, "--holder", "0.card",
                            "--deputies-may-assume")) == ["First"])
    party.json("office", "appoint", *office, "--holder", "1.card", "--rank", 2)
    check(acting(party.json("office", "assume", *office, "1.holder")) == ["Second"])
    check(acting(party.json("office", "relieve", *office, "Second", "--assumption")) == ["First"])
    check(acting(party.json("office", "away", *office, "First")) == ["Second"])
    check(acting(party.json("office", "away", *office, "First", "--back")) == ["First"])
    after = party.json("office", "appoint", *office, "--holder", "2.card", "--replaces", "First")
    check(acting(after) == ["Third"], f"{after}")
    check([person["rank"] for person in after["line"]] == [1, 2], f"{after}")
    party.json("office", "deputise", *office, "Second", "--kinds", "readout", "joint-text")


def what_the_rules_forbid_is_not_signed():
    party = party_with_people("First", "Second")
    party.json("office", "create", party.folder, OFFICE, "--holder", "0.card")
    entries = signed(party)

    def refused(says, verb, *words):
        party.refused(ASKED_WRONGLY, says, "office", verb, party.folder, *words)
        check(signed(party) == entries, f"{verb}: something was signed")
    refused("(P1)", "create", OFFICE, "--holder", "1.card")
    refused("no office", "away", "Nobody's", "First")
    refused("(P2)", "appoint", OFFICE, "--holder", "0.card", "--rank", 2)
    refused("(P2)", "appoint", OFFICE, "--holder", "1.card", "--rank", 1)
    refused("--rank", "appoint", OFFICE, "--holder", "1.card")
    refused("--rank", "appoint", OFFICE, "--holder", "1.card", "--rank", 17)
    refused("nobody", "deputise", OFFICE, "Second")
    refused("no kind", "deputise", OFFICE, "First", "--kinds", "everything")
    refused("(P4)", "away", OFFICE, "First", "--back")
    refused("(P6)", "away", OFFICE, "First")
    refused("(P6)", "relieve", OFFICE, "First")
    refused("(P5)", "assume", OFFICE, "1.holder")


def a_holder_is_who_has_the_key():
    party = party_with_people("First", "Second")
    party.refused(ASKED_WRONGLY, "exists", "holder", "new", "0.holder", "--name", "Again")
    with open("0.card", "rb") as file:
        card = file.read()
    with open("other.card", "wb") as file:
        file.write(card.replace(b"First", b"Thief"))
    party.refused(BAD_DATA, "did not sign", "office", "create", party.folder, OFFICE, "--holder", "other.card")
    for size in range(len(card)):
        with open("part.card", "wb") as file:
            file.write(card[:size])
        check(party.run("holder", "show", "part.card").returncode == BAD_DATA, f"{size} bytes were taken")
    other = key_file("other.key")
    party.refused(ASKED_WRONGLY, "passphrase or key file is wrong", "holder", "card", "0.holder",
                  "new.card", "--holder-key-file", other)
    os.chmod("0.holder", 0o644)
    party.refused(ASKED_WRONGLY, "others can read", "holder", "card", "0.holder", "new.card")


raise SystemExit(run_tests([
    an_office_passes_on_without_a_gap,
    what_the_rules_forbid_is_not_signed,
    a_holder_is_who_has_the_key,
]))
