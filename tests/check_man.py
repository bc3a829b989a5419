#!/usr/bin/env python3
"""Compares the man pages with what the program says of itself.

Every command of `entente --help` has its page (entente-GROUP.1, named after the command's first
word) and is in that page's synopsis; every option of `entente COMMAND --help` is in the page, and
a page speaks of no command and no option that the program does not have.
"""
import pathlib
import re
import subprocess
import sys

COMMON = {"json", "help"}


def ask(program, *words):
    return subprocess.run([program, *words, "--help"], check=True, capture_output=True,
                          text=True).stdout


def complaints(program, folder):
    commands = re.findall(r"^  ([a-z][a-z-]*(?: [a-z][a-z-]*)?)  +\S", ask(program), re.MULTILINE)
    if not commands:
        yield "the program names no commands"
    pages = {}
    for command in commands:
        options = set(re.findall(r"^  --([a-z-]+)", ask(program, *command.split()), re.MULTILINE))
        pages.setdefault(command.split()[0], {})[command] = options
    for group, described in pages.items():
        path = folder / f"entente-{group}.1"
        if not path.exists():
            yield f"{path.name} is missing; it describes: {', '.join(described)}"
            continue
        page = path.read_text(encoding="utf-8")
        in_page = set(re.findall(r"^\.Nm entente Cm ([a-z -]+?)$", page, re.MULTILINE))
        options_in_page = set(re.findall(r"\bFl -([a-z-]+)", page)) | COMMON
        options = set().union(*described.values())
        for name in sorted(set(described) - in_page):
            yield f"{path.name} does not describe the command '{name}'"
        for name in sorted(in_page - set(described)):
            yield f"{path.name} describes the command '{name}', which does not exist"
        for name in sorted(options - options_in_page):
            yield f"{path.name} does not describe --{name}"
        for name in sorted(options_in_page - options - COMMON):
            yield f"{path.name} describes --{name}, which does not exist"
    overview = (folder / "entente.1").read_text(encoding="utf-8")
    for group in pages:
        if f".It Xr entente-{group} 1" not in overview:
            yield f"entente.1 does not name entente-{group}(1)"
    for path in sorted(folder.glob("entente-*.1")):
        if path.stem.removeprefix("entente-") not in pages:
            yield f"{path.name} is of no command"


found = list(complaints(sys.argv[1], pathlib.Path(sys.argv[2])))
print("\n".join(found))
sys.exit(1 if found else 0)
