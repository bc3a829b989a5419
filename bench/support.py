"""What every measurement needs: processes that end with us, ports, memory, figures."""

import atexit
import ctypes
import json
import os
import platform
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
WORK = os.path.join(ROOT, "bench-work")
BUILD = os.path.join(ROOT, "build-bench")

PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None)
_running = []


class Failure(Exception):
    """A measurement that could not be made; the text says what to look at."""


def say(text):
    """Progress, for a person who waits; the figures alone go to standard output."""
    print(f"bench: {text}", file=sys.stderr, flush=True)


def fresh_folder(*names):
    path = os.path.join(WORK, *names)
    shutil.rmtree(path, ignore_errors=True)
    os.makedirs(path)
    return path


def free_ports(count):
    """Ports that the kernel chose.  All are bound before one is let go, so no two are equal."""
    bound = []
    try:
        for _ in range(count):
            one = socket.socket()
            one.bind(("127.0.0.1", 0))
            bound.append(one)
        return [one.getsockname()[1] for one in bound]
    finally:
        for one in bound:
            one.close()


# --- Processes -----------------------------------------------------------------------------------


def _die_with_parent():
    # Also when we are killed with -9, nothing of ours is left behind.
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


class Process:
    """A server that we started: known by its process id, and ended by it, come what may."""

    def __init__(self, command, trace_path, environment=None):
        self.command = command
        self.trace_path = trace_path
        with open(trace_path, "ab") as trace:
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=trace, stderr=trace,
                env={**os.environ, **(environment or {})}, preexec_fn=_die_with_parent)
        self.pid = self._process.pid
        _running.append(self)

    def alive(self):
        return self._process.poll() is None

    def kill(self):
        """Kill -9 the process and all it started: to the others, a power cut at one party."""
        for pid in process_tree(self.pid) if self.alive() else []:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        self._process.wait()
        self._forget()

    def stop(self, seconds=20):
        """End in good order, or by force when that takes too long."""
        if self.alive():
            self._process.terminate()
            try:
                self._process.wait(seconds)
            except subprocess.TimeoutExpired:
                self.kill()
        self._forget()

    def _forget(self):
        if self in _running:
            _running.remove(self)


def _end_all():
    for process in list(_running):
        process.kill()


atexit.register(_end_all)
# A signal becomes an exception, so that every `finally` and the handler above still run.
signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
signal.signal(signal.SIGHUP, lambda number, frame: sys.exit(128 + number))


def process_tree(root):
    """`root` and all its descendants."""
    children = {}
    for name in os.listdir("/proc"):
        if not name.isdigit():
            continue
        try:
            with open(f"/proc/{name}/stat") as file:
                parent = int(file.read().rsplit(")", 1)[1].split()[1])
        except OSError:
            continue
        children.setdefault(parent, []).append(int(name))
    tree, waiting = [], [root]
    while waiting:
        pid = waiting.pop()
        tree.append(pid)
        waiting += children.get(pid, [])
    return tree


def memory(pid):
    """Bytes of a process and its descendants: resident, the same with each shared page divided
    among those who share it, and the most that was ever resident (the sum of each one's most)."""
    resident = proportional = peak = 0
    for one in process_tree(pid):
        try:
            with open(f"/proc/{one}/smaps_rollup") as file:
                for line in file:
                    if line.startswith("Rss:"):
                        resident += int(line.split()[1]) * 1024
                    elif line.startswith("Pss:"):
                        proportional += int(line.split()[1]) * 1024
            with open(f"/proc/{one}/status") as file:
                for line in file:
                    if line.startswith("VmHWM:"):
                        peak += int(line.split()[1]) * 1024
        except OSError:
            continue
    return {"resident_bytes": resident, "proportional_bytes": proportional,
            "peak_bytes": peak}


def processor_seconds(pid):
    """What a process and its descendants that still run have used, as user and in the kernel."""
    ticks = 0
    for one in process_tree(pid):
        try:
            with open(f"/proc/{one}/stat") as file:
                fields = file.read().rsplit(")", 1)[1].split()
        except OSError:
            continue
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def folder_bytes(path):
    total = 0
    for folder, _, files in os.walk(path):
        for name in files:
            try:
                total += os.lstat(os.path.join(folder, name)).st_size
            except FileNotFoundError:
                continue
    return total


def wait_until(probe, seconds, what, pause=0.02):
    """The first true answer of `probe`; an error of a server that is not up yet is no answer."""
    end = time.monotonic() + seconds
    while True:
        try:
            answer = probe()
            if answer:
                return answer
        except (OSError, ValueError, KeyError):
            pass
        if time.monotonic() > end:
            raise Failure(f"waited {seconds} s in vain: {what}")
        time.sleep(pause)


# --- Our helpers in C, and load generators -------------------------------------------------------


def build():
    """A release build of everything in C; does nothing where it is up to date."""
    if not os.path.exists(os.path.join(BUILD, "build.ninja")):
        _must(["meson", "setup", BUILD, ROOT, "--buildtype=release"])
    _must(["ninja", "-C", BUILD, "-j2"])


def _must(command):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode != 0:
        raise Failure(f"{' '.join(command)}:\n{done.stdout[-2000:]}")


def tool(name):
    return os.path.join(BUILD, "bench", name)


def start_tool(*command):
    """Start a helper that prints one line of JSON; finish_tool() takes that line."""
    return subprocess.Popen([str(word) for word in command], stdin=subprocess.DEVNULL,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                            preexec_fn=_die_with_parent)


def finish_tool(started, seconds=3600):
    try:
        output, trace = started.communicate(timeout=seconds)
    except BaseException:
        started.kill()
        started.wait()
        raise
    if started.returncode != 0:
        raise Failure(f"{' '.join(started.args)} ended with {started.returncode}: {trace[-500:]}")
    return json.loads(output)


def run_tool(*command):
    return finish_tool(start_tool(*command))


# --- Figures -------------------------------------------------------------------------------------


def spread(values):
    """Never a median alone: on a shared machine the spread says how much it is worth."""
    return {"median": rounded(statistics.median(values)), "min": rounded(min(values)),
            "max": rounded(max(values))}


def spreads(results, *keys):
    return {key: spread([result[key] for result in results]) for key in keys}


def ratio(above, below):
    """The spread of the ratios round by round: what slowed a whole round cancels out."""
    return spread([a / b for a, b in zip(above, below)])


def rounded(value):
    """Four significant digits, also of large and very small numbers; whole numbers stay whole."""
    return value if isinstance(value, int) else float(f"{value:.4g}")


def machine():
    with open("/proc/cpuinfo") as file:
        models = [line.split(":", 1)[1].strip() for line in file if line.startswith("model name")]
    return {"processor": models[0] if models else platform.machine(),
            "processors": os.cpu_count(),
            "memory_bytes": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
            "kernel": platform.release(), "load_before": rounded(os.getloadavg()[0])}
