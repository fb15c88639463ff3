"""One attacker: attacker.py CASE KEY_FILE RATE SECONDS. A process of its own, driven by bench.py over its standard
streams.

In the real world the attacker has a machine of his own. Here he shares two cores with his victim, so he does his work
beforehand: every byte is made and encrypted before he says `ready`. After a line on standard input he only calls
send(), RATE times a second as far as the broker takes it, and ends with {"sent", "seconds"}. Then he is niced too, so
that the victim is not slowed down by lack of a core that it would have to itself. What the kernel does to deliver his
bytes is not taken off: a broker's machine has to do that as well.
"""
import json
import os
import socket
import struct
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "..", "integration"), os.path.join(HERE, "..", "..", "integration", "hostile")]

import wire  # noqa: E402
import zmtp  # noqa: E402

NICE = 10
# Sent at once, so that pacing costs little: 2 ms worth.
SLICE_S = 0.002
JUNK_BYTES = 100


def in_session(key):
    peer, session = zmtp.CurvePeer.of(key, key.endpoints["agents"]).shake_hands(), wire.Session(key)
    peer.say(peer.seal(session.hello()))
    session.take_challenge(peer.open())
    peer.say(peer.seal(session.auth()))
    session.take(peer.open())
    return peer, session


class Frames:
    """A listed key sends frames over one connection."""

    def __init__(self, case, key, count, per_slice):
        peer, session = in_session(key)
        if case == "hello":
            texts = [wire.Session(key).hello()] * count
        elif case == "true":
            texts = [session.frame("HEARTBEAT", {"wall_us": 0, "clock_synced": True}) for _ in range(count)]
        else:
            texts = [os.urandom(JUNK_BYTES)] * count
        # `parts`: three where two are right, so each costs the broker three parts.
        sealed = [peer.seal(text, more=case == "parts" and number % 3 < 2) for number, text in enumerate(texts)]
        self.slices = [b"".join(sealed[at:at + per_slice]) for at in range(0, len(sealed), per_slice)]
        self.per_slice, self.socket = per_slice, peer.socket
        # Python's own time-outs would make MSG_DONTWAIT wait.
        self.socket.settimeout(None)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("ll", 10, 0))
        self.next = 0

    def slice(self):
        """What it sent, in frames; 0 when it is cut off or has nothing left."""
        if self.next == len(self.slices):
            return 0
        try:
            self.socket.sendall(self.slices[self.next])
            # Answers are thrown away, so that the broker's queue to us is never full.
            while True:
                self.socket.recv(1 << 20, socket.MSG_DONTWAIT)
        except BlockingIOError:
            pass
        except OSError:
            return 0
        self.next += 1
        return self.per_slice


class Strangers:
    """Connections without a key, each with a greeting and junk behind it; one after another."""

    def __init__(self, key, per_slice):
        self.place, self.per_slice = zmtp.address(key.endpoints["agents"]), per_slice
        self.text = zmtp.greeting() + os.urandom(JUNK_BYTES)

    def slice(self):
        for _ in range(self.per_slice):
            with socket.create_connection(self.place) as one:
                # Away without TIME_WAIT: there are only so many ports.
                one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
                one.sendall(self.text)
        return self.per_slice


def main():
    case, key_file, rate, seconds = sys.argv[1], sys.argv[2], int(sys.argv[3]), float(sys.argv[4])
    key, per_slice = wire.PeerKey.of_file(key_file), max(1, int(rate * SLICE_S))
    attack = Strangers(key, per_slice) if case == "strangers" else Frames(case, key, int(rate * seconds), per_slice)
    os.nice(NICE)
    print("ready", flush=True)
    sys.stdin.readline()
    begun, sent = time.monotonic(), 0
    while time.monotonic() - begun < seconds:
        now_sent = attack.slice()
        if not now_sent:
            break
        sent += now_sent
        time.sleep(max(0.0, begun + sent / rate - time.monotonic()))
    print(json.dumps({"sent": sent, "seconds": time.monotonic() - begun}), flush=True)


if __name__ == "__main__":
    main()
