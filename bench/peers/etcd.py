"""etcd: three members on loopback with its defaults, driven through its own client library."""

import base64
import http.client
import json
import os
import shutil
import subprocess

import cluster
import support

LOAD = os.path.join(support.WORK, "etcd_load")
SOURCE = os.path.join(support.ROOT, "bench", "peers", "etcd_load.go")
LIBRARY = "/usr/share/gocode"  # where golang-etcd-server-dev puts it


def call(port, path, question):
    """One request to the JSON gateway that etcd offers beside gRPC."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request("POST", path, json.dumps(question))
        return json.loads(connection.getresponse().read())
    finally:
        connection.close()


def text(word):
    return base64.b64encode(word.encode()).decode()


class Cluster(cluster.Cluster):
    name = "etcd"
    programs = ("etcd", "go")
    note = ("a put is acknowledged when a majority has it on disk; a client whose put fails tries "
            f"again after {cluster.TIMEOUT_MS} ms at most")

    @classmethod
    def prepare(cls):
        super().prepare()
        if os.path.exists(LOAD) and os.path.getmtime(LOAD) > os.path.getmtime(SOURCE):
            return
        os.makedirs(support.WORK, exist_ok=True)
        environment = {**os.environ, "GO111MODULE": "off", "GOPATH": LIBRARY, "GOFLAGS": "",
                       "GOCACHE": os.path.join(support.WORK, "go-cache")}
        done = subprocess.run(["go", "build", "-o", LOAD, SOURCE], env=environment,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if done.returncode != 0:
            raise support.Failure(f"etcd_load does not build; run ./setup bench:\n{done.stdout}")

    @staticmethod
    def version():
        return subprocess.run(["etcd", "--version"], stdout=subprocess.PIPE,
                              text=True).stdout.split("\n")[0].split(": ")[1]

    def start(self):
        # Ports for the three members, and for one that joins later to catch up.
        ports = support.free_ports(2 * (cluster.NODES + 1))
        self.clients, self.peers = ports[0::2], ports[1::2]
        for i in range(cluster.NODES):
            self.start_node(i)
        for i in range(cluster.NODES):
            support.wait_until(lambda: self._answers(i), 30, f"etcd: {self.nodes[i].trace_path}")

    def start_node(self, i):
        joins = i >= cluster.NODES
        members = range(i + 1 if joins else cluster.NODES)
        self.spawn(i, [
            "etcd", "--name", f"node{i}", "--data-dir", self.path(f"node{i}"),
            "--listen-client-urls", f"http://127.0.0.1:{self.clients[i]}",
            "--advertise-client-urls", f"http://127.0.0.1:{self.clients[i]}",
            "--listen-peer-urls", f"http://127.0.0.1:{self.peers[i]}",
            "--initial-advertise-peer-urls", f"http://127.0.0.1:{self.peers[i]}",
            "--initial-cluster",
            ",".join(f"node{j}=http://127.0.0.1:{self.peers[j]}" for j in members),
            "--initial-cluster-state", "existing" if joins else "new", 
            "--logger", "zap", "--log-level", "warn", "--quota-backend-bytes", str(8 << 30)])

    def _answers(self, i):
        return call(self.clients[i], "/v3/kv/range", {"key": text("first")}).get("header")

    def leader(self):
        def find():
            for i, process in self.nodes.items():
                if process.alive():
                    answer = call(self.clients[i], "/v3/maintenance/status", {})
                    if answer["leader"] == answer["header"]["member_id"]:
                        return (i,)
            return None
        return support.wait_until(find, 30, "etcd: no leader")[0]

    def load(self, i, mode, *numbers):
        return support.start_tool(LOAD, mode, self.clients[i], f"r/{mode}{i}", *numbers)

    def held(self, i):
        answer = call(self.clients[i], "/v3/kv/range", {
            "key": text("r/"), "range_end": text("r0"), "serializable": True, "count_only": True})
        return int(answer.get("count", 0))

    # --- An empty node ---------------------------------------------------------------------------

    def make_empty(self):
        """A fourth member, which learns all and does not vote: the way etcd's manual adds one."""
        i = cluster.NODES

        def add():
            answer = call(self.clients[self.leader()], "/v3/cluster/member/add", {
                "peerURLs": [f"http://127.0.0.1:{self.peers[i]}"], "isLearner": True})
            return answer["member"]["ID"]
        # For some seconds after a change etcd takes no further one.
        self._learner = support.wait_until(add, 60, "etcd: no member can be added", pause=0.2)
        return i

    def remove_empty(self, i):
        call(self.clients[self.leader()], "/v3/cluster/member/remove", {"ID": self._learner})
        self.nodes.pop(i).stop()
        shutil.rmtree(self.path(f"node{i}"))
