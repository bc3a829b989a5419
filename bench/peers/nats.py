"""NATS JetStream: three servers on loopback, and one stream that all three hold."""

import http.client
import json
import shutil
import socket
import subprocess

import cluster
import support

STREAM = "RECORD"


def ask(port, subject, question):
    """One request to JetStream itself.  Without a leader nobody answers: ask again soon."""
    body = json.dumps(question).encode() if question is not None else b""
    with socket.create_connection(("127.0.0.1", port), timeout=1) as link:
        link.sendall(b'CONNECT {"verbose":false}\r\nSUB _INBOX.ask 1\r\n'
                     b'PUB %s _INBOX.ask %d\r\n%s\r\n' % (subject.encode(), len(body), body))
        with link.makefile("rb") as answers:
            for line in answers:
                if line.startswith(b"MSG "):
                    return json.loads(answers.read(int(line.split()[-1])))
                if line.startswith(b"PING"):
                    link.sendall(b"PONG\r\n")
    raise ConnectionError("closed without an answer")


class Cluster(cluster.Cluster):
    name = "nats"
    programs = ("nats-server",)
    note = ("a publication is acknowledged when a majority has written it, but this version does "
            "not fsync each message: a power cut at two servers can lose what was acknowledged; a "
            f"client whose publication fails tries again after {cluster.TIMEOUT_MS} ms at most")

    @staticmethod
    def version():
        return subprocess.run(["nats-server", "--version"], stdout=subprocess.PIPE,
                              text=True).stdout.strip().split()[-1].lstrip("v")

    def start(self):
        ports = support.free_ports(3 * cluster.NODES)
        self.clients, self.routes, self.monitors = ports[0::3], ports[1::3], ports[2::3]
        for i in range(cluster.NODES):
            self._write_configuration(i)
            self.start_node(i)
        support.wait_until(self._make_stream, 30, f"NATS: {self.nodes[0].trace_path}", pause=0.2)
        support.wait_until(lambda: all(self.held(i) == 0 for i in range(cluster.NODES)), 30,
                           "NATS: the stream is not on all three servers")

    def _write_configuration(self, i):
        routes = ", ".join(f'"nats://127.0.0.1:{port}"' for port in self.routes)
        with open(self.path(f"node{i}.conf"), "w") as file:
            file.write(f'server_name: node{i}\n'
                       f'listen: "127.0.0.1:{self.clients[i]}"\n'
                       f'http: "127.0.0.1:{self.monitors[i]}"\n'
                       f'jetstream {{ store_dir: "{self.path(f"node{i}")}", max_file: 20G }}\n'
                       f'cluster {{ name: bench, listen: "127.0.0.1:{self.routes[i]}",'
                       f' routes: [{routes}] }}\n')

    def start_node(self, i):
        self.spawn(i, ["nats-server", "-c", self.path(f"node{i}.conf")])

    def _make_stream(self):
        answer = ask(self.clients[0], f"$JS.API.STREAM.CREATE.{STREAM}", {
            "name": STREAM, "subjects": ["r.>"], "retention": "limits", "storage": "file",
            "num_replicas": cluster.NODES, "max_consumers": -1, "max_msgs": -1, "max_bytes": -1,
            "max_age": 0, "discard": "old"})
        # One that an earlier, unanswered question made is as good.
        trouble = answer.get("error", {}).get("description", "")
        return "config" in answer or "already in use" in trouble

    def leader(self):
        def find():
            for i, process in self.nodes.items():
                if process.alive():
                    answer = ask(self.clients[i], f"$JS.API.STREAM.INFO.{STREAM}", None)
                    return (int(answer["cluster"]["leader"].removeprefix("node")),)
            return None
        return support.wait_until(find, 30, "NATS: no leader")[0]

    def load(self, i, mode, *numbers):
        return support.start_tool(support.tool("nats_load"), mode, self.clients[i], f"r.{mode}{i}",
                                  *numbers)

    def held(self, i):
        connection = http.client.HTTPConnection("127.0.0.1", self.monitors[i], timeout=10)
        try:
            connection.request("GET", "/jsz?accounts=true&streams=true")
            answer = json.loads(connection.getresponse().read())
        finally:
            connection.close()
        for account in answer.get("account_details", []):
            for stream in account.get("stream_detail", []):
                if stream["name"] == STREAM:
                    return stream["state"]["messages"]
        return -1

    # --- An empty node ---------------------------------------------------------------------------

    def make_empty(self):
        """A follower that lost its disk."""
        i = (self.leader() + 1) % cluster.NODES
        self.nodes[i].stop()
        shutil.rmtree(self.path(f"node{i}"))
        return i

    def remove_empty(self, i):
        """It is a full follower again, and stays."""
