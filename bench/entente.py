"""Entente: three parties' nodes on loopback, driven through the command line, as a user would."""

import glob
import http.client
import json
import os
import shutil
import socket
import subprocess
import time
import urllib.parse

import cluster
import support

PROGRAM = os.path.join(support.BUILD, "src", "cli", "entente")
NAMES = ("Republic of Korea", "Japan", "United States")
STORE = "store"  # what a node can get back from the others
KEY_FILE = "key"   # in the work folder: it unlocks all three, and opening it costs next to nothing


def entente(*words, key_file=None):
    """One command; what it printed."""
    environment = dict(os.environ, ENTENTE_KEY_FILE=key_file) if key_file else None
    done = subprocess.run([PROGRAM, *words], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, env=environment)
    if done.returncode != 0:
        raise support.Failure(f"entente {' '.join(words)} ended with {done.returncode}: "
                              f"{done.stderr.decode(errors='replace')[-500:]}")
    return done.stdout


class Api(http.client.HTTPConnection):
    """What a party's operator asks at DIR/api.sock of the only consultation."""

    def __init__(self, folder):
        super().__init__("localhost", timeout=120)
        self.path = os.path.join(folder, "api.sock")

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(self.path)

    def get(self, path, **query):
        """The answer, and how many milliseconds it took; OSError where the desk is not there, or not yet ready."""
        began = time.monotonic()
        try:
            self.request("GET", f"/api/v1/rooms/only{path}?{urllib.parse.urlencode(query)}")
            answer = self.getresponse()
            body = answer.read()
        except (OSError, http.client.HTTPException) as error:
            self.close()
            raise OSError(str(error)) from error
        took_ms = (time.monotonic() - began) * 1000
        if answer.status != 200:
            raise OSError(f"{path}: {answer.status} {body[:300]!r}")
        return json.loads(body), took_ms


class Cluster(cluster.Cluster):
    name = "entente"

    @classmethod
    def prepare(cls):
        if not os.path.exists(PROGRAM):
            raise support.Failure(f"{PROGRAM} is not built; --peer-only measures a peer without it")

    def start(self):
        self.found(support.free_ports(cluster.NODES))
        for i in range(cluster.NODES):
            self.start_node(i)
        for i in range(cluster.NODES):
            support.wait_until(lambda: self.linked(i), 30, f"entente: {self.nodes[i].trace_path}")

    def node(self, i):
        return self.path(f"node{i}")

    def found(self, ports):
        """Cards are exchanged, a genesis is signed by each party in turn, and all join."""
        key = self.path(KEY_FILE)
        with open(os.open(key, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(os.urandom(32).hex())
        for i, port in enumerate(ports):
            entente("party", "create", self.node(i), "--name", NAMES[i],
                    "--listen", f"127.0.0.1:{port}", key_file=key)
            entente("party", "card", self.node(i), "--out", self.path(f"card{i}"))
        for i in range(cluster.NODES):
            for j in range(cluster.NODES):
                if i != j:
                    entente("party", "trust", self.node(i), self.path(f"card{j}"))
        genesis = self.path("genesis")
        entente("consultation", "draft", self.node(0), "--title", "Bench", "--with", NAMES[1],
                NAMES[2], "--out", genesis)
        for i in range(cluster.NODES):
            entente("consultation", "sign", self.node(i), genesis, "--yes", key_file=key)
        for i in range(cluster.NODES):
            entente("consultation", "join", self.node(i), genesis)

    def start_node(self, i):
        self.spawn(i, [PROGRAM, "serve", self.node(i), "--key-file", self.path(KEY_FILE)])

    def leader(self):
        return None  # nobody is

    def status(self, i):
        try:
            return json.loads(entente("status", self.node(i), "--json"))
        except support.Failure as failure:
            raise OSError(str(failure)) from failure  # not up yet, to wait_until()

    def linked(self, i):
        others = [party for party in self.status(i)["parties"] if not party["own"]]
        return len(others) == cluster.NODES - 1 and all(party["linked"] for party in others)

    def held(self, i):
        return self.status(i)["entries"]

    def load(self, i, mode, *numbers):
        """Prints what the peers' generators print, and after `append` also held_per_s."""
        return support.start_tool(support.tool("entente_load"), mode,
                                  self.node(i), *numbers)

    def append_one(self, i):
        """Until it is acknowledged; not, as `append` does, until all hold it."""
        return support.finish_tool(self.load(i, "one", cluster.BYTES))

    def say(self, i, path):
        """A statement of each line of the file: language, tabulator, text."""
        support.run_tool(support.tool("entente_load"), "texts", self.node(i), path, 256)

    def api(self, i):
        return Api(self.node(i))

    # --- A node whose store is gone --------------------------------------------------------------

    def make_empty(self):
        i = cluster.NODES - 1
        self.nodes[i].stop()
        gone = glob.glob(os.path.join(self.node(i), STORE))
        if not gone:
            raise support.Failure(f"no {STORE} in {self.node(i)}")
        for path in gone:
            shutil.rmtree(path) if os.path.isdir(path) else os.unlink(path)
        return i

    def remove_empty(self, i):
        """It is a full node again, and stays."""

    # --- The record as a file --------------------------------------------------------------------

    def export(self, i, path):
        entente("record", "export", self.node(i), path)

    def verifier(self):
        def verify(path):
            started = time.monotonic()
            entente("record", "verify", path)
            return {"seconds": time.monotonic() - started}
        return verify
