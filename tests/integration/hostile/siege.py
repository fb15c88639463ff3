"""A broker under attack with an honest agent beside it: what must still be true afterwards, and how it is measured."""
import os
import resource
import socket
import threading
import time

import wire
import zmtp
from harness import Fleet, wait_for

# Half-open connections are held at both ends; libzmq itself needs some.
OPEN_FILES = 16_000
MIB = 1024  # of KiB
# What the broker may grow by when nothing is to be kept: queues of both sides and the allocator's slack.
SLACK_KIB = 12 * MIB
# Round trips of the honest agent that must end while an attack goes on.
ROUND_TRIPS = 5


class Honest(threading.Thread):
    """An operator who asks the honest agent for its hostname, again and again."""

    def __init__(self, operator):
        super().__init__(name="honest")
        self.operator, self.answers, self.slowest_s, self.error = operator, 0, 0.0, None
        self.stopping = threading.Event()
        self.start()

    def run(self):
        try:
            while not self.stopping.wait(0.02):
                begun = time.monotonic()
                outcome = self.operator.send("honest", "hostname")["honest"]["outcome"]
                assert outcome == 1, f"outcome {outcome}"
                self.slowest_s = max(self.slowest_s, time.monotonic() - begun)
                self.answers += 1
        except Exception as error:  # shown by the test, which waits for answers in vain then
            self.error = error

    def stop(self):
        self.stopping.set()
        self.join()


class Siege(Fleet):
    def setUp(self):
        super().setUp()
        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        self.may_open = min(OPEN_FILES, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (self.may_open, hard))
        self.start_broker()
        self.start_agents("honest", interval="10s")
        self.broker = self.processes["broker"]
        with open(f"/proc/{self.broker.pid}/maps") as file:
            self.sanitised = "libasan" in file.read()
        self.operator, asker = self.resident("watcher"), self.resident("asker")
        self.honest = Honest(asker)
        self.addCleanup(self.honest.stop)
        self.honest_answers("before the attack")
        self.lowest_kib, self.files = self.memory_kib("VmRSS"), self.open_files()

    def start(self, name, program, *arguments, env=None):
        rights = os.path.join(self.folder, "rights.toml")
        with open(rights, "w") as file:
            for operator in ("watcher", "asker"):
                file.write(f'[[allow]]\noperator = "{operator}"\ncommands = ["*"]\nagents = ["*"]\nkeys = true\n')
        if program == "pncp-broker":
            env = {"PNCP_RIGHTS_FILE": rights, **(env or {})}
        return super().start(name, program, *arguments, env=env)

    def resident(self, name):
        """A session that stays. Of `local` only the last 16 do, and each pncp-cli is one."""
        operator = wire.Operator.local(self.run_dir, self.enrol(name, "operator"))
        self.addCleanup(operator.close)
        return operator

    # --- who attacks -------------------------------------------------------------------------------------------------

    def thief(self, name="thief", role="agent"):
        """The key of a peer who is listed and means no good."""
        return wire.PeerKey.of_file(self.enrol(name, role))

    def stranger(self, port="agents"):
        peer = zmtp.Peer(self.ports[port])
        self.addCleanup(peer.close)
        return peer

    def proven(self, key, port="agents", **more):
        """A raw connection on which CURVE is done."""
        peer = zmtp.CurvePeer.of(key, self.ports[port], **more).shake_hands()
        self.addCleanup(peer.close)
        return peer

    def stranger_with(self, key):
        """A raw connection whose WELCOME is to be heard next."""
        peer = zmtp.CurvePeer.of(key, self.ports["agents"])
        self.addCleanup(peer.close)
        peer.say(zmtp.greeting()).hear(64)
        peer.say(peer.hello())
        return peer

    def in_session(self, key):
        """A raw connection with a session of its own: (connection, session)."""
        peer, session = self.proven(key), wire.Session(key)
        peer.say(peer.seal(session.hello()))
        session.take_challenge(peer.open())
        peer.say(peer.seal(session.auth()))
        session.take(peer.open())
        return peer, session

    # --- what must hold ----------------------------------------------------------------------------------------------

    def memory_kib(self, what):
        with open(f"/proc/{self.broker.pid}/status") as file:
            return next(int(line.split()[1]) for line in file if line.startswith(what))

    def open_files(self):
        return len(os.listdir(f"/proc/{self.broker.pid}/fd"))

    def grown_kib(self):
        """The highest the broker's memory ever was, above what it was before the attack."""
        return self.memory_kib("VmHWM") - self.lowest_kib

    def honest_answers(self, when):
        goal = self.honest.answers + ROUND_TRIPS
        wait_for(f"the honest agent's answers {when} ({self.honest.error})",
                 lambda: self.honest.answers >= goal or self.honest.error)
        self.assertIsNone(self.honest.error)

    def all_is_well(self, grown_kib):
        """The same process, its memory within the bound, and the honest agent still answers."""
        self.assertIsNone(self.broker.poll(), "the broker is up")
        self.honest_answers("after the attack")
        self.assertIsNone(self.broker.poll(), "the broker is up")
        grown = self.grown_kib()
        slowest_ms = self.honest.slowest_s * 1000
        print(f"    memory +{grown} KiB (bound {grown_kib}), slowest honest answer {slowest_ms:.0f} ms")
        # A sanitizer keeps what was freed for a while, and a copy of everything: its bounds are not ours.
        if not self.sanitised:
            self.assertLess(grown, grown_kib)

    def status(self, name):
        return int(self.operator.status()[name])

    def refused(self, name):
        """As pncp-cli shows it."""
        rows = dict(line.split(None, 1) for line in self.cli_ok("status").splitlines() if len(line.split(None, 1)) == 2)
        return int(rows["refused." + name])

    def wait_refused(self, name, count):
        wait_for(f"{count} refused.{name}", lambda: self.status("refused." + name) >= count)

    def flood(self, peer, texts):
        """Says all of it, or as much as is taken before the connection is cut. True when all was taken."""
        try:
            peer.socket.sendall(b"".join(texts))
            return True
        except (ConnectionError, socket.timeout):
            return False
