#!/usr/bin/env python3
"""
Goal: the page does for an adviser and a secretary what it promises, in a real browser, against three real nodes.
Method: three parties are founded and play the consultation of demonstration/; then the tests of *.mjs drive Debian's
Chromium against the three desks (see world.mjs); what they start they end.
usage: test_page.py BUILD [NAME]          the tests, or those whose names have NAME in them
       test_page.py BUILD --shots FOLDER  a picture of every screen in light, dark, English and Arabic
"""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
BUILD = pathlib.Path(sys.argv[1]).resolve()
os.environ["ENTENTE_DEMO_WORK"] = work = tempfile.mkdtemp(prefix="entente-page-")
# As in tests/e2e: a confined process may not do at its end what the leak checker does.
os.environ["ASAN_OPTIONS"] = ":".join(filter(None, [os.environ.get("ASAN_OPTIONS"), "detect_leaks=0"]))
sys.path.insert(0, str(ROOT / "demonstration"))

import consultation  # noqa: E402
import demo  # noqa: E402
import parties as demonstration  # noqa: E402


def is_missing():
    """What the tests cannot do without: "" or a reason to skip them."""
    if not (ROOT / "web" / "dist" / "index.html").exists():
        return "there is no page: web/build"
    return "" if os.path.exists("/usr/bin/chromium") else "there is no Chromium: ./setup check"


def world():
    """The three parties, with their nodes running and the consultation played."""
    ports = demonstration.free_ports(2 * len(demonstration.PARTIES))
    made = [demonstration.Party(str(BUILD / "src" / "cli" / "entente"), slug, name, ports[2 * number])
            for number, (slug, name) in enumerate(demonstration.PARTIES)]
    for number, party in enumerate(made):
        party.page = f"127.0.0.1:{ports[2 * number + 1]}"
    demonstration.say = consultation.say = lambda text: print("#", text.replace("\n", "\n# "), flush=True)
    demonstration.found(made)
    for party in made:
        party.start()
    for party in made:
        party.wait()
    consultation.play(made)
    return made


def told(party):
    """What world.mjs is told of a party."""
    return {"name": party.name, "slug": party.slug, "id": party.id, "folder": str(party.folder),
            "key_file": str(party.key_file), "page": party.page, "trace": party.trace.name, "pid": party.server.pid,
            "token": demo.log_in_token(party)}


def main():
    made = []
    if is_missing():
        print(f"1..0 # SKIP {is_missing()}")
        return 0
    try:
        made = world()
        environment = dict(os.environ, ENTENTE_WORLD=json.dumps(
            {"entente": str(BUILD / "src" / "cli" / "entente"), "work": work, "parties": [told(p) for p in made]}))
        program = ["shots.mjs", *sys.argv[3:4]] if sys.argv[2:3] == ["--shots"] else ["run.mjs", *sys.argv[2:3]]
        program = [os.path.abspath(word) if number == 1 and program[0] == "shots.mjs" else word
                   for number, word in enumerate(program)]
        return subprocess.run(["node", *program], cwd=HERE, env=environment, check=False).returncode
    except demonstration.Failed as why:
        print(f"Bail out! {why}", flush=True)
        return 1
    finally:
        for party in made:
            party.stop()
        if "ENTENTE_KEEP" not in os.environ: # a folder and the beginning of a name: what is left to look into
            shutil.rmtree(work, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
