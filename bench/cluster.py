"""Three nodes on loopback, whoever made them: what every measurement may ask of them."""

import os
import shutil

import support

NODES = 3
BYTES = 256  # of an entry's body
PAUSE_MS = 5  # of a writer in `gap`, after each acknowledgement
# How long a writer of a peer waits before it tries again: short, so that the stall that is measured
# is the peer's own and not the patience of its client.
TIMEOUT_MS = 500
START_ATTEMPTS = 3


class Cluster:
    """`with Cluster() as cluster:` starts three fresh nodes and ends them, whatever happens."""

    name = ""
    programs = ()  # that must be installed
    note = ""  # what a reader of the figures must know

    def __init__(self):
        self.folder = None
        self.nodes = {}

    @classmethod
    def prepare(cls):
        missing = [program for program in cls.programs if shutil.which(program) is None]
        if missing:
            raise support.Failure(f"not installed: {', '.join(missing)}; run ./setup bench")

    def __enter__(self):
        for attempt in range(START_ATTEMPTS):
            self.folder = support.fresh_folder(self.name)
            try:
                self.start()
                return self
            except support.Failure:
                # Somebody may have taken a port between our choice and the server's bind.
                self.stop()
                if attempt == START_ATTEMPTS - 1:
                    raise
            except BaseException:
                self.stop()
                raise
        raise AssertionError("unreachable")

    def __exit__(self, *what):
        self.stop()
        if what[0] is None:  # after an error the servers' traces are still of use
            shutil.rmtree(self.folder, ignore_errors=True)

    def stop(self):
        for process in self.nodes.values():
            process.stop()
        self.nodes = {}

    def path(self, *names):
        return os.path.join(self.folder, *names)

    def spawn(self, i, command, environment=None):
        self.nodes[i] = support.Process(command, self.path(f"node{i}.trace"), environment)

    def kill(self, i):
        self.nodes[i].kill()

    def memory(self, i):
        return support.memory(self.nodes[i].pid)

    def processor_seconds(self, i):
        return support.processor_seconds(self.nodes[i].pid)

    def disk_bytes(self, i):
        return support.folder_bytes(self.path(f"node{i}"))

    # --- What a maker of nodes says about its own ------------------------------------------------

    def start(self):
        """All nodes, until they accept writes."""
        raise NotImplementedError

    def start_node(self, i):
        """One node that was stopped or killed, without waiting for it."""
        raise NotImplementedError

    def leader(self):
        """Whose clients are served best; None where no node is above the others."""
        raise NotImplementedError

    def load(self, i, *words):
        """Start the load generator against node i."""
        raise NotImplementedError

    def held(self, i):
        """How many of the filled entries node i holds."""
        raise NotImplementedError

    def make_empty(self):
        """Which node holds nothing any more, and waits for start_node(); for `catch-up`."""
        raise NotImplementedError

    def remove_empty(self, i):
        """After it has caught up: as it was before make_empty()."""
        raise NotImplementedError

    # --- The same for all ------------------------------------------------------------------------

    def append(self, i, count, in_flight):
        return support.finish_tool(self.load(i, "append", count, in_flight, BYTES))

    def append_one(self, i):
        return self.append(i, 1, 1)

    def start_gap(self, i, seconds):
        return self.load(i, "gap", seconds, PAUSE_MS, TIMEOUT_MS, BYTES)
