#!/usr/bin/env python3
"""
Goal: three parties' nodes keep one record through whatever happens to processes, links, stores and files.
Method: the real programs, three nodes on this machine for each test; every trouble is made for real: -9,
cut links, deleted folders, changed files, a taken port, a disk that takes no more.
usage: test_three_nodes.py ENTENTE [NAME]
"""
import errno
import json
import os
import shutil
import socket
import subprocess
import sys
import threading

from parties import (Consultation, check, lacks_nothing, linked, settled, wait_for)
from tap import Skipped, run_tests

ASKED_WRONGLY, MACHINE, BAD_DATA = 1, 2, 3


TEXTS = {
    "ko": "회의를 시작하겠습니다. 감사합니다.",
    "ja": "よろしくお願いいたします。髙﨑、𠮷野。",
    "en": "Let us begin.\r\n\tTwo lines, a tab, and \\ \" ' \x1b[31m marks.\n",
    "ar": "نبدأ المشاورات الآن، شكرًا لكم. \u200f(١٢٣) \u202bnested\u202c \u2067عربي\u2069",
}


def heard_at(party, ids):
    """The log of `party`, once it has them all."""
    def log():
        entries = party.log()
        return entries if set(ids) <= set(entries) else None
    return wait_for(log, f"entries at {party.folder}")


class Writer(threading.Thread):
    """Says one thing after another, whatever happens to the node; keeps the ids that it was given."""

    def __init__(self, party):
        super().__init__()
        self.party = party
        self.acknowledged = []
        self.is_ending = False
        self.start()

    def run(self):
        number = 0
        while not self.is_ending:
            number += 1
            ran = self.party.run("say", self.party.folder, f"{self.party.folder} says {number}")
            if ran.returncode == 0:
                self.acknowledged.append(ran.stdout.decode().split()[1])

    def wait_for_more(self, count):
        want = len(self.acknowledged) + count
        wait_for(lambda: len(self.acknowledged) >= want, f"acknowledgements of {self.party.folder}")

    def end(self):
        self.is_ending = True
        self.join()
        return self.acknowledged


def texts_come_back_byte_for_byte():
    with Consultation() as parties:
        said = {}
        for party in parties:
            for language, text in TEXTS.items():
                said[party.say(text, "--language", language, "--speaker", text[:4].strip())] = (
                    language, text)
            said[party.say("")] = ("en", "")
        large = ("가나다라" * 100000).encode()[:(1 << 20) - 1].decode(errors="ignore")
        large += "x" * ((1 << 20) - len(large.encode()))
        said[parties[0].say(large, "--language", "ko")] = ("ko", large)
        for party in parties:
            log = heard_at(party, said)
            for id, (language, text) in said.items():
                section = log[id]["sections"][0]
                check(section["text"].encode() == text.encode(), f"{language} at {party.folder}")
                check(section["language"] == language)
        parties[0].refused(ASKED_WRONGLY, "1,048,576", "say", "party-0", "-", data=large.encode() + b"x")
        parties[0].refused(ASKED_WRONGLY, "UTF-8", "say", "party-0", "-", data=b"\xed\xa0\x80")
        settled(parties)


def killed_processes_lose_nothing():
    with Consultation() as parties:
        victim = parties[1]
        writer = Writer(victim)
        try:
            for process in ("node", "keyholder", "desk"):
                writer.wait_for_more(3)
                victim.kill_one(process)
                victim.wait()
            for with_children in (True, False):
                writer.wait_for_more(3)
                victim.kill(with_children)
                victim.start()
                victim.wait()
            writer.wait_for_more(3)
        finally:
            acknowledged = writer.end()
        settled(parties)
        for party in parties:
            lacks_nothing(party, acknowledged)


def a_deleted_store_comes_back():
    with Consultation() as parties:
        victim = parties[2]
        acknowledged = [party.say(f"first {n}") for n in range(4) for party in parties]
        settled(parties)
        victim.kill()
        shutil.rmtree(f"{victim.folder}/store")
        acknowledged += [party.say("meanwhile") for party in parties[:2]]
        victim.start()
        victim.wait()
        wait_for(lambda: victim.status()["writing"] == "open", "writing at the restored node")
        acknowledged.append(victim.say("back again"))
        settled(parties)
        for party in parties:
            lacks_nothing(party, acknowledged)
        log = heard_at(victim, acknowledged)
        check(all(log[id]["sections"] for id in acknowledged), "it came back, but cannot be read")


def own_entries_that_nobody_else_had_come_back():
    """The node's store is gone, and what was said alone stands only in the keyholder's journal."""
    with Consultation() as parties:
        alone, others = parties[0], parties[1:]
        settled(parties)
        for party in others:
            party.kill()
        acknowledged = [alone.say(f"to nobody {n}") for n in range(3)]
        alone.kill()
        shutil.rmtree(f"{alone.folder}/store")
        for party in parties:
            party.start()
        for party in parties:
            party.wait()
        settled(parties)
        for party in parties:
            lacks_nothing(party, acknowledged)


def a_cut_link_is_bridged():
    with Consultation() as parties:
        one, bridge, other = parties
        one.link(other, False)
        other.link(one, False)
        wait_for(lambda: not one.sees(other)["linked"] and not other.sees(one)["linked"], "the cut")
        said = {party: party.say(f"through {bridge.name}") for party in (one, other)}
        heard_at(other, [said[one]])
        heard_at(one, [said[other]])
        check(not one.sees(other)["linked"], "the link was not cut at all")
        settled(parties)
        one.link(other, True)
        other.link(one, True)
        linked(parties)


def records_verify_and_a_changed_byte_is_found():
    with Consultation() as parties:
        for party in parties:
            party.say("for the record")
        state = settled(parties)
        for party in parties:
            path = party.export()
            verified = party.json("record", "verify", path)
            check(verified["good"] and verified["state"] == state, f"{party.folder}: {verified}")
            with open(path, "rb") as file:
                data = file.read()
            for place in (0, 100, len(data) - 70, len(data) - 1): # magic, genesis, state, signature
                changed(data, place)
                party.refused(BAD_DATA, "changed", "record", "verify", "changed")
            # What is not looked at (signatures that a later one covers, S4; the manifest's lanes)
            # may be changed, but not what the record says.
            found = 0
            for place in range(len(data) // 40, len(data), len(data) // 20):
                changed(data, place)
                ran = party.run("record", "verify", "changed", "--json")
                found += ran.returncode == BAD_DATA
                check(ran.returncode == BAD_DATA or json.loads(ran.stdout) == verified, f"{ran}")
            check(found > 8, f"only {found} of 20 changed bytes were found")
            with open("changed", "wb") as file:
                file.write(data[:-1])
            party.refused(BAD_DATA, "changed", "record", "verify", "changed")


def changed(data, place):
    """Writes the file `changed`: `data` with one bit flipped."""
    with open("changed", "wb") as file:
        file.write(data[:place] + bytes([data[place] ^ 0x10]) + data[place + 1:])


def a_bundle_crosses_where_no_link_does():
    with Consultation() as parties:
        one, middle, other = parties
        settled(parties)
        for party in (middle, other):
            one.link(party, False)
            party.link(one, False)
        wait_for(lambda: not any(one.sees(party)["linked"] for party in (middle, other)), "the cut")
        said = [one.say(f"by courier {n}") for n in range(5)] + [one.say("last" * 5000)]
        one.ask("bundle", "export", one.folder, "bundle")
        check(not set(said) & set(other.log()), "it came without the courier")
        with open("bundle", "rb") as file:
            data = file.read()
        with open("bad", "wb") as file: # within the last text, which is long enough
            file.write(data[:-9000] + bytes([data[-9000] ^ 1]) + data[-8999:])
        other.refused(BAD_DATA, "bad", "bundle", "import", other.folder, "bad")
        with open("bad", "wb") as file:
            file.write(data[:-1])
        other.refused(BAD_DATA, "bad", "bundle", "import", other.folder, "bad")
        imported = other.json("bundle", "import", other.folder, "bundle")
        check(imported["missing"] == [], f"{imported}")
        for party in (other, middle): # the importer passes it on
            log = heard_at(party, said)
            check(all(log[id]["sections"] for id in said))
        check(other.json("bundle", "import", other.folder, "bundle")["entries"] == 0)
        for party in (middle, other):
            one.link(party, True)
            party.link(one, True)
        linked(parties)
        settled(parties)


def a_node_that_cannot_start_says_why():
    with Consultation() as parties:
        one, two, three = parties
        one.refused(MACHINE, "a node runs in party-0 already", "serve", one.folder)
        one.say("not disturbed")
        two.stop()
        with open("wrong.key", "wb") as file:
            os.chmod("wrong.key", 0o600)
            file.write(os.urandom(32))
        two.refused(ASKED_WRONGLY, "passphrase or key file is wrong", "serve", two.folder,
                    key_file="wrong.key")
        two.refused(ASKED_WRONGLY, "nowhere", "serve", "nowhere")
        two.refused(ASKED_WRONGLY, "no node runs in party-1", "status", two.folder)
        taken = socket.create_server(("127.0.0.1", 0))
        two.refused(MACHINE, "another program listens at this address", "serve", two.folder,
                    "--listen", f"127.0.0.1:{taken.getsockname()[1]}")
        taken.close()
        shutil.move(f"{two.folder}/keyholder", "away")
        two.refused(ASKED_WRONGLY, "party-1", "serve", two.folder)
        shutil.move("away", f"{two.folder}/keyholder")
        two.start()
        two.wait()
        linked([one, two, three])
        settled(parties)


class SmallDisk:
    """A file system of a few MiB below `folder`, which only the system's administrator can make."""

    def __init__(self, folder):
        self.folder = folder

    def __enter__(self):
        ran = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "none", self.folder],
                             capture_output=True, check=False)
        if ran.returncode != 0:
            raise Skipped("no file system can be mounted here")
        return self

    def __exit__(self, *error):
        subprocess.run(["umount", "-l", self.folder], check=True)

    def fill(self):
        with open(f"{self.folder}/filler", "wb", buffering=0) as file:
            try:
                while file.write(b"\0" * 4096):
                    pass
            except OSError as error:
                check(error.errno == errno.ENOSPC, f"{error}")

    def empty(self):
        os.unlink(f"{self.folder}/filler")


def can_be_read(party):
    ran = party.run("log", party.folder)
    check(ran.returncode == 0 or b"the disk is full" in ran.stderr, ran.stderr)
    return ran.returncode == 0


def a_full_store_is_reported_and_overcome():
    with Consultation(is_started=False) as parties:
        victim, other = parties[0], parties[1]
        os.makedirs(f"{victim.folder}/store", mode=0o700, exist_ok=True)
        with SmallDisk(f"{victim.folder}/store") as disk:
            for party in parties:
                party.start()
            linked(parties)
            acknowledged = [victim.say("room enough")]
            settled(parties)
            pid = victim.all_children()["node"]
            disk.fill()
            acknowledged += [other.say(f"{n}" * 200000) for n in range(8)]
            wait_for(lambda: "the store cannot be written" in victim.traced(), "the trace of a full store")
            check("the disk is full" in victim.traced(), victim.traced())
            wait_for(lambda: can_be_read(victim), "what is held to be read while the disk is full")
            disk.empty()
            wait_for(lambda: can_be_read(victim), "a log again")
            heard_at(victim, acknowledged)
            acknowledged.append(victim.say("room again"))
            settled(parties)
            check(victim.all_children()["node"] == pid, f"it did not survive:\n{victim.traced()}")
            for party in parties:
                lacks_nothing(party, acknowledged)
            victim.stop()


if __name__ == "__main__":
    sys.exit(run_tests([
        texts_come_back_byte_for_byte, killed_processes_lose_nothing, a_deleted_store_comes_back,
        own_entries_that_nobody_else_had_come_back, a_cut_link_is_bridged,
        records_verify_and_a_changed_byte_is_found, a_bundle_crosses_where_no_link_does,
        a_node_that_cannot_start_says_why, a_full_store_is_reported_and_overcome]))
