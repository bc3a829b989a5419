#!/usr/bin/env python3
"""
Goal: a file that one party gives is read byte for byte by the others, whoever is killed on the way, and all
three know who holds it and who was asked for it back.
Method: the real programs; a file of some MiB; -9 for the reader's whole party in the middle, for the giver while
another party reads, and for each process of a party; the ledger is evaluated at each party from what it can open.
usage: test_files.py ENTENTE FILE_CLIENT [NAME]
"""
import hashlib
import http.client
import json
import os
import socket
import subprocess
import sys

FILE_CLIENT = os.path.abspath(sys.argv.pop(2))

from parties import Consultation, WAIT_S, check, linked, settled, wait_for  # noqa: E402
from tap import run_tests  # noqa: E402

CHUNK = 65536
ROOM = "/api/v1/rooms/only"
WHOLE, NONE = 1, 3
DELETED, KEPT = 1, 2


def client(*words, seconds=WAIT_S):
    ran = subprocess.run([FILE_CLIENT, *map(str, words)], capture_output=True, timeout=seconds, check=False)
    check(ran.returncode == 0, f"{words}: exit {ran.returncode}: {ran.stderr.decode()}")
    return ran.stdout.decode().split("\n")[:-1]


def file_of(size):
    with open("given", "wb") as file:
        file.write(os.urandom(size))
    return hashlib.sha256(open("given", "rb").read()).hexdigest()


def sha256(path):
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


def here(party, assessment):
    """(chunks here, chunks in all)"""
    numbers = client("status", party.folder, assessment)[0].split()
    return int(numbers[0]), int(numbers[1])


def ledgers(parties):
    """What all parties show, which must be the same."""
    settled(parties)
    shown = [client("ledger", party.folder) for party in parties]
    check(shown[0] == shown[1] == shown[2], f"the ledgers differ: {shown}")
    return shown[0]


def give(party, size, marking):
    digest = file_of(size)
    return client("put", party.folder, "given", marking)[0], digest


def restarted(party):
    party.kill()
    party.start()
    party.wait()


def give_and_read_in_part(parties):
    """A file of which the reader has a part; a larger one where all of it came before that could be said."""
    giver, reader, _ = parties
    for mebibytes in (24, 48, 96, 192):
        assessment, digest = give(giver, mebibytes * 1024 * 1024 + 17, "TLP:AMBER+STRICT")
        settled(parties)
        chunks = mebibytes * 16 + 1
        check(here(giver, assessment) == (chunks, chunks))
        check(here(reader, assessment)[0] == 0, "it was fetched although nobody asked for it")
        client("get", reader.folder, assessment, "part", 1)
        wait_for(lambda: here(reader, assessment)[0] > 0, "the part that was read")
        before = here(reader, assessment)[0]
        if before < chunks:
            return assessment, digest, before, chunks
    raise AssertionError("each file was there in whole before the reader could leave it")


def a_file_survives_whoever_is_killed():
    with Consultation() as parties:
        giver, reader, other = parties
        # The reader's whole party dies with a part of the file: that part is there again.
        assessment, digest, before, chunks = give_and_read_in_part(parties)
        restarted(reader)
        linked(parties)
        after, _ = here(reader, assessment)
        check(before <= after < chunks, f"{after} of {chunks} chunks after the restart, {before} before")
        client("get", reader.folder, assessment, "got")
        check(sha256("got") == digest, "the file is another one")
        wait_for(lambda: here(reader, assessment) == (chunks, chunks), "the whole file")

        # The giver is gone: whoever has it serves it.
        giver.kill()
        client("get", other.folder, assessment, "got")
        check(sha256("got") == digest, "the file is another one")
        restarted(giver)
        linked(parties)
        check(here(giver, assessment) == (chunks, chunks), "the giver's own copy")


def each_process_may_be_killed_while_it_is_read():
    with Consultation() as parties:
        giver, reader, _ = parties
        for process in ("node", "keyholder", "desk"):
            assessment, digest = give(giver, 3 * 1024 * 1024 + 1, "TLP:CLEAR")
            settled(parties)
            client("get", reader.folder, assessment, "part", 10 * CHUNK)
            reader.kill_one(process)
            reader.wait()
            linked(parties)
            client("get", reader.folder, assessment, "got")
            check(sha256("got") == digest, f"the file is another one after the {process}")


def an_upload_that_is_cut_off_leaves_nothing():
    with Consultation() as parties:
        giver, reader, _ = parties
        store = f"{giver.folder}/store/record.sqlite"
        os.mkfifo("given-slowly")
        putting = subprocess.Popen([FILE_CLIENT, "put", giver.folder, "given-slowly", "TLP:RED"],
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        with open("given-slowly", "wb") as given:
            given.write(os.urandom(24 * 1024 * 1024))
            given.flush()
            wait_for(lambda: os.path.getsize(store) > 8 * 1024 * 1024, "chunks in the store")
            giver.kill()
        putting.communicate(timeout=WAIT_S)
        check(putting.returncode != 0, "it was taken for whole")
        giver.start()
        giver.wait()
        linked(parties)
        size = os.path.getsize(store)
        assessment, digest = give(giver, 3 * 1024 * 1024, "TLP:RED")
        settled(parties)
        check(os.path.getsize(store) <= size + CHUNK, "the room of the upload was not given back")
        client("get", reader.folder, assessment, "got")
        check(sha256("got") == digest, "the file is another one")


def who_holds_it_and_who_was_asked_for_it_back():
    with Consultation() as parties:
        giver, reader, other = parties
        assessment, _ = give(giver, 200000, "NATO CONFIDENTIAL//REL KOR JPN")
        settled(parties)
        ledger = ledgers(parties)
        check(ledger[0].endswith("NATO CONFIDENTIAL//REL KOR JPN given 1/0 0/0 0/0"), ledger[0])
        for party in (reader, other):
            client("get", party.folder, assessment, "got")
            client("say", party.folder, "holding", assessment, WHOLE)
        client("say", giver.folder, "withdrawal", assessment, 0)
        check(ledgers(parties)[0].endswith("withdrawn 1/0 1/0! 1/0!"), ledgers(parties)[0])
        client("remove", reader.folder, assessment)
        check(here(reader, assessment)[0] == 0, "chunks are left")
        client("say", reader.folder, "answer", assessment, DELETED)
        ledger = ledgers(parties)
        check(ledger[0].endswith(f"withdrawn 1/0 {NONE}/{DELETED} 1/0!"), ledger[0])
        client("say", other.folder, "answer", assessment, KEPT)
        ledger = ledgers(parties)
        check(ledger[0].endswith(f"withdrawn 1/0 {NONE}/{DELETED} 1/{KEPT}"), ledger[0])


class Api(http.client.HTTPConnection):
    """One request to a party's desk, at DIR/api.sock."""

    def __init__(self, party):
        super().__init__("localhost", timeout=WAIT_S)
        self.path = f"{party.folder}/api.sock"

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(WAIT_S)
        self.sock.connect(self.path)


def asked(party, status, method, path, body=None, **headers):
    """The answer's bytes and headers; a body that is not bytes goes as JSON."""
    api = Api(party)
    kind = "application/octet-stream" if isinstance(body, bytes) else "application/json"
    raw = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
    api.request(method, ROOM + path, raw, {**({"content-type": kind} if raw is not None else {}), **headers})
    answer = api.getresponse()
    content = answer.read()
    check(answer.status == status, f"{method} {path}: {answer.status}, not {status}: {content[:300]}")
    return content, answer


def got(party, path, status=200):
    return json.loads(asked(party, status, "GET", path)[0])


def over_http():
    with Consultation() as parties:
        giver, reader, other = parties
        data = os.urandom(5 * 1024 * 1024 + 123)
        file = json.loads(asked(giver, 201, "POST", "/files", data)[0])
        check(file["size"] == len(data))
        show = got(giver, f"/files/{file['file']}")
        check(show["chunks"] == show["chunks_here"] == 81, show)
        paper = {"file": file["file"], "name": "assessment.pdf", "media_type": "application/pdf", "language": "en"}
        asked(giver, 422, "POST", "/assessments", {**paper, "marking": "TLP:PINK"})
        asked(giver, 409, "POST", "/assessments", {**paper, "file": "ab" * 32})
        given = json.loads(asked(giver, 201, "POST", "/assessments",
                                 {**paper, "marking": "TLP:AMBER", "releasable_to": [0, 1]})[0])["object"]
        settled(parties)
        path = f"/assessments/{given}"
        shown = wait_for(lambda: [a for a in got(reader, "/assessments")["assessments"] if a["id"] == given],
                         "the assessment at the reader")[0]
        check(shown["sha256"] == hashlib.sha256(data).hexdigest() and shown["marking"] == "TLP:AMBER", shown)
        got(reader, f"/files/{file['file']}", 404)
        asked(other, 403, "GET", path + "/content")

        # What is not released is not found; minutes name papers only where they may leave the room.
        check(len(got(reader, "/search?q=assessment.pdf")["hits"]) == 1)
        check(got(other, "/search?q=assessment.pdf")["hits"] == [])
        session = json.loads(asked(giver, 201, "POST", "/sessions", {
            "name": "S", "language": "en", "begins": "2026-06-01T09:00:00Z", "chairs": [0]})[0])["object"]
        item = json.loads(asked(giver, 201, "POST", f"/sessions/{session}/items", {
            "number": 1, "minutes": 10, "owner": 0, "language": "en", "text": "Item"})[0])["object"]
        asked(giver, 201, "POST", f"/items/{item}/papers", {"paper": given})
        settled(parties)
        for party, is_named in ((giver, True), (reader, True), (other, False)):
            minutes = wait_for(lambda: (lambda text: text if b"Item" in text else None)(
                asked(party, 200, "GET", f"/sessions/{session}/minutes")[0]), "minutes with the item")
            check((b"assessment.pdf" in minutes) == is_named, f"{party.folder}: {minutes.decode()[-1500:]}")

        part, answer = asked(reader, 206, "GET", path + "/content", range="bytes=100000-299999")
        check(part == data[100000:300000], "another part")
        check(answer.getheader("content-range") == f"bytes 100000-299999/{len(data)}")
        check(asked(reader, 200, "GET", path + "/content")[0] == data, "the file is another one")
        asked(reader, 201, "POST", path + "/receipts", {})
        settled(parties)
        check([h["state"] for h in got(giver, path)["ledger"]] == ["held", "held"], got(giver, path))
        asked(giver, 201, "POST", path + "/withdrawal", {"text": "the source was wrong"})
        settled(parties)
        ledger = {holding["slot"]: holding["state"] for holding in got(giver, path)["ledger"]}
        check(ledger[1] == "withdrawal-not-acknowledged", ledger)
        asked(reader, 409, "GET", path + "/content")
        asked(reader, 201, "POST", path + "/acknowledgements", {"is": "deleted"})
        got(reader, f"/files/{file['file']}", 404)
        settled(parties)
        ledger = {holding["slot"]: holding["state"] for holding in got(giver, path)["ledger"]}
        check(ledger[1] == "deleted", ledger)
        check(asked(giver, 200, "GET", path + "/content")[0] == data)

        # A client that goes away in the middle of an upload, and one that promises too much, harm nobody.
        api = Api(giver)
        api.connect()
        api.sock.sendall(f"POST {ROOM}/files HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/octet-stream\r\n"
                         f"content-length: {2 * len(data)}\r\n\r\n".encode() + data)
        api.close()
        check(json.loads(asked(giver, 201, "POST", "/files", b"")[0])["size"] == 0)


if __name__ == "__main__":
    sys.exit(run_tests([
        a_file_survives_whoever_is_killed, each_process_may_be_killed_while_it_is_read,
        an_upload_that_is_cut_off_leaves_nothing, over_http, who_holds_it_and_who_was_asked_for_it_back]))
