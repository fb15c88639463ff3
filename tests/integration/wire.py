"""PNCP's wire as another implementation writes and reads it: frames, keys and both ends of the handshake.

Written from PROTOCOL.md alone (sections 2, 4, 5 and 10), so that tests can forge, alter, record and replay frames, and
so that a mistake that the C++ makes at both ends alike is seen. Blocking calls have a deadline; nothing here is fast.
"""
import collections
import hashlib
import hmac
import os
import struct
import time

import msgpack
import zmq
import zmq.utils.z85

from key_files import curve_pair, hkdf, read_key_file

HEADER = struct.Struct(">4sBBH16sQI")
HEADER_BYTES, TAG_BYTES = HEADER.size, 32
TYPES = {name: number for number, name in enumerate(
    "HELLO CHALLENGE AUTH READY BATCH ACK COMMAND COMMAND_ACK HEARTBEAT BYE REKEY NO_SESSION EVENT REQUEST REPLY "
    "CATALOGUE CANCEL".split(), 1)}
ROLES = ("agent", "operator", "subscriber")
ANSWER_S = 20.0
OFFLINE_INCLUDE = 1

Frame = collections.namedtuple("Frame", "type direction generation session counter payload bytes")


def tag(key, text):
    return hmac.new(key, text, hashlib.sha256).digest()


def seal(key, kind, direction, generation, session, counter, payload):
    """A frame; `payload` is a map, or bytes that need not be one."""
    body = payload if isinstance(payload, bytes) else msgpack.packb(payload)
    text = HEADER.pack(b"PNC1", TYPES.get(kind, kind), direction, generation, session, counter, len(body)) + body
    return text + tag(key, text)


def parse(frame):
    """Fields of a frame, unverified; the payload decoded where it is msgpack."""
    _, kind, direction, generation, session, counter, length = HEADER.unpack_from(frame)
    body = frame[HEADER_BYTES:HEADER_BYTES + length]
    name = next((name for name, number in TYPES.items() if number == kind), kind)
    try:
        body = msgpack.unpackb(body)
    except Exception:  # msgpack raises half a dozen classes; what is no map is shown as it came
        pass
    return Frame(name, direction, generation, session, counter, body, frame)


def is_tagged(key, frame):
    return hmac.compare_digest(tag(key, frame[:-TAG_BYTES]), frame[-TAG_BYTES:])


def short_hash(label, rest):
    return hashlib.sha256(label + rest).digest()[:16]


class PeerKey:
    """One peer's key and what follows from it (section 2)."""

    def __init__(self, role, name, generation, key, broker):
        self.role, self.id, self.generation, self.key, self.broker = role, name, generation, key, broker
        self.up = 1 + 2 * ROLES.index(role)
        self.down = self.up + 1
        self.handshake_up = hkdf(key, b"handshake|up")
        self.handshake_down = hkdf(key, b"handshake|down")
        self.handle = short_hash(b"peer|" + role.encode() + b"|", name.encode())
        self.curve_secret, self.curve_public = curve_pair({"key": key.hex()})
        self.endpoints = {}

    @classmethod
    def of_file(cls, path):
        fields = read_key_file(path)
        peer = cls(fields["role"], fields["id"], int(fields["generation"]), bytes.fromhex(fields["key"]),
                   bytes.fromhex(fields["broker"]))
        peer.endpoints = {name: fields[name] for name in ("agents", "control", "feed") if name in fields}
        return peer

    def session_keys(self, na, nb, session):
        who = session + bytes([len(self.id)]) + self.id.encode() + self.broker
        return (hkdf(self.key, b"session|up|" + who, na + nb), hkdf(self.key, b"session|down|" + who, na + nb))

    def dealer(self, endpoint, kind=zmq.DEALER):
        """A socket that CURVE proves to be this peer's."""
        socket = zmq.Context.instance().socket(kind)
        socket.linger = 0
        socket.curve_secretkey, socket.curve_publickey = self.curve_secret, self.curve_public
        socket.curve_serverkey = zmq.utils.z85.encode(self.broker)
        socket.connect(endpoint)
        return socket


class Master:
    """The broker's secret, for tests that play the broker."""

    def __init__(self, path):
        with open(path) as file:
            self.secret = bytes.fromhex(file.read().strip())
        self.curve_secret = zmq.utils.z85.encode(hkdf(self.secret, b"broker|curve"))
        self.curve_public = zmq.curve_public(self.curve_secret)

    def peer(self, role, name, generation=1):
        info = b"peer|%s|%s|%c%s" % (role.encode(), struct.pack(">H", generation), len(name), name.encode())
        return PeerKey(role, name, generation, hkdf(self.secret, info), zmq.utils.z85.decode(self.curve_public))


class Session:
    """The peer's end of a session: makes frames, takes the broker's."""

    def __init__(self, peer):
        self.peer, self.na, self.nb = peer, os.urandom(32), None
        self.session, self.sent = bytes(16), 0
        self.key_up = self.key_down = None

    def hello(self, **changes):
        fields = {"id": self.peer.id, "na": self.na, "boot_id": "", "spool": bytes(16),
                  "heads": {"metrics": 0, "results": 0}, "wall_us": 0, "clock_synced": False, "version": "test",
                  "model": "", "tags": []}
        fields.update(changes)
        return seal(self.peer.handshake_up, "HELLO", self.peer.up, self.peer.generation, self.peer.handle, 0, fields)

    def take_challenge(self, frame):
        challenge = parse(frame)
        assert challenge.type == "CHALLENGE" and is_tagged(self.peer.handshake_down, frame), challenge
        assert challenge.payload["na"] == self.na, "an answer to another HELLO"
        self.nb, self.session = challenge.payload["nb"], challenge.payload["session"]
        self.key_up, self.key_down = self.peer.session_keys(self.na, self.nb, self.session)

    def frame(self, kind, payload, counter=None):
        if counter is None:
            self.sent += 1
            counter = self.sent
        return seal(self.key_up, kind, self.peer.up, self.peer.generation, self.session, counter, payload)

    def auth(self):
        return self.frame("AUTH", {"id": self.peer.id})

    def take(self, frame):
        assert is_tagged(self.key_down, frame), parse(frame)
        return parse(frame)


def receive(socket, seconds=ANSWER_S):
    """One frame, or None when nothing comes in time."""
    return socket.recv_multipart()[-1] if socket.poll(int(seconds * 1000)) else None


class Agent:
    """An agent of our own: proven by CURVE, in session after begin()."""

    def __init__(self, peer, endpoint=None):
        self.peer, self.session = peer, Session(peer)
        self.socket = peer.dealer(endpoint or peer.endpoints["agents"])

    def begin(self, **hello):
        self.socket.send(self.session.hello(**hello))
        self.session.take_challenge(receive(self.socket))
        self.socket.send(self.session.auth())
        return self.session.take(receive(self.socket))

    def close(self):
        self.socket.close()


class Operator:
    """An operator's or subscriber's session on the control port: over REQ, as pncp-cli does."""

    def __init__(self, peer, endpoint=None):
        self.peer, self.session = peer, Session(peer)
        self.socket = peer.dealer(endpoint or peer.endpoints["control"], zmq.REQ)

    @classmethod
    def local(cls, run_dir, key_file=None):
        """Over the Unix socket: as the machine's own operator, or with another's key."""
        self = cls.__new__(cls)
        self.peer = PeerKey.of_file(key_file or os.path.join(run_dir, "operator-local.key"))
        self.session = Session(self.peer)
        self.socket = zmq.Context.instance().socket(zmq.REQ)
        self.socket.linger = 0
        self.socket.connect(f"ipc://{run_dir}/control.sock")
        return self.begin()

    def exchange(self, frame):
        self.socket.send(frame)
        answer = receive(self.socket)
        assert answer is not None, "the broker did not answer"
        return answer

    def begin(self):
        self.session.take_challenge(self.exchange(self.session.hello()))
        ready = self.session.take(self.exchange(self.session.auth()))
        assert ready.type == "READY", ready
        return self

    def ask(self, verb, **fields):
        """One REQUEST; the REPLY's map."""
        reply = self.session.take(self.exchange(self.session.frame("REQUEST", {"verb": verb, **fields})))
        assert reply.type == "REPLY", reply
        return reply.payload

    def send(self, target, name, *arguments, timeout_ms=0):
        """A command to its end: {agent: result body}. The job's id is drawn here."""
        job = os.urandom(16)
        reply = self.ask("send", job=job, target=target, name=name, arguments=list(arguments), timeout_ms=timeout_ms,
                         claims="test", offline=OFFLINE_INCLUDE, limit=0, limit_percent=False, seed=0,
                         deliver_by_ms=0)
        if reply["verb"] == "error":
            return reply
        return self.results(job)

    def results(self, job, seconds=ANSWER_S):
        after, found, until = 0, {}, time.monotonic() + seconds
        while time.monotonic() < until:
            page = self.ask("job", job=job, after=after, wait_ms=1000)
            for _, event in page["rows"]:
                event = msgpack.unpackb(event)
                if event["topic"].startswith("result/"):
                    body = msgpack.unpackb(event["body"])
                    if "outcome" in body:
                        found[event["agent"]] = body
            after = page["next"]
            if page["ended"]:
                return found
        raise AssertionError(f"the job did not end: {found}")

    def status(self):
        return dict(self.ask("status")["rows"])

    def close(self):
        self.socket.close()
