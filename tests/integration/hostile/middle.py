"""A man in the middle who has already broken CURVE: he holds the broker's CURVE secret and the agent's.

He reads, keeps, alters, drops and injects frames between a real agent and a real broker. What he can't do then is what
the frames' own tags and counters keep from him. One thread owns the sockets; tests talk to it through a queue.
"""
import collections
import os
import threading

import zmq

from wire import parse

TURN_MS = 10


class Middle:
    def __init__(self, master, peer):
        """`peer` is the agent's wire.PeerKey with the broker's real endpoint."""
        self.peer = peer
        self.seen = []  # (way, frame): way is "up" or "down"
        self.on_frame = lambda way, frame: [frame]  # frames to pass on instead
        self.asked = collections.deque()
        self.front = zmq.Context.instance().socket(zmq.ROUTER)
        self.front.linger = 0
        self.front.sndhwm = 0  # a ROUTER drops what is beyond it, and nothing here may be lost but on purpose
        self.front.curve_server = True
        self.front.curve_secretkey = master.curve_secret
        self.endpoint = f"tcp://127.0.0.1:{self.front.bind_to_random_port('tcp://127.0.0.1')}"
        self.backs, self.agent = {}, None
        self.poller = zmq.Poller()
        self.poller.register(self.front, zmq.POLLIN)
        self.stopping = threading.Event()
        self.thread = threading.Thread(target=self.run, name="middle")
        self.thread.start()

    def key_file(self, path):
        """The agent's key file, changed to lead here."""
        with open(path) as file:
            text = file.read().replace(self.peer.endpoints["agents"], self.endpoint)
        with open(os.open(path + ".middle", os.O_CREAT | os.O_WRONLY, 0o600), "w") as file:
            file.write(text)
        return path + ".middle"

    def frames(self, kind, way=None):
        return [frame for one, frame in list(self.seen) if way in (None, one) and parse(frame).type == kind]

    def inject(self, *frames):
        """To the agent, on its present connection."""
        self.asked.extend(frames)

    def run(self):
        while not self.stopping.is_set():
            for socket, _ in self.poller.poll(TURN_MS):
                if socket is self.front:
                    self.agent, frame = self.front.recv_multipart()
                    self.seen.append(("up", frame))
                    for one in self.on_frame("up", frame):
                        self.send_up(one)
                else:
                    frame = socket.recv()
                    self.seen.append(("down", frame))
                    to = next(name for name, back in self.backs.items() if back is socket)
                    for one in self.on_frame("down", frame):
                        self.front.send_multipart([to, one])
            while self.asked and self.agent:
                self.front.send_multipart([self.agent, self.asked.popleft()])
        for socket in (self.front, *self.backs.values()):
            socket.close()

    def send_up(self, frame):
        try:
            self.back(self.agent).send(frame, zmq.NOBLOCK)
        except zmq.Again:
            pass  # no broker there: lost, as on any broken connection

    def back(self, agent):
        if agent not in self.backs:
            self.backs[agent] = self.peer.dealer(self.peer.endpoints["agents"])
            self.poller.register(self.backs[agent], zmq.POLLIN)
        return self.backs[agent]

    def stop(self):
        self.stopping.set()
        self.thread.join()
