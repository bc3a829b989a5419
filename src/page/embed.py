#!/usr/bin/env python3
"""Writes the files of a built page as a C table: embed.py FOLDER OUTPUT.

Without the folder the table has one file, which says how the page is built.  The output is left alone
where it would be the same, so that nothing is compiled anew.
"""
import hashlib
import pathlib
import sys

TYPES = {".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8",
         ".css": "text/css; charset=utf-8", ".svg": "image/svg+xml", ".woff2": "font/woff2"}
POLICIES = {"viewer.html": "VIEWER_POLICY"}  # of page.h; other HTML is a page
MISSING = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Entente</title>
<p>This desk was built without its page: web/build makes it, then build again.</p></html>
"""


def contents(folder):
    if not (folder / "index.html").exists():
        return {"/": ("index.html", MISSING.encode())}
    files = {f"/{path.relative_to(folder).as_posix()}": (path.name, path.read_bytes())
             for path in sorted(folder.rglob("*")) if path.is_file()}
    files["/"] = files.pop("/index.html")
    return files


def policy(name):
    return POLICIES.get(name, "PAGE_POLICY" if name.endswith(".html") else "FILE_POLICY")


def table(files):
    out = ['#include "page/files.h"', ""]
    rows = []
    for number, (path, (name, data)) in enumerate(sorted(files.items())):
        lines = [",".join(map(str, data[i:i + 32])) for i in range(0, len(data), 32)]
        out.append(f"static const uint8_t file_{number}[] = {{\n" + ",\n".join(lines) + "};\n")
        suffix = pathlib.PurePath(name).suffix
        tag = hashlib.sha256(data).hexdigest()[:32]
        rows.append(f'    {{"{path}", "{TYPES[suffix]}", "\\"{tag}\\"", '
                    f'{"true" if path.startswith("/assets/") else "false"}, '
                    f'{policy(name)}, {{file_{number}, sizeof file_{number}}}}},')
    out += ["const struct page_file page_files[] = {", *rows, "};", "",
            "const size_t page_files_count = sizeof page_files / sizeof page_files[0];", ""]
    return "\n".join(out)


text = table(contents(pathlib.Path(sys.argv[1])))
output = pathlib.Path(sys.argv[2])
if not output.exists() or output.read_text() != text:
    output.write_text(text)
