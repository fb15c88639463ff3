"""A proxy before a store that answers HTTP, which breaks what passes it as the test says.

Each POST to /write takes the next fault of `plan` (a deque), or `always` when the plan is empty. A fault is None (pass it
on) or a tuple:

    ("stall",)             reads the request, never answers
    ("half_open",)         reads nothing more and never answers, as when the other end lost its power
    ("reset",)             reads the request, then RST
    ("cut_request", n)     the store sees n bytes of the body and then the end of the connection, as does the client
    ("cut_answer", n)      the store gets and answers all of it, the client n bytes of the answer; 0: reply lost after commit
    ("reset_answer", n)    the same, and the connection ends by RST
    ("status", code, text, headers)      answered here; the store sees nothing
    ("late_status", code, text, headers) the store gets all of it, but the client is told this

`always` may be a function of the body that gives a fault. One thread per connection, plain sockets.
"""
import collections
import re
import select
import socket
import struct
import threading
import time

CHUNK = 65536
Write = collections.namedtuple("Write", "at_s fault status body headers")


class Gone(Exception):
    """The connection is over."""


class Stream:
    """A socket with what was read beyond the last message."""

    def __init__(self, sock):
        self.sock, self.rest = sock, b""

    def more(self):
        part = self.sock.recv(CHUNK)
        if not part:
            raise Gone
        self.rest += part

    def until(self, end):
        while end not in self.rest:
            self.more()
        head, _, self.rest = self.rest.partition(end)
        return head + end

    def exactly(self, count):
        while len(self.rest) < count:
            self.more()
        taken, self.rest = self.rest[:count], self.rest[count:]
        return taken


def header(head, name):
    found = re.search(rb"(?im)^" + name + rb":[ \t]*(.*?)\r$", head)
    return found and found.group(1)


def read_answer(stream):
    """(status, all bytes of one answer)."""
    head = stream.until(b"\r\n\r\n")
    status, length = int(head.split(b" ", 2)[1]), header(head, b"Content-Length")
    if status == 204 or length == b"0":
        return status, head
    if length:
        return status, head + stream.exactly(int(length))
    body = b""
    while not body.endswith(b"0\r\n\r\n"):
        body += stream.until(b"\r\n")
    return status, head + body


def answer(status, text="", headers=()):
    lines = [f"HTTP/1.1 {status} Said by the proxy", f"Content-Length: {len(text)}", *headers, "", text]
    return "\r\n".join(lines).encode()


def reset(sock):
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


class FaultProxy:
    def __init__(self, upstream_port, tls=None):
        """`tls`: an ssl.SSLContext of a server, to speak HTTPS with the client."""
        self.upstream_port, self.tls = upstream_port, tls
        self.plan, self.always = collections.deque(), None
        self.writes = []  # a Write for each POST to /write, in order
        self.connections = 0
        self.stopping = threading.Event()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.threads = [threading.Thread(target=self.accept, name="fault-proxy")]
        self.threads[0].start()

    def stop(self):
        self.stopping.set()
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        for thread in list(self.threads):
            thread.join()

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            self.connections += 1
            thread = threading.Thread(target=self.serve, args=(client,), name="fault-proxy-connection")
            self.threads.append(thread)
            thread.start()

    def serve(self, client):
        store = None
        try:
            if self.tls:
                client = self.tls.wrap_socket(client, server_side=True)
            stream = Stream(client)
            while not self.stopping.is_set():
                if not stream.rest and not (getattr(client, "pending", int)() or self.readable(client)):
                    continue
                head = stream.until(b"\r\n\r\n")
                store = store or Stream(socket.create_connection(("127.0.0.1", self.upstream_port)))
                self.one(stream, store, head)
        except (Gone, OSError):  # either end is gone, or the TLS handshake failed: ssl.SSLError is an OSError
            pass
        finally:
            client.close()
            if store:
                store.sock.close()

    @staticmethod
    def readable(sock, seconds=0.1):
        return select.select([sock], [], [], seconds)[0]

    def one(self, stream, store, head):
        """One request and its answer; raises Gone when the connection must end."""
        is_write = head.startswith(b"POST /write")
        planned = is_write and self.plan and self.plan.popleft()
        length = int(header(head, b"Content-Length") or 0)
        if planned and planned[0] == "half_open":
            self.note(planned, None, b"", head)
            return self.hang(stream.sock)
        body = stream.exactly(length)
        if is_write and not planned and self.always:
            planned = self.always(body) if callable(self.always) else self.always
        fault = planned or ("pass",)
        if fault[0] == "stall":
            self.note(fault, None, body, head)
            return self.hang(stream.sock)
        if fault[0] == "reset":
            reset(stream.sock)
            return self.end(fault, None, body, head)
        if fault[0] == "status":
            self.note(fault, fault[1], body, head)
            return stream.sock.sendall(answer(*fault[1:]))
        if fault[0] == "cut_request":
            store.sock.sendall(head + body[:fault[1]])
            return self.end(fault, None, body, head)
        store.sock.sendall(head + body)
        status, told = read_answer(store)
        if fault[0] == "late_status":
            told = answer(*fault[1:])
        if fault[0] in ("cut_answer", "reset_answer"):
            stream.sock.sendall(told[:fault[1]])
            if fault[0] == "reset_answer":
                reset(stream.sock)
            return self.end(fault, status, body, head)
        stream.sock.sendall(told)
        if is_write:
            self.note(fault, status, body, head)

    def note(self, fault, status, body, head):
        self.writes.append(Write(time.monotonic(), fault[0], status, body, head))

    def end(self, fault, status, body, head):
        self.note(fault, status, body, head)
        raise Gone

    def hang(self, sock):
        """Until the client gives up."""
        poll = select.poll()
        poll.register(sock, select.POLLRDHUP | select.POLLHUP | select.POLLERR)
        while not self.stopping.is_set() and not poll.poll(100):
            pass
        raise Gone
