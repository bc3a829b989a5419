#!/usr/bin/env python3
"""
Goal: three parties found a consultation with nothing but the program and files that they exchange, and
what must not pass is refused, in one line, with the right exit status, leaving everything as it was.
Method: the real binary, with key files and, on a pseudo-terminal, with a passphrase; every refusal is provoked;
changes of keys are put back to each point at which a power cut could have ended them.
usage: test_founding.py ENTENTE [NAME]
"""
import json
import os
import pty
import re
import select
import shutil
import subprocess
import sys
import time

from tap import run_tests

ENTENTE = os.path.abspath(sys.argv[1])
NAMES = {"korea": "Republic of Korea (대한민국)", "japan": "日本国", "america": "United States"}
DONE, ASKED_WRONGLY, MACHINE, BAD_DATA = 0, 1, 2, 3


def check(condition, what=""):
    if not condition:
        raise AssertionError(what)


def entente(*words, status=DONE, says=None, env=None):
    """Runs a command that must end with `status`; gives what it wrote for scripts."""
    environment = dict(os.environ, **(env or {}))
    if env is None:
        environment["ENTENTE_KEY_FILE"] = "key"
    # A session of its own: no terminal from which a passphrase could come.
    ran = subprocess.run([ENTENTE, *words], capture_output=True, env=environment, timeout=120,
                         start_new_session=True, stdin=subprocess.DEVNULL)
    text = ran.stdout.decode() + ran.stderr.decode()
    check(ran.returncode == status, f"{words}: exit {ran.returncode}, not {status}: {text}")
    check(says is None or says in text, f"{words}: no '{says}' in: {text}")
    if status != DONE and "--json" not in words:
        lines = [line for line in ran.stderr.decode().splitlines() if line.startswith("entente: ")]
        check(len(lines) == 1, f"{words}: not one line says why: {text}")
    return ran.stdout.decode()


def entente_json(*words, status=DONE):
    return json.loads(entente(*words, "--json", status=status))


def write(path, data, mode=0o600):
    with open(path, "wb") as file:
        file.write(data)
    os.chmod(path, mode)


def read(path):
    with open(path, "rb") as file:
        return file.read()


def snapshot(folder):
    return {os.path.join(at, name): read(os.path.join(at, name))
            for at, _, names in os.walk(folder) for name in names}


def create(*folders):
    if not os.path.exists("key"):
        write("key", os.urandom(32))
    for number, folder in enumerate(folders):
        entente("party", "create", folder, "--name", NAMES[folder], "--listen",
                f"127.0.0.1:{4400 + number}")
        entente("party", "card", folder, "--out", f"{folder}.card")


def three_parties():
    create(*NAMES)
    for folder in NAMES:
        for other in NAMES:
            if other != folder:
                entente("party", "trust", folder, f"{other}.card")


def drafted():
    three_parties()
    write("charter.txt", "We consult as equals.\n".encode())
    write("charter-ko.txt", "우리는 대등하게 협의한다.\n".encode())
    entente("consultation", "draft", "korea", "--title", "Trilateral consultation", "--with",
            NAMES["japan"], NAMES["america"], "--language", "ko", "ja", "en", "--charter",
            "en:charter.txt", "ko:charter-ko.txt", "--retention-days", "3650", "--out", "draft")


def founded():
    drafted()
    for folder in NAMES:
        entente("consultation", "sign", folder, "draft", "--yes")


# ---- what must work ----


def three_parties_found_a_consultation():
    drafted()
    shown = entente("consultation", "sign", "korea", "draft", "--yes", says="2 more to sign")
    for part in ("Trilateral consultation", "languages ko ja en", "kept 3650 days", "日本国",
                 "우리는 대등하게", "We consult as equals."):
        check(part in shown, f"what is signed shows no '{part}'")
    check(entente_json("consultation", "sign", "japan", "draft", "--yes")["missing"] == 1)
    entente("consultation", "sign", "america", "draft", "--yes", says="as the last one")
    rooms = set()
    for folder in NAMES:
        entente("consultation", "join", folder, "draft", says="joined")
        [room] = entente_json("consultation", "list", folder)
        check([party["name"] for party in room["parties"]] == list(NAMES.values()))
        check(all(party["signatures"] == 1 for party in room["parties"]))
        check(room["charters"][1]["text"] == "우리는 대등하게 협의한다.\n")
        check(os.path.exists(f"{folder}/rooms/{room['room']}.genesis"))
        rooms.add(room["room"])
    check(len(rooms) == 1, "they founded different rooms")


def parties_may_sign_copies():
    drafted()
    for folder in NAMES:
        shutil.copy("draft", f"{folder}.signed")
        entente("consultation", "sign", folder, f"{folder}.signed", "--yes")
    entente("consultation", "join", "japan", "korea.signed", "japan.signed", status=ASKED_WRONGLY,
            says="United States is missing")
    entente("consultation", "join", "japan", *[f"{folder}.signed" for folder in NAMES])


def a_party_is_made_with_private_files():
    create("korea")
    for name in ("party/root.key", "party/root-next.key", "party/operations.key",
                 "node/transport.key", "keyholder/node.secret"):
        mode = os.stat(f"korea/{name}").st_mode & 0o777
        check(mode == 0o600, f"{name} has mode {mode:o}")
    check(os.stat("korea").st_mode & 0o777 == 0o700)
    shown = entente_json("party", "show", "korea")["own"]
    check(shown["name"] == NAMES["korea"] and shown["register_number"] == 4)
    check(shown["incarnation"] == 1 and shown["address"] == "127.0.0.1:4400")
    groups = re.findall(r"^  ((?:[0-9a-f]{4} ?){8})$", entente("party", "show", "korea"), re.M)
    check("".join(groups).replace(" ", "") == shown["party"], "the fingerprint is not the id")


def a_second_party_does_not_share_keys():
    create("korea", "japan")
    one, two = snapshot("korea"), snapshot("japan")
    check(not set(one.values()) & set(two.values()) - {b""})


def a_running_node_is_told():
    founded()
    # Whoever holds serve.pid locked is the node; a number without the lock is nobody.
    node = subprocess.Popen([sys.executable, "-c",
                             "import fcntl, os, signal, sys\n"
                             "signal.signal(signal.SIGHUP, lambda *_: (print('told'), sys.exit()))\n"
                             "file = open('korea/serve.pid', 'w')\n"
                             "fcntl.flock(file, fcntl.LOCK_EX)\n"
                             "print(os.getpid(), file=file, flush=True)\n"
                             "print('ready', flush=True)\n"
                             "signal.pause()\n"], stdout=subprocess.PIPE, text=True)
    check(node.stdout.readline() == "ready\n")
    entente("keys", "resume", "korea", status=MACHINE, says="is running")
    check(entente_json("consultation", "join", "korea", "draft")["node_told"] is True)
    check(node.communicate(timeout=30)[0] == "told\n")
    sleeper = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    write("japan/serve.pid", str(sleeper.pid).encode())
    check(entente_json("consultation", "join", "japan", "draft")["node_told"] is False)
    time.sleep(0.05)
    check(sleeper.poll() is None, "a stranger with the number of a dead node was signalled")
    sleeper.kill()
    sleeper.wait()


# ---- what must be refused ----


def requests_to_make_a_party_are_checked():
    write("key", os.urandom(32))

    def refused(*words, says, status=ASKED_WRONGLY):
        entente("party", "create", "korea", *words, status=status, says=says)
        check(not os.path.exists("korea"))
        check(os.listdir(".") == ["key"] or sorted(os.listdir(".")) == ["key", "weak"])

    refused("--name", "Korea", says="--listen")
    refused("--name", "", "--listen", "a:1", says="1 to 128 bytes")
    refused("--name", "x" * 129, "--listen", "a:1", says="1 to 128 bytes")
    refused("--name", b"\xff", "--listen", "a:1", says="UTF-8")
    refused("--name", "Korea", "--listen", "a", says="HOST:PORT")
    refused("--name", "Korea", "--listen", "a:99999", says="HOST:PORT")
    write("weak", b"x" * 31)
    refused("--name", "Korea", "--listen", "a:1", "--key-file", "weak", says="32 to 4096 bytes")
    refused("--name", "Korea", "--listen", "a:1", "--key-file", "none", says="no such thing")
    write("weak", b"x" * 32, mode=0o644)
    refused("--name", "Korea", "--listen", "a:1", "--key-file", "weak", says="chmod 600")
    os.remove("weak")
    os.mkdir("korea")
    entente("party", "create", "korea", "--name", "Korea", "--listen", "a:1", status=ASKED_WRONGLY,
            says="exists already")
    check(os.listdir("korea") == [])
    entente("party", "create", "no/korea", "--name", "Korea", "--listen", "a:1",
            status=ASKED_WRONGLY)


def without_file_or_terminal_there_is_no_secret():
    create("korea")
    environment = {key: value for key, value in os.environ.items() if key != "ENTENTE_KEY_FILE"}
    ran = subprocess.run([ENTENTE, "keys", "rotate", "korea", "--root"], env=environment,
                         capture_output=True, start_new_session=True, timeout=60)
    check(ran.returncode == ASKED_WRONGLY and b"no terminal" in ran.stderr, ran.stderr)


def a_changed_card_is_refused():
    create("korea", "japan")
    card = read("japan.card")
    before = snapshot("korea")
    for at in range(0, len(card), max(1, len(card) // 100)):
        write("bad.card", card[:at] + bytes([card[at] ^ 1 << at % 8]) + card[at + 1:])
        entente("party", "trust", "korea", "bad.card", status=BAD_DATA)
    write("bad.card", card + b"\0")
    entente("party", "trust", "korea", "bad.card", status=BAD_DATA)
    write("bad.card", b"")
    entente("party", "trust", "korea", "bad.card", status=BAD_DATA)
    check(snapshot("korea") == before)
    entente("party", "trust", "korea", "japan.card")


def a_register_fork_is_refused():
    create("korea", "japan")
    shutil.copytree("japan", "clone") # what a thief of all keys has
    entente("keys", "rotate", "japan", "--transport")
    entente("keys", "rotate", "clone", "--transport", "--listen", "thief.example:1")
    for folder in ("japan", "clone"):
        entente("party", "card", folder, "--out", f"{folder}.new")
    entente("party", "trust", "korea", "japan.new")
    before = snapshot("korea")
    entente("party", "trust", "korea", "clone.new", status=BAD_DATA, says="(R7)")
    answer = entente_json("party", "trust", "korea", "clone.new", status=BAD_DATA)
    check(answer["error"] == "EQUIVOCATION")
    check(snapshot("korea") == before)


def an_untrusted_party_is_refused():
    create(*NAMES)
    entente("party", "trust", "korea", "japan.card")
    entente("consultation", "draft", "korea", "--title", "T", "--with", NAMES["america"], "--out",
            "draft", status=ASKED_WRONGLY, says="no party that is trusted here")
    entente("party", "trust", "korea", "america.card")
    entente("consultation", "draft", "korea", "--title", "T", "--with", NAMES["japan"],
            NAMES["america"], "--out", "draft")
    entente("party", "trust", "japan", "korea.card")
    entente("consultation", "sign", "japan", "draft", "--yes", status=ASKED_WRONGLY,
            says="is not trusted here")
    entente("party", "trust", "japan", "america.card")
    entente("consultation", "sign", "japan", "draft", "--yes")


def an_incomplete_or_changed_genesis_is_refused():
    drafted()
    entente("consultation", "join", "korea", "draft", status=ASKED_WRONGLY, says="is missing")
    for folder in ("korea", "japan"):
        entente("consultation", "sign", folder, "draft", "--yes")
    entente("consultation", "join", "korea", "draft", status=ASKED_WRONGLY,
            says="United States is missing")
    entente("consultation", "sign", "america", "draft", "--yes")
    whole = read("draft")
    before = snapshot("korea")
    for at in range(0, len(whole), max(1, len(whole) // 60)):
        write("bad", whole[:at] + bytes([whole[at] ^ 1 << at % 8]) + whole[at + 1:])
        ran = subprocess.run([ENTENTE, "consultation", "join", "korea", "bad"], capture_output=True,
                             timeout=60)
        check(ran.returncode in (ASKED_WRONGLY, BAD_DATA), f"byte {at}: {ran}")
    check(snapshot("korea") == before)
    entente("consultation", "join", "korea", "draft")


def signing_needs_a_yes_the_right_key_and_a_party():
    drafted()
    before = read("draft")
    entente("consultation", "sign", "korea", "draft", status=ASKED_WRONGLY, says="give --yes")
    write("other", os.urandom(32))
    entente("consultation", "sign", "korea", "draft", "--yes", "--key-file", "other",
            status=ASKED_WRONGLY, says="passphrase or key file is wrong")
    os.chmod("korea/party/root.key", 0o644)
    entente("consultation", "sign", "korea", "draft", "--yes", status=ASKED_WRONGLY,
            says="others can read korea/party/root.key")
    os.chmod("korea/party/root.key", 0o600)
    os.rename("korea/party/root.key", "away")
    entente("consultation", "sign", "korea", "draft", "--yes", status=ASKED_WRONGLY,
            says="korea/party/root.key")
    damaged = bytearray(read("away"))
    damaged[-1] ^= 1
    write("korea/party/root.key", bytes(damaged))
    entente("consultation", "sign", "korea", "draft", "--yes", status=ASKED_WRONGLY)
    os.replace("away", "korea/party/root.key")
    entente("party", "create", "other-party", "--name", "Elsewhere", "--listen", "a:1")
    entente("consultation", "sign", "other-party", "draft", "--yes", status=ASKED_WRONGLY,
            says="no party of this consultation")
    check(read("draft") == before)
    entente("consultation", "sign", "korea", "draft", "--yes")
    signed = read("draft")
    entente("consultation", "sign", "korea", "draft", "--yes", says="signed it already")
    check(read("draft") == signed)


def what_names_hide_is_shown():
    create("korea")
    name = "evil\u202ecod.exe\x1b[31m"
    entente("party", "create", "evil", "--name", name, "--listen", "a:1")
    entente("party", "card", "evil", "--out", "evil.card")
    shown = entente("party", "trust", "korea", "evil.card", says="evil\\u{202E}cod.exe\\u{001B}[31m")
    check("\u202e" not in shown and "\x1b" not in shown)
    answer = entente("party", "show", "korea", "--json")
    check(answer.isascii() and json.loads(answer)["trusted"][0]["name"] == name)


# ---- changing keys ----


def rotated_keys_take_over():
    drafted()
    for role in ("--root", "--operations", "--transport"):
        entente("keys", "rotate", "japan", role)
    entente("keys", "rotate", "japan", "--transport", "--listen", "[2001:db8::1]:4433")
    entente("keys", "rotate", "japan", "--root")
    shown = entente_json("party", "show", "japan")["own"]
    check(shown["register_number"] == 9 and shown["address"] == "[2001:db8::1]:4433")
    # A draft cites a position; keys that came later cannot sign it.
    entente("consultation", "sign", "japan", "draft", "--yes", status=ASKED_WRONGLY,
            says="before your root keys were rotated")
    entente("party", "card", "japan", "--out", "japan.new")
    entente("party", "trust", "korea", "japan.new", says="5 new register entries")
    entente("party", "trust", "america", "japan.new")
    entente("consultation", "draft", "korea", "--title", "T", "--with", NAMES["japan"], "--out", "new")
    for folder in ("korea", "japan"):
        entente("consultation", "sign", folder, "new", "--yes")
    entente("consultation", "join", "japan", "new")
    for words in ((), ("--root", "--transport"), ("--root", "--listen", "a:1")):
        entente("keys", "rotate", "japan", *words, status=ASKED_WRONGLY)
    entente("keys", "rotate", "japan", "--transport", "--listen", "nowhere", status=ASKED_WRONGLY)


def a_node_goes_on_as_the_next_incarnation():
    create("korea")
    old = read("korea/keyholder/node.secret")
    check(entente_json("keys", "resume", "korea")["incarnation"] == 2)
    check(read("korea/keyholder.1/node.secret") == old)
    check(read("korea/keyholder/node.secret") != old)
    shown = entente_json("keys", "resume", "korea", "--revoke")
    check(shown["incarnation"] == 3 and shown["register_number"] == 7)
    shutil.rmtree("korea/keyholder") # the disk is gone
    entente("keys", "resume", "korea", says="another party has helped")
    check(entente_json("party", "show", "korea")["own"]["incarnation"] == 4)
    write("other", os.urandom(32))
    before = snapshot("korea")
    entente("keys", "resume", "korea", "--key-file", "other", status=ASKED_WRONGLY)
    check(snapshot("korea") == before)


def put_back(folder, files):
    for name, data in files.items():
        if data is None:
            if os.path.exists(f"{folder}/{name}"):
                os.remove(f"{folder}/{name}")
        else:
            write(f"{folder}/{name}", data)


def a_root_rotation_that_was_cut_short_is_finished():
    create("korea")
    first, second = read("korea/party/root.key"), read("korea/party/root-next.key")
    entente("keys", "rotate", "korea", "--root")
    third = read("korea/party/root-next.key")
    check(read("korea/party/root.key") == second)
    root, following, staged = "party/root.key", "party/root-next.key", "party/root-next.key.staged"
    for files in ({root: first, following: second, staged: third},  # the register was written
                  {root: second, following: None, staged: third}):  # and the first file moved
        put_back("korea", files)
        entente("keys", "rotate", "korea", "--operations")
        check(read("korea/party/root.key") == second and read("korea/party/root-next.key") == third)
        check(not os.path.exists(f"korea/{staged}"))
    # Cut short before the register was written: forgotten.
    put_back("korea", {staged: first})
    entente("keys", "rotate", "korea", "--operations")
    check(read("korea/party/root.key") == second and read("korea/party/root-next.key") == third)
    entente("keys", "rotate", "korea", "--root")
    check(read("korea/party/root.key") == third and not os.path.exists(f"korea/{staged}"))


def other_changes_that_were_cut_short_are_finished():
    create("korea")
    for role, name in (("--operations", "party/operations.key"), ("--transport", "node/transport.key")):
        old = read(f"korea/{name}")
        entente("keys", "rotate", "korea", role)
        new = read(f"korea/{name}")
        put_back("korea", {name: old, f"{name}.staged": new})
        entente("keys", "rotate", "korea", "--root")
        check(read(f"korea/{name}") == new and not os.path.exists(f"korea/{name}.staged"))
        put_back("korea", {f"{name}.staged": old}) # of a change that never reached the register
        entente("keys", "rotate", "korea", "--root")
        check(read(f"korea/{name}") == new)
    entente("keys", "resume", "korea")
    os.rename("korea/keyholder", "korea/keyholder.staged")
    for is_moved in (False, True):
        if not is_moved:
            os.rename("korea/keyholder.1", "korea/keyholder")
        entente("keys", "rotate", "korea", "--root")
        check(not os.path.exists("korea/keyholder.staged"))
        check(os.path.exists("korea/keyholder/node.secret"))
        check(os.path.exists("korea/keyholder.1/node.secret"))
        if not is_moved:
            os.rename("korea/keyholder", "korea/keyholder.staged")


# ---- at a terminal ----


def at_terminal(words, answers, status):
    """Runs a command on a pseudo-terminal; answers each prompt; gives all that the terminal showed."""
    environment = {key: value for key, value in os.environ.items() if key != "ENTENTE_KEY_FILE"}
    child, terminal = pty.fork()
    if child == 0:
        os.execve(ENTENTE, [ENTENTE, *words], environment)
    shown, asked, ends = b"", 0, time.monotonic() + 120
    while time.monotonic() < ends:
        if not select.select([terminal], [], [], 1)[0]:
            continue
        try:
            got = os.read(terminal, 4096)
        except OSError:
            break
        if not got:
            break
        shown += got
        prompts = len(re.findall(rb"(?:keys|again): |\[y/N\] ", shown))
        while asked < min(prompts, len(answers)):
            time.sleep(0.2) # until the echo is off, as a person's typing comes later
            os.write(terminal, answers[asked].encode())
            asked += 1
    ended = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    os.close(terminal)
    check(ended == status, f"exit {ended}, not {status}: {shown.decode()}")
    return shown.decode()


def a_passphrase_is_asked_for_and_not_shown():
    make = ["party", "create", "korea", "--name", "Korea", "--listen", "a:1"]
    secret = "five words nobody says aloud"
    shown = at_terminal(make, [secret + "\n", secret + " again\n"], ASKED_WRONGLY)
    check("two passphrases" in shown and secret not in shown, shown)
    check("under 12 characters" in at_terminal(make, ["short\n", "short\n"], ASKED_WRONGLY))
    at_terminal(make, ["\x03"], MACHINE)
    check(os.listdir(".") == [])
    shown = at_terminal(make, [secret + "\n", secret + "\n"], DONE)
    check(secret not in shown, "the passphrase was shown")
    shown = at_terminal(["keys", "rotate", "korea", "--operations"], ["wrong\n"], ASKED_WRONGLY)
    check("passphrase or key file is wrong" in shown, shown)
    at_terminal(["keys", "rotate", "korea", "--operations"], [secret + "\n"], DONE)


def signing_at_a_terminal_asks():
    drafted()
    child_words = ["consultation", "sign", "korea", "draft", "--key-file", "key"]
    before = read("draft")
    check("not signed" in at_terminal(child_words, ["n\n"], ASKED_WRONGLY))
    check(read("draft") == before)
    at_terminal(child_words, ["y\n"], DONE)
    check(read("draft") != before)


if __name__ == "__main__":
    sys.exit(run_tests([
        three_parties_found_a_consultation, parties_may_sign_copies,
        a_party_is_made_with_private_files, a_second_party_does_not_share_keys,
        a_running_node_is_told, requests_to_make_a_party_are_checked,
        without_file_or_terminal_there_is_no_secret, a_changed_card_is_refused,
        a_register_fork_is_refused, an_untrusted_party_is_refused,
        an_incomplete_or_changed_genesis_is_refused, signing_needs_a_yes_the_right_key_and_a_party,
        what_names_hide_is_shown, rotated_keys_take_over, a_node_goes_on_as_the_next_incarnation,
        a_root_rotation_that_was_cut_short_is_finished,
        other_changes_that_were_cut_short_are_finished, a_passphrase_is_asked_for_and_not_shown,
        signing_at_a_terminal_asks]))
