#!/usr/bin/env python3
"""Writes a file as a C array: embed.py INPUT OUTPUT NAME."""
import pathlib
import sys

data = pathlib.Path(sys.argv[1]).read_bytes()
name = sys.argv[3]
lines = [",".join(str(byte) for byte in data[i:i + 32]) for i in range(0, len(data), 32)]
pathlib.Path(sys.argv[2]).write_text(
    f"#include <stddef.h>\n\nextern const unsigned char {name}[];\nextern const size_t {name}_size;\n"
    f"const unsigned char {name}[] = {{\n" + ",\n".join(lines) + "};\n"
    f"const size_t {name}_size = sizeof {name};\n")
