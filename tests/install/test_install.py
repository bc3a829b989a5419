#!/usr/bin/env python3
"""
Goal: what is installed is whole: a program of somebody else's builds against libentente and verifies a
record, a party is made and its node runs, and each command has its man page.
Method: `meson install` into a folder; only what is in that folder is used then.
usage: test_install.py BUILD TESTS COMPILER...
"""
import os
import pathlib
import signal
import socket
import subprocess
import sys
import tempfile
import time

BUILD, TESTS = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
COMPILER = sys.argv[3:]
MEANT_TO_BE_SHOWN = "entente_"


def check(condition, what=""):
    if not condition:
        raise AssertionError(what)


def run(*words, **options):
    return subprocess.run([str(word) for word in words], capture_output=True, text=True,
                          timeout=60, check=False, **options)


def done(*words, **options):
    ran = run(*words, **options)
    check(ran.returncode == 0, f"{words}: exit {ran.returncode}: {ran.stdout}{ran.stderr}")
    return ran.stdout


def find(root, name):
    found = sorted(root.rglob(name))
    check(found, f"{name} is not installed")
    return found[0]


def a_program_builds_and_verifies(root, work):
    package = find(root, "libentente.pc").parent
    environment = dict(os.environ, PKG_CONFIG_PATH=str(package), PKG_CONFIG_SYSROOT_DIR=str(root))
    flags = done("pkg-config", "--cflags", "--libs", "libentente", env=environment).split()
    program = work / "consumer"
    done(*COMPILER, "-std=c17", "-Wall", "-Wextra", "-Werror", TESTS / "install" / "consumer.c",
         "-o", program, *flags)
    environment["LD_LIBRARY_PATH"] = str(find(root, "libentente.so.0").parent)
    bundles = TESTS / "fuzz" / "corpus" / "bundle"
    check(done(program, bundles / "ten", env=environment) == "10 entries\n")
    bad = run(program, bundles / "cut", env=environment)
    check(bad.returncode == 3 and "at byte" in bad.stdout, f"{bad}")


def the_library_shows_its_own_names_only(root, _):
    names = [line.split()[-1] for line in
             done("nm", "-D", "--defined-only", find(root, "libentente.so.0")).splitlines()]
    check("entente_record_verify" in names, f"{names}")
    foreign = [name for name in names if not name.startswith(MEANT_TO_BE_SHOWN)]
    check(not foreign, f"{foreign}")


def the_node_runs_from_there(root, work):
    entente = find(root, "bin/entente")
    key = work / "key"
    key.write_bytes(os.urandom(32))
    key.chmod(0o600)
    environment = dict(os.environ, ENTENTE_KEY_FILE=str(key))
    # A confined process may not trace itself at its end, as the leak checker does.
    environment["ASAN_OPTIONS"] = ":".join(
        filter(None, [environment.get("ASAN_OPTIONS"), "detect_leaks=0"]))
    party = work / "party"
    with socket.create_server(("127.0.0.1", 0)) as opened:
        port = opened.getsockname()[1]
    done(entente, "party", "create", party, "--name", "Korea", "--listen", f"127.0.0.1:{port}",
         env=environment)
    with open(work / "trace", "w+", encoding="utf-8") as trace:
        node = subprocess.Popen([entente, "serve", party], stderr=trace, env=environment)
        try:
            end = time.monotonic() + 60
            while "runs, at port" not in (work / "trace").read_text():
                check(node.poll() is None and time.monotonic() < end, (work / "trace").read_text())
                time.sleep(0.05)
            node.send_signal(signal.SIGTERM)
            check(node.wait(60) == 0, (work / "trace").read_text())
        finally:
            if node.poll() is None:
                node.kill()


def each_command_has_its_page(root, _):
    shown = done(find(root, "bin/entente"), "--help")
    groups = {line.split()[0] for line in shown.splitlines() if line.startswith("  ") and line[2] != " "
              and not line.startswith("  --")}
    check(len(groups) >= 10, shown)
    for group in groups:
        if not group.startswith("entente"):
            find(root, f"entente-{group}.1*")
    find(root, "entente.1*")


def main():
    tests = [a_program_builds_and_verifies, the_library_shows_its_own_names_only,
             the_node_runs_from_there, each_command_has_its_page]
    failed = 0
    print(f"1..{len(tests)}", flush=True)
    with tempfile.TemporaryDirectory(prefix="entente-install-") as folder:
        root, work = pathlib.Path(folder) / "root", pathlib.Path(folder) / "work"
        work.mkdir()
        done("meson", "install", "-C", BUILD, "--no-rebuild", "--quiet", "--destdir", root)
        for number, test in enumerate(tests, 1):
            try:
                test(root, work)
                print(f"ok {number} {test.__name__}", flush=True)
            except AssertionError as error:
                failed += 1
                for line in str(error).splitlines():
                    print(f"# {line}")
                print(f"not ok {number} {test.__name__}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
