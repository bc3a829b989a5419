#!/usr/bin/env python3
"""Checks every #include below src/ against src/LAYERS.

A folder may include its own headers and those of the folders that its line grants; a library's
header only where the line grants the library; a pure folder only the C headers in PURE.
"""
import pathlib
import re
import sys

PURE = {"assert.h", "inttypes.h", "limits.h", "stdalign.h", "stdbool.h", "stddef.h", "stdint.h",
        "stdlib.h", "string.h"}
SHELL_LIBRARIES = re.compile(r"^(sodium|sqlite3|uv|libwebsockets|jansson|zstd|seccomp|openssl/|linux/|unicode/|"
                             r"libxml/|libical/|curl/|http_parser|nghttp2/|sha1)")


def layers(path):
    table = {}
    for line in path.read_text().splitlines():
        if not line or line.startswith("#"):
            continue
        parts = re.split(r"\s{2,}", line.strip())
        folder, kind = parts[0], parts[1]
        granted = set() if parts[2] == "-" else set(parts[2].split())
        libraries = () if parts[3] == "-" else tuple(parts[3].split())
        table[folder] = (kind, granted | {folder}, libraries)
    return table


def complaints(root):
    table = layers(root / "src" / "LAYERS")
    for path in sorted((root / "src").rglob("*.[ch]")):
        folder = path.relative_to(root / "src").parts[0]
        kind, granted, libraries = table[folder]
        for number, line in enumerate(path.read_text().splitlines(), 1):
            own = re.match(r'\s*#\s*include\s+"([^"]+)"', line)
            foreign = re.match(r"\s*#\s*include\s+<([^>]+)>", line)
            where = f"{path.relative_to(root)}:{number}"
            if own and own.group(1).split("/")[0] not in granted:
                yield f"{where}: {folder} may not include {own.group(1)}"
            if foreign:
                header = foreign.group(1)
                if header.startswith("entente/") or header.startswith(libraries or ("\0",)):
                    continue
                if kind == "pure" and header not in PURE:
                    yield f"{where}: {folder} is pure and may not include <{header}>"
                elif SHELL_LIBRARIES.match(header):
                    yield f"{where}: {folder} may not include <{header}>"


found = list(complaints(pathlib.Path(sys.argv[1])))
print("\n".join(found))
sys.exit(1 if found else 0)
