"""One test for each published hole of the systems that do today what PNCP does: Salt, Icinga and NRPE.

Each docstring says what failed there and why it can't happen here. The attacker is the strongest that fits: where it
helps he has broken CURVE already (hostile/middle.py), holds somebody's valid key, or speaks raw ZMTP.
"""
import os
import signal
import sys
import unittest

import zmq

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "hostile"))

import wire  # noqa: E402
import zmtp  # noqa: E402
from harness import wait_for  # noqa: E402
from naysayer import Naysayer  # noqa: E402
from victims import Victims  # noqa: E402

ROLE_AGENT = 1
DUMP = [b"/usr/bin/cat", b"/proc/self/stat", b"/proc/self/cmdline"]
DENIED, FINISHED, REFUSED = 5, 1, 3


class Cve(Victims):
    # --- Salt --------------------------------------------------------------------------------------------------------

    def test_cve_2020_11651_nothing_is_answered_before_auth(self):
        """Salt's request server exposed methods of its ClearFuncs class to whoever could connect: they gave out the
        root key and queued jobs on minions, without a log-in. Here nothing but HELLO and AUTH is looked at without
        a session: all types, on every port, even from peers whose CURVE key is good, end in a counted refusal.
        """
        self.start_broker()
        self.start_agents("pi-1")
        operator = self.operator()
        # No session, and a handshake that is begun and not ended, must make no difference.
        doors = {"operator": "control", "subscriber": "control", "agent": "agents"}
        for role, port in doors.items():
            name = "eve-" + role
            peer = wire.PeerKey.of_file(self.enrol(name, role))
            for begun in (False, True):
                self.all_types_are_refused(operator, peer, port, begun)
        self.all_types_are_refused(operator, wire.PeerKey.of_file(os.path.join(self.run_dir, "operator-local.key")),
                                   None, False)
        self.assertEqual(self.times_run(), 0)
        keys = [row[0] for row in operator.ask("key_list", after="")["rows"]]
        self.assertNotIn("mallory", keys)
        self.assertEqual(operator.send("pi-1", "hostname")["pi-1"]["outcome"], FINISHED)

    def all_types_are_refused(self, operator, peer, port, begun):
        delimiter = [] if port == "agents" else [b""]
        if port is None:
            dealer = zmq.Context.instance().socket(zmq.DEALER)
            dealer.linger = 0
            dealer.connect(f"ipc://{self.run_dir}/control.sock")
        else:
            dealer = peer.dealer(peer.endpoints[port])
        session = wire.Session(peer)
        session.key_up = peer.handshake_up
        if begun:
            dealer.send_multipart(delimiter + [session.hello()])
            session.take_challenge(wire.receive(dealer))
        before = sum(self.refused(operator).values())
        sent = [name for name in wire.TYPES if name not in ("HELLO", "AUTH")]
        for kind in sent:
            payload = {"verb": "key_issue", "id": "mallory", "role": ROLE_AGENT}
            if kind != "REQUEST":
                payload = {"command": bytes(16), "spool": bytes(16), "name": "count", "arguments": [], "timeout_ms": 0}
            dealer.send_multipart(delimiter + [session.frame(kind, payload)])
        wait_for("every one to be refused", lambda: sum(self.refused(operator).values()) >= before + len(sent))
        while dealer.poll(0):
            answer = wire.parse(wire.receive(dealer))
            self.assertEqual(answer.type, "NO_SESSION", "nothing else is said to who is not in session")
            self.assertEqual(list(answer.payload), ["reason"])
        dealer.close()

    def test_cve_2020_11652_names_never_become_paths(self):
        """Salt's wheel and file-server methods joined what a client sent to folder names, so that ../ read and wrote
        any file of the master. Here an id has an alphabet without a slash, one file holds all peers, and the only path
        an operator names (`--out`) is opened by his own CLI, never over something that exists.
        """
        self.start_broker()
        self.start_agents("pi-1")
        operator = self.operator()
        before = self.tree()
        evil = ["../../etc/cron.d/x", "..", ".", "/etc/passwd", "pi-1/../../x", "a\0b",
                "a\nagent mallory 1 active", "a b", ""]
        for name in evil:
            for verb in ("key_issue", "key_rotate", "key_revoke"):
                self.assertEqual(operator.ask(verb, id=name, role=ROLE_AGENT)["verb"], "error", (verb, name))
            for target, command in ((name, "hostname"), ("pi-1", name)):
                self.assertEqual(operator.send(target, command).get("verb"), "error", (target, command))
            self.assertEqual(operator.ask("fetch", after=0, prefix="metrics/" + name + "/", limit=1)["rows"], [], name)
            if "\0" not in name:
                out = os.path.join(self.folder, "out.key")
                self.assertNotEqual(self.cli("key", "issue", name, "--out", out).returncode, 0)
                self.assertFalse(os.path.exists(out))
        self.assertEqual(self.tree(), before, "not a file more, and the list of peers as it was")
        self.out_is_never_written_over()

    def out_is_never_written_over(self):
        precious, link = (os.path.join(self.folder, name) for name in ("precious", "link"))
        with open(precious, "w") as file:
            file.write("mine")
        os.symlink(precious, link)
        dangling = os.path.join(self.folder, "dangling")
        os.symlink(os.path.join(self.folder, "made"), dangling)
        for out in (precious, link, dangling):
            self.assertNotEqual(self.cli("key", "issue", "pi-9", "--out", out).returncode, 0, out)
        with open(precious) as file:
            self.assertEqual(file.read(), "mine")
        self.assertFalse(os.path.exists(os.path.join(self.folder, "made")))

    def tree(self):
        """Files under the fleet's folder; the list of peers with its content."""
        with open(os.path.join(self.state_dir, "peers")) as file:
            listed = file.read()
        found = {os.path.join(folder, name) for folder, _, names in os.walk(self.folder) for name in names}
        return {name for name in found if not name.endswith(("-wal", "-shm", "-journal", ".log"))}, listed

    def test_cve_2022_22934_not_one_altered_bit_reaches_the_agent(self):
        """Salt's master encrypted pillar data for a minion but did not sign it, so that a man in the middle could put
        his own in its place. Here every frame is tagged over every byte with a key of this session and this
        direction: a COMMAND with any one bit turned is refused, and the true one behind it still runs once.
        """
        self.start_broker()
        middle = self.start_middle()
        altered = []

        def alter(way, frame):
            if way == "up" or wire.parse(frame).type != "COMMAND" or altered:
                return [frame]
            for bit in range(8 * len(frame)):
                copy = bytearray(frame)
                copy[bit // 8] ^= 1 << bit % 8
                altered.append(bytes(copy))
            altered.extend(frame[:end] for end in range(len(frame)))
            return [*altered, frame]

        middle.on_frame = alter
        operator = self.operator()
        self.assertEqual(operator.send("pi-1", "count")["pi-1"]["outcome"], FINISHED)
        self.assertGreater(len(altered), 1000)
        self.assertEqual(self.times_run(), 1)
        self.assertIn("refused a frame", self.log_of("pi-1"))
        self.assertEqual(operator.send("pi-1", "count")["pi-1"]["outcome"], FINISHED, "the session goes on")
        self.assertEqual(self.times_run(), 2)

    def test_cve_2022_22935_a_forged_no_neither_stops_nor_detaches_the_agent(self):
        """A minion whose log-in was answered with a refusal ended its process, and nothing proved who had refused: a
        man in the middle could switch minions off. Here a NO_SESSION counts only with the tag of this peer's own key
        and the name of its session; what CURVE leaves unproven, a refusal on the way in, only makes the agent wait and
        try again.
        """
        self.start_broker()
        middle = self.start_middle()
        operator = self.operator()
        other = wire.PeerKey.of_file(self.enrol("pi-2"))
        peer = middle.peer
        session = wire.parse(middle.frames("READY")[0]).session
        reason = {"reason": "go away"}
        hellos = len(middle.frames("HELLO"))
        middle.inject(
            wire.seal(bytes(32), "NO_SESSION", peer.down, 1, session, 0, reason),
            wire.seal(other.handshake_down, "NO_SESSION", peer.down, 1, session, 0, reason),
            wire.seal(peer.handshake_up, "NO_SESSION", peer.down, 1, session, 0, reason),
            # Even one that the broker did make, for a session that is another's.
            wire.seal(peer.handshake_down, "NO_SESSION", peer.down, 1, bytes(16), 0, reason),
            wire.seal(bytes(32), "CHALLENGE", peer.down, 1, bytes(16), 0, reason), b"", b"x" * 68, bytes(65536))
        self.assertEqual(operator.send("pi-1", "count")["pi-1"]["outcome"], FINISHED)
        self.assertEqual(len(middle.frames("HELLO")), hellos, "the same session all the while")
        self.assertEqual(self.kill("pi-1", signal.SIGTERM), 0)

        # An impostor where the broker was, who says no as loudly as ZMTP lets him.
        self.start_agent("pi-2", os.path.join(self.folder, "pi-2.key"))
        self.wait_online("pi-2")
        self.kill("broker")
        with Naysayer(zmtp.address(self.ports["agents"])) as naysayer:
            wait_for("the agent to be refused thrice", lambda: naysayer.refused >= 3)
        self.assertIsNone(self.processes["pi-2"].poll())
        self.start_broker()
        self.wait_online("pi-2")

    def test_cve_2022_22936_a_recorded_job_never_runs_again(self):
        """Salt's job messages could be recorded and sent again: nothing in them was fresh, and minions ran old jobs.
        Here a frame's counter ends it within its session, the session's key (of two fresh nonces) in any other, and
        the command's id and spool end it even where the broker itself would send it again.
        """
        self.start_broker()
        middle = self.start_middle()
        operator = self.operator()
        self.assertEqual(operator.send("pi-1", "count")["pi-1"]["outcome"], FINISHED)
        recorded = middle.frames("COMMAND")
        self.assertEqual(self.times_run(), 1)

        middle.inject(*recorded * 20)
        operator.send("pi-1", "hostname")
        self.assertEqual(self.times_run(), 1, "same session")

        self.kill("broker")
        self.start_broker()
        self.wait_online("pi-1")
        operator = self.operator()
        middle.inject(*[frame for way, frame in middle.seen if way == "down"])
        self.assertEqual(operator.send("pi-1", "hostname")["pi-1"]["outcome"], FINISHED)
        self.assertEqual(self.times_run(), 1, "next session, the same agent")

        self.kill("pi-1")
        hellos = len(middle.frames("HELLO"))
        self.start_agent("pi-1", os.path.join(self.folder, "pi-1.key.middle"))
        wait_for("the agent's new session", lambda: len(middle.frames("HELLO")) > hellos)
        self.wait_online("pi-1")
        middle.inject(*[frame for way, frame in middle.seen if way == "down"])
        self.assertEqual(operator.send("pi-1", "hostname")["pi-1"]["outcome"], FINISHED)
        self.assertEqual(self.times_run(), 1, "after the agent's restart")
        self.assertIn("refused a frame", self.log_of("pi-1"))

    def test_cve_2022_22941_rights_hold_for_every_target_and_nobody_is_not_everybody(self):
        """On a master of masters Salt read "no valid targets" of a publisher_acl as "valid", so that a user with a
        right to one command could send it to any minion behind a syndic. Here a target is a list of names before
        rights are asked, each name is decided by itself, a list that comes out empty is an error, and there is no
        second broker behind which other rules hold.
        """
        with open(os.path.join(self.folder, "rights.toml"), "w") as file:
            file.write('[[allow]]\noperator = "ada"\ncommands = ["count"]\nagents = ["pi-1", "nobody-*"]\n')
        self.start_broker()
        self.start_agents("pi-1", "pi-2")
        ada = wire.Operator(wire.PeerKey.of_file(self.enrol("ada", "operator"))).begin()
        self.addCleanup(ada.close)
        # Names, patterns and what may look like either: none may come to mean more than ada's one agent.
        allowed = 0
        for target in ("pi-2", "pi-2,pi-2", "nobody-1", "nobody-*", "pi-1,nobody-1", "", ",", "PI-1", "role=x",
                       "pi-[2]", "**", "*,pi-2", "pi-1,*", "pi-?", "*", "pi-1,pi-2", "!pi-1"):
            results = ada.send(target, "count")
            outcomes = {}
            if results.get("verb") != "error":
                outcomes = {name: body["outcome"] for name, body in results.items()}
            self.assertEqual(outcomes.pop("pi-2", DENIED), DENIED, target)
            self.assertLessEqual(set(outcomes.items()), {("pi-1", FINISHED)}, target)
            self.assertTrue(outcomes == {} or target.startswith(("*", "pi-1", "pi-?")), target)
            allowed += len(outcomes)
        self.assertGreaterEqual(allowed, 2, "the right is one")
        self.assertEqual(ada.send("pi-1", "hostname").get("verb"), "error", "another command")
        self.assertEqual(self.times_run(), allowed, "as often as pi-1 answered, and never on pi-2")
        self.assertEqual(ada.ask("reload").get("verb"), "error")
        self.assertEqual(ada.ask("key_issue", id="pi-3", role=ROLE_AGENT).get("verb"), "error")

    def test_cve_2024_38823_a_recorded_session_is_worth_nothing_without_tls_too(self):
        """Salt's request server took recorded messages again wherever TLS was not set up around it. Here there is no
        transport without CURVE to choose, and the frames don't rely on it: all that was recorded inside it, sent again
        by one who holds the agent's CURVE key, is refused, on a fresh connection and after a restart.
        """
        self.start_broker()
        middle = self.start_middle()
        operator = self.operator()
        self.assertEqual(operator.send("pi-1", "count")["pi-1"]["outcome"], FINISHED)
        wait_for("rows of metrics", lambda: len(middle.frames("BATCH")) >= 2)
        for endpoint in self.ports.values():
            for mechanism in (b"NULL", b"PLAIN"):
                ready = zmtp.command(b"READY", zmtp.metadata("DEALER"))
                peer = zmtp.Peer(endpoint).say(zmtp.greeting(mechanism), ready)
                self.assertTrue(peer.is_cut_off(), (endpoint, mechanism))
                peer.close()
        self.replay(operator, middle)
        self.assertEqual(operator.send("pi-1", "count")["pi-1"]["outcome"], FINISHED, "the session goes on")
        self.kill("broker")
        self.start_broker()
        self.wait_online("pi-1")
        self.replay(self.operator(), middle)

    def replay(self, operator, middle):
        recorded = [frame for way, frame in list(middle.seen) if way == "up"]
        replayed = middle.peer.dealer(middle.peer.endpoints["agents"])
        before, proven = self.refused(operator), operator.status()["sessions.proven"]
        expected = sum(wire.parse(frame).type != "HELLO" for frame in recorded)
        for frame in recorded:
            replayed.send(frame)
        wait_for("all but HELLO to be refused", lambda: self.refused(operator)["refused.no_session"]
                 >= before["refused.no_session"] + expected)
        self.assertEqual(operator.status()["sessions.proven"], proven)
        kinds = {wire.parse(wire.receive(replayed)).type for _ in recorded}
        self.assertLessEqual(kinds, {"CHALLENGE", "NO_SESSION"})
        replayed.close()

    # --- Icinga and NRPE ---------------------------------------------------------------------------------------------

    def test_cve_2024_49369_a_key_speaks_for_nobody_else(self):
        """Icinga 2 did not check certificates fully where it built on a connection's TLS state, so that a peer could
        pass for another node or API user. Here there is no chain to check: the client's CURVE key is looked up in the
        list of peers, and every frame's key must be that of the same peer, role and generation; the agent in turn
        knows one broker key.
        """
        self.start_broker()
        self.start_agents("pi-1")
        operator = self.operator()
        eve, victim = (wire.PeerKey.of_file(self.enrol(name)) for name in ("eve", "pi-2"))
        subscriber = wire.PeerKey.of_file(self.enrol("sub", "subscriber"))
        before = self.refused(operator)
        # A key of one's own making, and good keys on the doors of other roles.
        public, secret = zmtp.key_pair()
        for port in ("agents", "control", "feed"):
            with self.assertRaises(ConnectionError):
                zmtp.CurvePeer(self.ports[port], public, secret, eve.broker).shake_hands()
        for peer, port in ((eve, "control"), (eve, "feed"), (subscriber, "agents")):
            with self.assertRaises(ConnectionError):
                zmtp.CurvePeer.of(peer, self.ports[port]).shake_hands()
        # The victim's HELLO, made with either key, over another's connection; claims in ZMTP's metadata count nothing.
        for key in (victim, eve):
            hello = bytearray(wire.Session(key).hello(id="pi-2"))
            hello[8:24] = victim.handle
            hello[-32:] = wire.tag(key.handshake_up, bytes(hello[:-32]))
            claims = {"User-Id": b"agent/pi-2/1", "Identity": b"pi-2 " + key.id.encode()}
            connection = zmtp.CurvePeer.of(eve, self.ports["agents"], **claims).shake_hands()
            self.addCleanup(connection.close)
            connection.say(connection.seal(bytes(hello)))
        wait_for("both to be refused", lambda: self.refused(operator)["refused.wrong_connection"]
                 >= before["refused.wrong_connection"] + 2)
        self.wrong_brokers_are_refused()

    def wrong_brokers_are_refused(self):
        """A broker with another CURVE key, then one with the right CURVE key and nothing else of the secret."""
        self.kill("broker")
        public, secret = zmq.curve_keypair()
        master = wire.Master(os.path.join(self.state_dir, "secret"))
        for key, said in ((secret, "is not the broker that issued"), (master.curve_secret, "refused a frame")):
            router = zmq.Context.instance().socket(zmq.ROUTER)
            router.linger = 0
            router.curve_server, router.curve_secretkey = True, key
            wait_for("the port", lambda: self.binds(router))
            if key is not secret:
                # The agent asks for a proof, and doesn't take one that was made without its key.
                to, hello = router.recv_multipart()
                self.assertEqual(wire.parse(hello).type, "HELLO")
                na = wire.parse(hello).payload["na"]
                challenge = {"id": "pi-1", "na": na, "nb": bytes(32), "session": bytes(16), "now_us": 0}
                router.send_multipart([to, wire.seal(bytes(32), "CHALLENGE", 2, 1, bytes(16), 0, challenge)])
            wait_for("the agent to say so", lambda: said in self.log_of("pi-1"))
            self.assertFalse(router.poll(0), "no HELLO to one, no AUTH to the other")
            router.close()
        self.assertIsNone(self.processes["pi-1"].poll())
        self.start_broker()
        self.wait_online("pi-1")

    def binds(self, router):
        try:
            router.bind(self.ports["agents"])
            return True
        except zmq.ZMQError:
            return False

    def test_cve_2014_2913_arguments_are_data_and_there_is_no_shell(self):
        """NRPE with arguments enabled filtered metacharacters out of what it gave to a shell, and forgot the newline:
        a client ran commands of its own. Here nothing is filtered because nothing is interpreted: an argument either
        fits its slot or is refused, and fills one word of execve, whose parent is the agent itself.
        """
        self.start_broker()
        self.start_agents("pi-1")
        operator = self.operator()
        made = os.path.join(self.folder, "made")
        evil = [f"a\ntouch {made}\n", f"$(touch {made})", f"`touch {made}`", f"; touch {made} ;", f"| touch {made}",
                f"&& touch {made} &", f"'\" > {made}", "%s%n", "*", "~", "${IFS}", "a\tb", "\x1b[2J", "x" * 100]
        for text in evil:
            result = operator.send("pi-1", "dump", text)["pi-1"]
            if result["outcome"] == FINISHED:
                stat, words = result["out"].split(b"\n", 1)
                self.assertEqual(words.split(b"\0")[:-1], [*DUMP, text.encode()])
                parent = int(stat.rsplit(b")", 1)[1].split()[1])
                self.assertEqual(parent, self.processes["pi-1"].pid, "forked by the agent, no shell")
            else:
                self.assertEqual(result["outcome"], REFUSED, text)
        # What would be an option, or no text of one line, is refused at the latest by the device.
        for command, text in (("dump", "--help"), ("dump", "-x"), ("dump", "a\0b"), ("number", f"5\ntouch {made}"),
                              ("number", "5;5"), ("number", "5 "), ("number", "0x5"), ("number", "$((5))"),
                              ("hostname", f"; touch {made}"), ("hostname", "\n")):
            answer = operator.send("pi-1", command, text)
            # A built-in command takes no arguments at all, and says so by its exit code.
            self.assertTrue(answer.get("verb") == "error" or answer["pi-1"]["outcome"] == REFUSED or
                            (command, answer["pi-1"]["exit_code"]) == ("hostname", 2), (command, text, answer))
        self.assertEqual(operator.send("pi-1", "number", "5")["pi-1"]["out"], b"5")
        self.assertFalse(os.path.exists(made))



if __name__ == "__main__":
    unittest.main()
