"""The socket of a party's desk, and the facts that are written through it: PROTOCOL.md sections 8, 11 and 12."""
import hashlib
import socket
import struct

SEALED, PROPOSE, SIGN, WITHDRAW, RATIFY = 1, 4, 5, 6, 7 # kinds of entries
WRITE, CONSULTATION, SAID, ANSWER, VOID, CONSULTATION_IS = 207, 208, 220, 226, 228, 229 # messages
ONLY_ROOM = bytes(32)


def hashed(context, data):
    return hashlib.blake2b(data, digest_size=32, person=context.encode()).digest()


def object_of(entry, index=0):
    return hashed("entente/objectid", entry + struct.pack(">H", index))


def act_of(room, entry):
    return hashed("entente/actid/v1", room + entry)


def short(text):
    data = text.encode()
    return bytes([len(data)]) + data


def sections(*pairs):
    return struct.pack(">H", len(pairs)) + b"".join(
        struct.pack(">HI", kind, len(content)) + content for kind, content in pairs)


# ---- facts, each as (type, content) ----

def statement(text, tag="en", speaker=""):
    said = speaker.encode()
    return 1, short(tag) + struct.pack(">H", len(said)) + said + text.encode()


def propose(root, what=1, subject=bytes(32), number=0, brackets=0):
    return 16, bytes([what]) + subject + root + struct.pack(">IH", number, brackets) + b"\0"


def about_act(kind, act):
    return {SIGN: 17, WITHDRAW: 19, RATIFY: 20}[kind], act


def text(nonce, files):
    """A text without brackets; `files`: content by language.  Gives its root, its fact, and those of its parts."""
    languages = bytes([len(files)]) + b"".join(
        short(tag) + b"\1" + short("text/plain") + struct.pack(">I", len(data)) + hashlib.sha256(data).digest()
        for tag, data in sorted(files.items()))
    root = hashed("entente/textroot", nonce + b"\0\0" + languages)
    parts = [(33, root + short(tag) + data) for tag, data in sorted(files.items())]
    return root, (32, nonce + languages + b"\0\0"), parts


def session(name, chairs):
    return 48, struct.pack(">QQ", 0, 0) + bytes([len(chairs), *chairs]) + short(name) + short("en")


def chair(of, term, what, subject=bytes(32)):
    return 50, of + struct.pack(">I", term) + bytes([what]) + subject


def attendance(of, what, name):
    return 53, of + bytes([what, 2]) + struct.pack(">Q", 0) + short(name) + short("")


def under(of):
    return 55, of


def pledge(parties, quantity, unit):
    return 64, (bytes(32) + struct.pack(">IQ", parties, quantity) + b"\0" + short(unit) + struct.pack(">Q", 0) +
                short("") + short("en"))


def delivery(of, quantity):
    return 65, of + struct.pack(">QQ", quantity, 0) + bytes(32)


class Refused(Exception):
    """The rule that was broken, such as A5, or the number of the error."""


class Desk:
    def __init__(self, folder):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(f"{folder}/desk.sock")
        self.socket.settimeout(60)
        self.tickets = 0

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.socket.close()

    def read(self, size):
        data = b""
        while len(data) < size:
            more = self.socket.recv(size - len(data))
            if not more:
                raise ConnectionError("the desk is gone")
            data += more
        return data

    def ask(self, number, body):
        """The answer to one question, without its ticket."""
        self.tickets += 1
        ticket = struct.pack(">Q", self.tickets)
        self.socket.sendall(struct.pack(">IH", len(body) + 8, number) + ticket + body)
        while True:
            size, number = struct.unpack(">IH", self.read(6))
            answer = self.read(size)
            if answer[:8] == ticket:
                return number, answer[8:]

    def write(self, kind, *pairs):
        """The id of the entry."""
        number, answer = self.ask(WRITE, ONLY_ROOM + bytes([kind]) + sections(*pairs))
        if number == VOID:
            raise Refused(f"{chr(answer[0])}{answer[1]}")
        if number != SAID:
            raise Refused(struct.unpack(">H", answer)[0])
        return answer[7:39]

    def consultation(self):
        """(is current, entries, opening, unreadable, state)."""
        number, answer = self.ask(CONSULTATION, ONLY_ROOM)
        if number != CONSULTATION_IS:
            raise Refused(number)
        error, current, *counts = struct.unpack(">HBQQQ", answer[:27])
        if error:
            raise Refused(error)
        return (current == 1, *counts, answer[27:59].hex())
