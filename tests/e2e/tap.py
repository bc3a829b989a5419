"""A small TAP harness for tests that drive real programs: see test_founding.py."""
import os
import shutil
import sys
import tempfile
import traceback


class Skipped(Exception):
    """This machine cannot do what the test needs."""


def run_tests(tests):
    """Runs each function in a working folder of its own; a failed check is an exception."""
    if len(sys.argv) > 2:
        tests = [test for test in tests if sys.argv[2] in test.__name__]
    print(f"1..{len(tests)}", flush=True)
    failed = 0
    home = os.getcwd()
    for number, test in enumerate(tests, 1):
        folder = tempfile.mkdtemp(prefix="entente-e2e-")
        os.chdir(folder)
        try:
            test()
            print(f"ok {number} {test.__name__}", flush=True)
        except Skipped as why:
            print(f"ok {number} {test.__name__} # SKIP {why}", flush=True)
        except Exception:
            failed += 1
            for line in traceback.format_exc().splitlines():
                print(f"# {line}")
            print(f"not ok {number} {test.__name__}", flush=True)
        os.chdir(home)
        shutil.rmtree(folder)
    return 1 if failed else 0
