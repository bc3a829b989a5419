"""Three parties on this machine, as the demonstrations use them: folders, nodes, and the command line."""
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
WORK = pathlib.Path(os.environ.get("ENTENTE_DEMO_WORK", ROOT / "demo-work"))
PARTIES = [("korea", "Republic of Korea"), ("japan", "Japan"), ("united-states", "United States")]
LANGUAGES = ["ko", "ja", "en", "ar"]
OFFICE = "National Security Adviser"


def say(text):
    print(text, flush=True)


class Failed(Exception):
    """Something did not do what the demo is there to show."""


def free_ports(count):
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [s.getsockname()[1] for s in sockets]
    for s in sockets:
        s.close()
    return ports


class Party:
    """One party: its folder, its node, and the command line that its people use."""

    def __init__(self, entente, slug, name, port):
        self.entente = entente
        self.name = name
        self.slug = slug
        self.folder = WORK / slug
        self.key_file = WORK / f"{slug}.key"
        self.card = WORK / f"{slug}.card"
        self.address = f"127.0.0.1:{port}"
        self.page = None # the address where its people find the page
        self.server = None
        self.trace = open(WORK / f"{slug}.trace", "ab")
        self.id = None

    def run(self, *arguments, check=True):
        environment = dict(os.environ, ENTENTE_KEY_FILE=str(self.key_file))
        done = subprocess.run([self.entente, *map(str, arguments)], capture_output=True, text=True,
                              env=environment, check=False)
        if check and done.returncode != 0:
            raise Failed(f"entente {' '.join(map(str, arguments))}: {done.stderr.strip()}")
        return done

    def json(self, *arguments):
        return json.loads(self.run(*arguments, "--json").stdout)

    def create(self):
        self.key_file.write_bytes(os.urandom(32).hex().encode())
        self.key_file.chmod(0o600)
        self.run("party", "create", self.folder, "--name", self.name, "--listen", self.address)
        self.run("party", "card", self.folder, "--out", self.card)
        self.id = self.json("party", "show", self.folder)["own"]["party"]

    def start(self):
        environment = dict(os.environ, ENTENTE_KEY_FILE=str(self.key_file))
        page = ["--page", self.page] if self.page else []
        self.server = subprocess.Popen([self.entente, "serve", str(self.folder), *page], env=environment,
                                       stdout=self.trace, stderr=self.trace)

    def wait(self, seconds=30):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            done = self.run("status", self.folder, "--json", check=False)
            if done.returncode == 0:
                return
            if self.server.poll() is not None:
                break
            time.sleep(0.05)
        raise Failed(f"the node of {self.name} does not run; see {self.trace.name}")

    def status(self):
        return self.json("status", self.folder)

    def children(self):
        path = pathlib.Path(f"/proc/{self.server.pid}/task/{self.server.pid}/children")
        return [int(pid) for pid in path.read_text().split()]

    def kill(self):
        """-9 for all of the node's processes at once, as when the machine's plug is pulled."""
        pids = [self.server.pid, *self.children()]
        for pid in pids:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        self.server.wait()
        self.server = None
        end = time.monotonic() + 10
        while any(pathlib.Path(f"/proc/{pid}").exists() and
                  "Z" not in pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")")[-1][:3]
                  for pid in pids) and time.monotonic() < end:
            time.sleep(0.01)

    def stop(self):
        if self.server is None:
            return
        self.server.send_signal(signal.SIGTERM)
        try:
            self.server.wait(15)
        except subprocess.TimeoutExpired:
            self.kill()
        self.server = None

    def lose_store(self):
        shutil.rmtree(self.folder / "store")

    def link(self, other, up):
        self.run("drill", self.folder, "unblock" if up else "block", other.id)


def found(parties):
    say("Three parties make their keys, exchange cards, and found a room that each root signs.")
    for party in parties:
        party.create()
    for party in parties:
        for other in parties:
            if other is not party:
                party.run("party", "trust", party.folder, other.card)
    draft = WORK / "room.genesis"
    first = parties[0]
    options = [part for tag in LANGUAGES for part in ("--language", tag)]
    options += ["--office", OFFICE, "--charter", f"en:{ROOT / 'demonstration' / 'consultation' / 'charter.en.txt'}"]
    others = [part for other in parties[1:] for part in ("--with", other.id)]
    first.run("consultation", "draft", first.folder, "--title",
              "Trilateral consultation of national security advisers", *others, *options,
              "--out", draft)
    for party in parties:
        party.run("consultation", "sign", party.folder, draft, "--yes")
    for party in parties:
        party.run("consultation", "join", party.folder, draft)


def settled(parties, seconds):
    """Waits until everything is held by all and the three records are the same."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        states = [party.status() for party in parties]
        if (len({state["state"] for state in states}) == 1 and
                all(state["held_by_all"] == state["entries"] for state in states)):
            return states
        time.sleep(0.2)
    return [party.status() for party in parties]
