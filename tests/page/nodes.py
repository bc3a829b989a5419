#!/usr/bin/env python3
"""Three parties' nodes with their pages, for tests/page/harness.mjs: nodes.py ENTENTE [--play]

Founds a room in the folder ENTENTE_DEMO_WORK (made anew), starts the nodes with pages at ports of the kernel's
choice, with --play plays the demonstration's consultation, and prints one line of JSON: of each party its name,
its slug, its id, the address of its page and a token to log in.  Then takes one command a line from standard
input, JSON too, and answers each with one line {"ok": ...} or {"error": "..."}:

  {"do": "kill", "party": 1}     -9 for all processes of a node
  {"do": "start", "party": 1}    starts it again at the same address; answers when it runs
  {"do": "link", "party": 0, "other": 1, "up": false}
  {"do": "token", "party": 0, "name": "...", "roles": ["holder"], "office": "..."}  another account's token
  {"do": "run", "party": 0, "words": ["log", "@", "--json"]}  the command line; @ is the party's folder

When standard input ends, for whatever reason, the nodes are ended and the folder is removed.
"""
import json
import os
import pathlib
import shutil
import signal
import sys

os.environ["ASAN_OPTIONS"] = ":".join(filter(None, [os.environ.get("ASAN_OPTIONS"), "detect_leaks=0"]))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent.parent / "demonstration"))

import consultation # pylint: disable=wrong-import-position
import parties as demonstration # pylint: disable=wrong-import-position
from demo import log_in_token # pylint: disable=wrong-import-position

PATIENCE_S = 60


def answer(value):
    print(json.dumps(value), file=sys.__stdout__, flush=True)


def start(party):
    party.start()
    party.wait(PATIENCE_S)


def token(party, command):
    """Makes an account, and a token to log in with."""
    name = command["name"]
    slug = name.lower().replace(" ", "-")
    office = ["--office", command["office"]] if "office" in command else []
    party.run("account", "new", party.folder, slug, "--name", name, "--role", *command["roles"], *office)
    return party.json("account", "token", party.folder, slug, "test")["token"]


def obey(parties, command):
    party = parties[command["party"]]
    match command["do"]:
        case "kill":
            return party.kill()
        case "start":
            return start(party)
        case "link":
            return party.link(parties[command["other"]], command["up"])
        case "token":
            return token(party, command)
        case "run":
            words = [str(party.folder) if word == "@" else word for word in command["words"]]
            return party.run(*words).stdout
    raise ValueError(f"what is {command['do']}?")


def serve(parties):
    for line in sys.stdin:
        try:
            answer({"ok": obey(parties, json.loads(line))})
        except Exception as error: # pylint: disable=broad-except
            answer({"error": str(error)})


def end(party):
    if party.server is None:
        return
    if party.server.poll() is None:
        party.kill()


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    sys.stdout = sys.stderr # what the demonstration says
    shutil.rmtree(demonstration.WORK, ignore_errors=True)
    demonstration.WORK.mkdir(parents=True)
    ports = demonstration.free_ports(2 * len(demonstration.PARTIES))
    parties = [demonstration.Party(os.path.abspath(sys.argv[1]), slug, name, port)
               for (slug, name), port in zip(demonstration.PARTIES, ports)]
    for party, port in zip(parties, ports[len(parties):]):
        party.page = f"127.0.0.1:{port}"
    try:
        demonstration.found(parties)
        for party in parties:
            start(party)
        if "--play" in sys.argv:
            consultation.play(parties)
        answer([{"name": party.name, "slug": party.slug, "id": party.id, "token": log_in_token(party),
                 "page": f"http://localhost:{party.page.rsplit(':', 1)[1]}"} for party in parties])
        serve(parties)
    except BaseException:
        for party in parties:
            print(pathlib.Path(party.trace.name).read_text(encoding="utf-8", errors="replace"))
        raise
    finally:
        for party in parties:
            end(party)
        shutil.rmtree(demonstration.WORK, ignore_errors=True)


if __name__ == "__main__":
    main()
