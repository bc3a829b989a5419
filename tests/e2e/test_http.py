#!/usr/bin/env python3
"""
Goal: the desk of a real node, confined as it is, speaks HTTP where it shall, to whom it may, and nowhere else; it
outlives what clients do to it, and its clients do not notice when it starts again.
Method: one party without a consultation; curl, and sockets of our own where curl is too polite.
usage: test_http.py ENTENTE [NAME]
"""
import os
import re
import socket
import stat
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from parties import Party, check, free_ports, is_alive, wait_for
from tap import run_tests

HEALTH = "/api/v1/health"
OK = '{"status":"ok"}'
FLOOD = 60000

# Otherwise what was freed would count as memory for long.
os.environ["ASAN_OPTIONS"] += ":quarantine_size_mb=1"


class Node:
    """A party with its node running, served with these options."""

    def __init__(self, *options):
        self.party = Party(0, free_ports(1)[0])
        self.options = options

    def __enter__(self):
        self.party.create()
        self.party.start(*self.options)
        wait_for(lambda: "runs, at port" in self.party.traced() or self.party.server.poll() is not None, "its start")
        return self.party

    def __exit__(self, *error):
        if error[0] is not None:
            print("".join(f"# {line}\n" for line in self.party.traced().splitlines()), end="")
        self.party.kill()


def curl(*words):
    """Status, HTTP version and body; status 0 where there was no answer."""
    ran = subprocess.run(["curl", "-sS", "-m", "20", "-w", "\n%{http_code} %{http_version}", *words],
                         capture_output=True, check=False)
    body, _, last = ran.stdout.decode().rpartition("\n")
    status, version = last.split()
    return int(status), version, body.strip()


def at_folder(party, path, *words):
    return curl("--unix-socket", f"{party.folder}/api.sock", f"http://localhost{path}", *words)


def page(party):
    return wait_for(lambda: re.search(r"the page is at (\S+)/", party.traced()), "the page's address")[1]


def resident_kib(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as file:
        return int(re.search(r"VmRSS:\s+(\d+)", file.read())[1])


def the_folders_socket_is_the_owners():
    with Node() as party:
        mode = stat.S_IMODE(os.stat(f"{party.folder}/api.sock").st_mode)
        check(mode == 0o600, oct(mode))
        check(at_folder(party, HEALTH) == (200, "1.1", OK))
        check(at_folder(party, HEALTH, "--head")[0] == 200)
        check(at_folder(party, HEALTH, "--http2-prior-knowledge") == (200, "2", OK))
        check(at_folder(party, HEALTH, "--data", "x")[0] == 405)
        check(at_folder(party, "/api/v1/nothing")[0] == 404)
        check("the page is at" not in party.traced())
        party.stop()


def the_page_is_plain_on_this_machine_only():
    with Node("--page", "localhost:0") as party:
        address = page(party)
        check(address.startswith("http://127.0.0.1:"), address)
        check(curl(address + HEALTH) == (200, "1.1", OK))
        check(at_folder(party, HEALTH) == (200, "1.1", OK))
        port = int(address.rpartition(":")[2])
        listening = subprocess.run(["ss", "-Hltn", f"sport = :{port}"], capture_output=True, check=True).stdout.decode()
        check(listening.split()[3] == f"127.0.0.1:{port}", listening)
        party.stop()


def nobody_is_refused_while_the_desk_starts_again():
    with Node("--page", "127.0.0.1:0") as party:
        address = page(party)
        for _ in range(3):
            check(curl(address + HEALTH)[0] == 200)
            party.kill_one("desk")
            check(curl(address + HEALTH) == (200, "1.1", OK))
            check(at_folder(party, HEALTH) == (200, "1.1", OK))
            wait_for(lambda: party.traced().count("runs, at port") >= 1, "its start")
        party.stop()


def certificate(*names):
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout",
                    "page.key", "-out", "page.pem", "-days", "2", "-subj", "/CN=test", "-addext",
                    f"subjectAltName={','.join(names)}"], capture_output=True, check=True)
    os.chmod("page.key", 0o600)


def tls_is_spoken_with_the_given_certificate():
    certificate("IP:127.0.0.1")
    with Node("--page", "0.0.0.0:0", "--page-certificate", "page.pem", "--page-key", "page.key") as party:
        address = page(party).replace("0.0.0.0", "127.0.0.1")
        check(address.startswith("https://"), address)
        trusted = ["--cacert", "page.pem", address + HEALTH]
        check(curl(*trusted) == (200, "2", OK))
        check(curl("--http1.1", *trusted) == (200, "1.1", OK))
        check(curl("--tls-max", "1.2", *trusted) == (200, "2", OK))
        check(curl("--tls-max", "1.1", "--ciphers", "DEFAULT@SECLEVEL=0", *trusted)[0] == 0)
        check(curl(address + HEALTH)[0] == 0) # nobody vouches for it
        check(curl(address.replace("https", "http") + HEALTH)[0] == 0)
        check(at_folder(party, HEALTH) == (200, "1.1", OK))
        party.kill_one("desk") # and takes the certificate again
        check(curl(*trusted) == (200, "2", OK))
        party.stop()


def what_cannot_be_served_is_told_at_the_start():
    certificate("IP:127.0.0.1")
    both = ["--page-certificate", "page.pem", "--page-key", "page.key"]
    party = Party(0, free_ports(1)[0])
    party.create()
    taken = socket.create_server(("127.0.0.1", 0))
    with open("noise.pem", "wb") as file:
        file.write(os.urandom(1000))
        os.chmod("noise.pem", 0o600)

    def refused(status, says, *options):
        ran = party.run("serve", party.folder, *options)
        told = ran.stderr.decode()
        check(ran.returncode == status and says in told, f"{options}: {ran.returncode}: {told}")
    refused(1, "needs --page-certificate and --page-key", "--page", "0.0.0.0:0")
    refused(1, "needs --page-certificate and --page-key", "--page", "example.org:1")
    refused(1, "the address is not", "--page", "127.0.0.1")
    refused(1, "the address is not", "--page", "example.org:1", *both)
    refused(1, "go together", "--page", "127.0.0.1:0", "--page-key", "page.key")
    refused(1, "are for --page", *both)
    refused(1, "no-such-file: No such file", "--page", "127.0.0.1:0", "--page-certificate", "no-such-file", "--page-key", "page.key")
    refused(2, "another program listens", "--page", f"127.0.0.1:{taken.getsockname()[1]}")
    refused(3, "cannot be used", "--page", "127.0.0.1:0", "--page-certificate", "page.pem", "--page-key", "noise.pem")
    refused(3, "cannot be used", "--page", "127.0.0.1:0", "--page-certificate", "noise.pem", "--page-key", "page.key")
    os.chmod("page.key", 0o604)
    refused(1, "others can read", "--page", "127.0.0.1:0", *both)
    taken.close()


def limits_are_told():
    with Node() as party:
        with open("large", "wb") as file:
            file.write(bytes(2000000))
        for version in ("--http1.1", "--http2-prior-knowledge"):
            for status, path, *words in ((414, "/" + "a" * 3000), (431, HEALTH, "-H", "X: " + "a" * 9000),
                                         (413, HEALTH, "--data-binary", "@large", "-H", "Expect:"),
                                         (417, HEALTH, "--data", "a", "-H", "Expect: much")):
                told, _, body = at_folder(party, path, version, *words)
                check(told == status and f'"status":{status}' in body, f"{version} {status}: {told} {body}")
        party.stop()


def a_flood_leaves_the_desk_unharmed():
    with Node() as party:
        check(at_folder(party, HEALTH)[0] == 200)
        desk = party.all_children()["desk"]
        before = resident_kib(desk)
        request = f"GET {HEALTH} HTTP/1.1\r\nHost: x\r\n\r\n".encode()
        flood = socket.socket(socket.AF_UNIX)
        flood.connect(f"{party.folder}/api.sock")
        flood.settimeout(20)
        deaf = socket.socket(socket.AF_UNIX) # asks and asks, and reads nothing
        deaf.connect(f"{party.folder}/api.sock")
        deaf.setblocking(False)
        crowd = [socket.socket(socket.AF_UNIX) for _ in range(900)]
        for one in crowd:
            one.connect(f"{party.folder}/api.sock")
            one.sendall(request[:-3])
        answers, sent, begun = 0, 0, time.monotonic()
        while sent < FLOOD:
            flood.sendall(request * 100)
            sent += 100
            try:
                deaf.send(request * 100)
            except (BlockingIOError, BrokenPipeError, ConnectionResetError): # full, or closed for good reason
                pass
            while answers < sent - 200: # an answer is larger than its request
                answers += flood.recv(262144).count(b"HTTP/1.1 200 ")
            if sent % 20000 == 0:
                check(at_folder(party, HEALTH) == (200, "1.1", OK))
        took = time.monotonic() - begun
        print(f"# {FLOOD / took:.0f} requests a second; resident {before} KiB before, {resident_kib(desk)} KiB after", flush=True)
        check(resident_kib(desk) - before < 40000)
        check(is_alive(desk) and at_folder(party, HEALTH) == (200, "1.1", OK))
        begun = time.monotonic()
        party.stop()
        check(time.monotonic() - begun < 10, "clients keep the node from its end")
        for one in (flood, deaf, *crowd):
            one.close()


sys.exit(run_tests([the_folders_socket_is_the_owners, the_page_is_plain_on_this_machine_only,
                    nobody_is_refused_while_the_desk_starts_again, tls_is_spoken_with_the_given_certificate,
                    what_cannot_be_served_is_told_at_the_start, limits_are_told, a_flood_leaves_the_desk_unharmed]))
