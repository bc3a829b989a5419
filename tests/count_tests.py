#!/usr/bin/env python3
"""Counts the tests of Meson's logs, case by case where a test speaks TAP, and prints one line.

An empty count is a failure: a run that tested nothing must not pass.
"""
import json
import re
import sys

passed = failed = skipped = 0
lines = [line for path in sys.argv[1:] for line in open(path, encoding="utf-8")]
for line in lines:
    test = json.loads(line)
    cases = re.findall(r"^(not ok|ok)\b(.*)$", test.get("stdout", ""), re.MULTILINE)
    for verdict, rest in cases:
        if verdict == "not ok":
            failed += 1
        elif "# SKIP" in rest:
            skipped += 1
        else:
            passed += 1
    whole = test["result"]
    if not cases:
        passed += whole == "OK"
        skipped += whole == "SKIP"
    if whole not in ("OK", "SKIP") and not any(verdict == "not ok" for verdict, _ in cases):
        failed += 1
print(f"{passed} passed, {failed} failed, {skipped} skipped")
sys.exit(1 if failed or not passed else 0)
