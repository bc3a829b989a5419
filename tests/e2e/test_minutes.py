#!/usr/bin/env python3
"""
Goal: a committee's minutes become sessions, with who was present, agenda, statements under their items and
conclusions, at all parties alike; what cannot be read is told line by line; and a node that dies in between
loses nothing of it.
Method: the real programs and two days of minutes; what another party's desk shows of them, compared as a whole.
usage: test_minutes.py ENTENTE [NAME]
"""
import os
import subprocess
import sys

from parties import Consultation, check, settled, wait_for
from tap import run_tests

FIRST = """# May 4, 2020 Meeting Notes

| Name     | Abbreviation | Organization |
|----------|--------------|--------------|
| Ann Lee  | AL           | Acme, Inc.   |
| Bo Öst   | BO           |              |
| nobody   |              |              |

AL: Welcome.

## Cold chains

AL: How many doses are on their way?

BO: 1,200.
More come on Friday.

### Conclusion

- It is counted weekly.

## Any other business

(nobody had any)

### Conclusion

BO: Then we are done.
"""
SECOND = "# May 5, 2020 Meeting Notes\n## One\nZZ:\nAL: Good morning.\nConclusion: Yes.\nConclusion: No.\n"


def written(*days):
    """A folder of them: who is known on one day is known on the next."""
    os.mkdir("days")
    for number, text in enumerate(days):
        with open(f"days/day-{number}.md", "w", encoding="utf-8") as file:
            file.write(text)
    return "days"


def said(party, item):
    statements = party.json("statement", "list", party.folder, "--under", item)["statements"]
    return [(one.get("speaker", one.get("kind")), one["text"]) for one in statements]


def shown(party):
    """The sessions that the party's desk has, in their order, as far as the minutes say them."""
    sessions = {}
    for session in party.json("session", "list", party.folder)["sessions"]:
        whole = party.json("session", "show", party.folder, session["id"])
        sessions[session["name"]] = {
            "status": whole["status"], "begins": whole["begins"][:10],
            "present": sorted((one["name"], one["office"]) for one in whole["attendance"]),
            "said": said(party, session["id"]),
            "steps": [step["step"] for step in whole["chair_steps"] if step["counts"]],
            "items": [(item["text"], said(party, item["id"]), [c["text"] for c in item["conclusions"]])
                      for item in whole["items"]]}
    return sessions


FIRST_SHOWN = {
    "status": "closed", "begins": "2020-05-04", "present": [("Ann Lee", "Acme, Inc."), ("Bo Öst", "")],
    "said": [("Ann Lee", "Welcome.")], "steps": ["open", "call-item", "call-item", "close"],
    "items": [
        ("Cold chains", [("Ann Lee", "How many doses are on their way?"), ("Bo Öst", "1,200.\nMore come on Friday.")],
         ["- It is counted weekly."]),
        ("Any other business",
         [("", "(nobody had any)"), ("heading", "Conclusion"), ("Bo Öst", "Then we are done.")], [])]}
SECOND_SHOWN = {
    "status": "closed", "begins": "2020-05-05", "present": [], "said": [], "steps": ["open", "call-item", "close"],
    "items": [("One", [("Ann Lee", "Good morning.")], ["Conclusion: Yes.", "Conclusion: No."])]}


def minutes_become_sessions():
    with Consultation() as parties:
        writer, reader, _ = parties
        told = writer.json("import-minutes", writer.folder, written(FIRST, SECOND))
        counts = {name: told[name] for name in ("sessions", "present", "items", "statements", "conclusions")}
        check(counts == {"sessions": 2, "present": 2, "items": 3, "statements": 6, "conclusions": 3}, counts)
        check([(line["file"], line["line"]) for line in told["unread"]] == [("day-0.md", 7), ("day-1.md", 3)],
              told["unread"])
        settled(parties)
        wanted = {"May 4, 2020 Meeting Notes": FIRST_SHOWN, "May 5, 2020 Meeting Notes": SECOND_SHOWN}
        wait_for(lambda: shown(reader) == wanted, "the sessions as they were minuted")
        session = reader.json("session", "list", reader.folder)["sessions"][0]["id"]
        drawn = reader.ask("minutes", reader.folder, session)
        check("Cold chains" in drawn and "It is counted weekly." in drawn, drawn)


def a_node_that_dies_in_between_loses_nothing():
    days = [f"# May {day}, 2021 Meeting Notes\n## Item\n" + "".join(f"AL: {day}.{n}\n" for n in range(200))
            for day in range(1, 9)]
    with Consultation() as parties:
        writer = parties[0]
        importing = subprocess.Popen(writer.command("import-minutes", writer.folder, written(*days), "--json"),
                                     stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        wait_for(lambda: writer.status()["entries"] > 300, "a part of it")
        check(importing.poll() is None, "it was over before the node was killed")
        writer.kill()
        writer.start()
        writer.wait()
        _, errors = importing.communicate(timeout=120)
        check(importing.returncode == 0, errors.decode())
        settled(parties)
        every = {f"{day}.{n}" for day in range(1, 9) for n in range(200)}
        have = {entry["sections"][1]["text"] for entry in writer.log().values()
                if len(entry["sections"]) == 2 and "text" in entry["sections"][1]}
        check(every <= have, f"{len(every - have)} statements are not there")


if __name__ == "__main__":
    sys.exit(run_tests([minutes_become_sessions, a_node_that_dies_in_between_loses_nothing]))
