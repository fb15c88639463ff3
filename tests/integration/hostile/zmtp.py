"""ZMTP 3.1 spoken over a plain socket, so that a test may say what no ZeroMQ library would let it say.

`Greeting` and the bytes of NULL and CURVE (RFC 23, 26), written by hand; the boxes of CURVE come from libsodium, which
Debian's libzmq brings along. Blocking calls have a deadline.
"""
import ctypes
import ctypes.util
import os
import socket
import struct

import zmq.utils.z85

DEADLINE_S = 20.0
_sodium = ctypes.CDLL(ctypes.util.find_library("sodium") or "libsodium.so.23")


def _box(function, text, nonce, public, secret, growth):
    out = ctypes.create_string_buffer(max(0, len(text) + growth))
    if function(out, text, ctypes.c_ulonglong(len(text)), nonce, public, secret) != 0:
        raise ValueError("not a box of these keys")
    return out.raw


def box(text, nonce, public, secret):
    return _box(_sodium.crypto_box_easy, text, nonce, public, secret, 16)


def open_box(text, nonce, public, secret):
    return _box(_sodium.crypto_box_open_easy, text, nonce, public, secret, -16)


def shared_key(public, secret):
    """What the boxes of two keys cost most, done once."""
    out = ctypes.create_string_buffer(32)
    _sodium.crypto_box_beforenm(out, public, secret)
    return out.raw


def quick_box(text, nonce, shared):
    out = ctypes.create_string_buffer(len(text) + 16)
    _sodium.crypto_box_easy_afternm(out, text, ctypes.c_ulonglong(len(text)), nonce, shared)
    return out.raw


def key_pair():
    public, secret = ctypes.create_string_buffer(32), ctypes.create_string_buffer(32)
    _sodium.crypto_box_keypair(public, secret)
    return public.raw, secret.raw


def greeting(mechanism=b"CURVE", major=3, minor=1):
    return b"\xff" + bytes(8) + b"\x7f" + bytes([major, minor]) + mechanism.ljust(20, b"\0") + bytes(32)


def command(name, body):
    """Only commands of less than 256 bytes are short; CURVE's INITIATE is one of 257 and more."""
    text = bytes([len(name)]) + name + body
    return bytes([4, len(text)]) + text if len(text) < 256 else bytes([6]) + struct.pack(">Q", len(text)) + text


def message(text, more=False):
    if len(text) < 256:
        return bytes([more, len(text)]) + text
    return bytes([2 | more]) + struct.pack(">Q", len(text)) + text


def metadata(socket_type, **properties):
    pairs = {b"Socket-Type": socket_type.encode(), **{key.encode(): value for key, value in properties.items()}}
    return b"".join(bytes([len(key)]) + key + struct.pack(">I", len(value)) + value for key, value in pairs.items())


def address(endpoint):
    host, port = endpoint.removeprefix("tcp://").rsplit(":", 1)
    return host, int(port)


class Peer:
    """A TCP connection that says what it is told to say."""

    def __init__(self, endpoint):
        self.socket = socket.create_connection(address(endpoint), DEADLINE_S)

    def say(self, *texts):
        self.socket.sendall(b"".join(texts))
        return self

    def hear(self, count):
        """Exactly so many bytes; ConnectionError when the other side closes before."""
        text = b""
        while len(text) < count:
            more = self.socket.recv(count - len(text))
            if not more:
                self.close()
                raise ConnectionError("closed by the other side")
            text += more
        return text

    def hear_frame(self):
        """(flags, body) of one ZMTP frame."""
        flags, length = self.hear(2)
        if flags & 2:
            length = struct.unpack(">Q", bytes([length]) + self.hear(7))[0]
        return flags, self.hear(length)

    def is_cut_off(self):
        """Waits until the other side closes; False at the deadline. What it says before is thrown away."""
        try:
            while self.socket.recv(65536):
                pass
            return True
        except TimeoutError:
            return False
        except ConnectionError:
            return True

    def close(self):
        self.socket.close()


class CurvePeer(Peer):
    """The client's side of CURVE with any long-term key; `step` by step, so that it can stop anywhere."""

    def __init__(self, endpoint, public, secret, server, socket_type="DEALER", **properties):
        super().__init__(endpoint)
        self.public, self.secret, self.server = public, secret, server
        self.metadata = metadata(socket_type, **properties)
        self.short_public, self.short_secret = key_pair()
        self.count = 0

    def nonce(self):
        self.count += 1
        return struct.pack(">Q", self.count)

    def hello(self):
        nonce = self.nonce()
        return command(b"HELLO", b"\x01\x00" + bytes(72) + self.short_public + nonce +
                       box(bytes(64), b"CurveZMQHELLO---" + nonce, self.server, self.short_secret))

    def initiate(self, welcome):
        nonce_tail, sealed = welcome[8:24], welcome[24:]
        text = open_box(sealed, b"WELCOME-" + nonce_tail, self.server, self.short_secret)
        self.server_short, cookie = text[:32], text[32:]
        tail = os.urandom(16)
        vouch = tail + box(self.short_public + self.server, b"VOUCH---" + tail, self.server_short, self.secret)
        self.shared = shared_key(self.server_short, self.short_secret)
        nonce = self.nonce()
        sealed = quick_box(self.public + vouch + self.metadata, b"CurveZMQINITIATE" + nonce, self.shared)
        return command(b"INITIATE", cookie + nonce + sealed)

    def shake_hands(self):
        """As far as READY; ConnectionError where the key is not accepted."""
        self.say(greeting())
        self.hear(64)
        self.say(self.hello())
        self.say(self.initiate(self.hear_frame()[1]))
        flags, body = self.hear_frame()
        if flags & 4 and body.startswith(b"\x05READY"):
            return self
        self.close()
        raise ConnectionError(body[:6].decode(errors="replace"))

    def seal(self, text, more=False, is_command=False):
        """One message as CURVE's MESSAGE, ready to be said; they must be said in this order."""
        nonce = self.nonce()
        flags = bytes([more | (2 if is_command else 0)])
        return message(b"\x07MESSAGE" + nonce + quick_box(flags + text, b"CurveZMQMESSAGEC" + nonce, self.shared))

    def open(self):
        """The next message from the other side."""
        body = self.hear_frame()[1]
        return open_box(body[16:], b"CurveZMQMESSAGES" + body[8:16], self.server_short, self.short_secret)[1:]

    @classmethod
    def of(cls, peer, endpoint, **more):
        """With the key of a wire.PeerKey."""
        decode = zmq.utils.z85.decode
        return cls(endpoint, decode(peer.curve_public), decode(peer.curve_secret), peer.broker, **more)
