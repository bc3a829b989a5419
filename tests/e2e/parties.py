"""Parties with real nodes, for tests: their folders, their processes, and the command line of their people.

Everything is below the current folder.  Ports are the kernel's choice; only processes that were started here
are ever signalled; whoever waits asks the node, and gives up after WAIT_S.
"""
import json
import os
import signal
import socket
import subprocess
import sys
import time

WAIT_S = 60
ENTENTE = os.path.abspath(sys.argv[1]) # before the first test changes the folder
LANGUAGES = ["ko", "ja", "en", "ar"]
NAMES = ["대한민국", "日本国", "United States"]

# A confined process may not do at its end what the leak checker does (it traces itself), and would hang;
# leaks are looked for in the unit tests and the simulator.
os.environ["ASAN_OPTIONS"] = ":".join(filter(None, [os.environ.get("ASAN_OPTIONS"), "detect_leaks=0"]))


def check(condition, what=""):
    if not condition:
        raise AssertionError(what)


def wait_for(condition, what, seconds=WAIT_S):
    """Polls until `condition` gives something true, and gives that."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        check(time.monotonic() < end, f"not within {seconds} s: {what}")
        time.sleep(0.02)


def free_ports(count):
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [opened.getsockname()[1] for opened in sockets]
    for opened in sockets:
        opened.close()
    return ports


def is_alive(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
            return file.read().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


class Party:
    def __init__(self, number, port):
        self.folder = f"party-{number}"
        self.name = NAMES[number]
        self.port = port
        self.key_file = f"{self.folder}.key"
        self.trace = f"{self.folder}.trace"
        self.server = None
        self.id = None

    # ---- the command line ----

    def command(self, *words):
        return [ENTENTE, *(str(word) for word in words)]

    def run(self, *words, data=None, key_file=None):
        environment = dict(os.environ, ENTENTE_KEY_FILE=key_file or self.key_file)
        return subprocess.run(self.command(*words), input=data, capture_output=True, timeout=WAIT_S,
                              env=environment, start_new_session=True, check=False)

    def ask(self, *words, data=None):
        ran = self.run(*words, data=data)
        check(ran.returncode == 0, f"{self.folder}: {words}: exit {ran.returncode}: "
                                   f"{ran.stderr.decode()}\n{self.traced()}")
        return ran.stdout.decode()

    def json(self, *words, data=None):
        return json.loads(self.ask(*words, "--json", data=data))

    def refused(self, status, says, *words, **options):
        """A command that must end with `status` and one line that has `says` in it."""
        ran = self.run(*words, **options)
        lines = [line for line in ran.stderr.decode().splitlines() if line.startswith("entente: ")]
        check(ran.returncode == status and len(lines) == 1 and says in lines[0],
              f"{words}: exit {ran.returncode}, not {status}; no '{says}' in: {ran.stderr.decode()}")

    def create(self):
        open(self.trace, "wb").close()
        with open(self.key_file, "wb") as file:
            os.chmod(self.key_file, 0o600)
            file.write(os.urandom(32))
        self.ask("party", "create", self.folder, "--name", self.name, "--listen", f"127.0.0.1:{self.port}")

    def say(self, text, *options):
        return self.json("say", self.folder, "-", *options, data=text.encode())["id"]

    def status(self):
        return self.json("status", self.folder)

    def log(self):
        """All opened entries by id."""
        entries = map(json.loads, self.ask("log", self.folder, "--json").splitlines())
        return {entry["id"]: entry for entry in entries}

    def export(self):
        path = f"{self.folder}.record"
        self.ask("record", "export", self.folder, path)
        return path

    def ids(self):
        """The ids in a verified record that the node exports now."""
        shown = self.ask("record", "show", self.export(), "--json")
        return {json.loads(line)["id"] for line in shown.splitlines()}

    def link(self, other, is_up):
        self.ask("drill", self.folder, "unblock" if is_up else "block", other.id)

    def sees(self, other):
        return next(p for p in self.status()["parties"] if p["party"] == other.id)

    # ---- the node ----

    def start(self, *options, key_file=None, prepare=None):
        environment = dict(os.environ, ENTENTE_KEY_FILE=key_file or self.key_file)
        with open(self.trace, "ab") as trace:
            self.server = subprocess.Popen(self.command("serve", self.folder, *options), env=environment,
                                           stdout=trace, stderr=trace, preexec_fn=prepare)

    def answers(self):
        """Whether all three processes run: a status comes from the node, and a log from the keyholder."""
        check(self.server.poll() is None, f"{self.folder} ended:\n{self.traced()}")
        return (self.run("status", self.folder, "--json").returncode == 0 and
                self.run("log", self.folder, "--json").returncode == 0)

    def wait(self):
        wait_for(self.answers, f"an answer of {self.folder}\n{self.traced()}")

    def traced(self):
        with open(self.trace, encoding="utf-8", errors="replace") as file:
            return file.read()

    def children(self):
        """pid by name, of the processes of the running node."""
        path = f"/proc/{self.server.pid}/task/{self.server.pid}/children"
        with open(path, encoding="ascii") as file:
            pids = [int(word) for word in file.read().split()]
        named = {}
        for pid in pids:
            try:
                with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
                    name = file.read().split("(", 1)[1].rsplit(")", 1)[0]
            except OSError:
                continue
            for process in ("keyholder", "node", "desk"):
                if name.startswith(f"entente-{process}"[:15]):
                    named[process] = pid
        return named

    def all_children(self):
        return wait_for(lambda: (lambda found: found if len(found) == 3 else None)(self.children()),
                        f"three processes of {self.folder}")

    def kill_one(self, process):
        pid = self.all_children()[process]
        os.kill(pid, signal.SIGKILL)
        wait_for(lambda: not is_alive(pid), f"the end of the {process}")

    def kill(self, with_children=True):
        """-9, as when the plug is pulled; without children these must end by themselves."""
        if self.server is None:
            return
        pids = list(self.children().values()) if self.server.poll() is None else []
        for pid in [self.server.pid, *(pids if with_children else [])]:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        self.server.wait()
        self.server = None
        wait_for(lambda: not any(map(is_alive, pids)), f"the end of the processes of {self.folder}")

    def stop(self):
        self.server.terminate()
        check(self.server.wait(WAIT_S) == 0, f"{self.folder} did not end well:\n{self.traced()}")
        self.server = None


class Consultation:
    """Three parties that founded a room, with their nodes running; all killed at the end."""

    def __init__(self, is_started=True):
        self.is_started = is_started
        self.parties = [Party(number, port) for number, port in enumerate(free_ports(3))]

    def __enter__(self):
        try:
            self.found()
            for party in self.parties if self.is_started else []:
                party.start()
            if self.is_started:
                linked(self.parties)
        except BaseException:
            self.__exit__()
            raise
        return self.parties

    def __exit__(self, *error):
        for party in self.parties:
            if error and error[0] is not None:
                print("".join(f"# {party.folder}: {line}\n" for line in party.traced().splitlines()),
                      end="")
            party.kill()

    def found(self):
        for party in self.parties:
            party.create()
            party.ask("party", "card", party.folder, "--out", f"{party.folder}.card")
        for party in self.parties:
            for other in self.parties:
                if other is not party:
                    party.ask("party", "trust", party.folder, f"{other.folder}.card")
        first = self.parties[0]
        first.ask("consultation", "draft", first.folder, "--title", "협의 · 協議 · مشاورات", "--with",
                  *NAMES[1:], "--language", *LANGUAGES, "--out", "draft")
        for party in self.parties:
            party.ask("consultation", "sign", party.folder, "draft", "--yes")
        for party in self.parties:
            party.ask("consultation", "join", party.folder, "draft")
            party.id = party.json("party", "show", party.folder)["own"]["party"]


def linked(parties):
    """Waits until every party may write and is linked with every other."""
    for party in parties:
        party.wait()

    def are():
        states = [party.status() for party in parties]
        return all(state["writing"] == "open" for state in states) and all(
            other["linked"] for state in states for other in state["parties"] if not other["own"])
    wait_for(are, "links between all parties")


def settled(parties):
    """Waits until all hold everything; gives the state hash, which is then the same at all."""
    def are():
        states = [party.status() for party in parties]
        is_held = all(state["held_by_all"] == state["entries"] for state in states)
        hashes = {state["state"] for state in states}
        return hashes.pop() if is_held and len(hashes) == 1 else None
    return wait_for(are, "one record, held by all")


def lacks_nothing(party, acknowledged):
    missing = set(acknowledged) - party.ids()
    check(not missing, f"{party.folder} lost {len(missing)} of {len(acknowledged)} acknowledged entries")
