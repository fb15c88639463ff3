"""Sits where a broker was, holds no key at all, and answers every handshake with ZMTP's ERROR."""
import socket
import threading
import time

import zmtp


class Naysayer:
    def __init__(self, place):
        self.refused = 0
        self.listener = socket.socket()
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        until = time.monotonic() + zmtp.DEADLINE_S
        while True:
            try:
                self.listener.bind(place)
                break
            except OSError:
                assert time.monotonic() < until, f"{place} does not come free"
                time.sleep(0.01)
        self.listener.listen()
        self.thread = threading.Thread(target=self.run)

    def run(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            connection.settimeout(zmtp.DEADLINE_S)
            try:
                connection.sendall(zmtp.greeting())
                text = b""
                while len(text) < 64 + 202:
                    more = connection.recv(4096)
                    if not more:
                        break
                    text += more
                connection.sendall(zmtp.command(b"ERROR", b"\x03400"))
                while connection.recv(4096):
                    pass
                self.refused += 1
            except OSError:
                self.refused += 1
            connection.close()

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.thread.join()
