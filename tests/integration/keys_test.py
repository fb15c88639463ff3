"""Keys and rights while everything runs: rotated over the wire, revoked, reloaded, and given to operators."""
import json
import os
import signal
import unittest

import zmq
import zmq.utils.z85

from harness import Fleet, wait_for
from key_files import curve_pair, read_key_file


class Feed:
    """A subscriber of one's own on TCP: a SUB with the CURVE keys of a key file."""

    def __init__(self, key_file):
        fields = read_key_file(key_file)
        secret, public = curve_pair(fields)
        self.socket = zmq.Context.instance().socket(zmq.SUB)
        self.socket.linger = 0
        self.socket.reconnect_ivl = 20
        self.socket.curve_secretkey, self.socket.curve_publickey = secret, public
        self.socket.curve_serverkey = zmq.utils.z85.encode(bytes.fromhex(fields["broker"]))
        self.socket.subscribe(b"")
        self.socket.connect(fields["feed"])

    def topics(self):
        """Topics that have come since the last call."""
        found = []
        while self.socket.poll(0):
            found.append(self.socket.recv_multipart()[0].decode())
        return found

    def hears(self, what, prefix):
        wait_for(what, lambda: any(topic.startswith(prefix) for topic in self.topics()))


class Keys(Fleet):
    def keys(self, name):
        rows = json.loads(self.cli_ok("key", "list", "-o", "json"))["keys"]
        return next(row for row in rows if row["id"] == name)

    def rights(self, text):
        with open(os.path.join(self.folder, "rights.toml"), "w") as file:
            file.write(text)

    def start(self, name, program, *arguments, env=None):
        rights = {"PNCP_RIGHTS_FILE": os.path.join(self.folder, "rights.toml")} if program == "pncp-broker" else {}
        return super().start(name, program, *arguments, env={**rights, **(env or {})})

    def test_a_connected_agent_gets_its_next_key_over_the_wire_and_the_old_one_ends(self):
        self.start_broker()
        key_file = self.enrol("pi-1")
        with open(key_file) as file:
            old = file.read()
        self.start_agent("pi-1", key_file)
        self.wait_online("pi-1")
        self.cli_ok("key", "rotate", "pi-1")
        wait_for("pi-1 to come over", lambda: self.keys("pi-1")["used"] == 2 and self.keys("pi-1")["previous"] == 0)
        self.assertEqual(os.stat(key_file).st_mode & 0o777, 0o600)
        self.assertEqual(read_key_file(key_file)["generation"], "2")
        self.assertIn("ok", self.cli_ok("send", "--to", "pi-1", "hostname"))
        # The new key is the one that outlives both programs; the old one is nobody's.
        self.kill("broker")
        self.kill("pi-1")
        self.start_broker()
        self.start_agent("pi-1", key_file)
        self.wait_online("pi-1")
        stale = os.path.join(self.folder, "stale.key")
        with open(os.open(stale, os.O_CREAT | os.O_WRONLY, 0o600), "w") as file:
            file.write(old)
        self.start_agent("thief", stale)
        wait_for("the thief to be told", lambda: "does not accept the key" in self.log_of("thief"))
        self.assertEqual(self.keys("pi-1")["used"], 2)

    def test_an_agent_that_cannot_keep_its_next_key_goes_on_with_the_present_one(self):
        self.start_broker()
        self.enrol("pi-1")
        folder = os.path.join(self.folder, "readonly")
        os.mkdir(folder)
        # A folder in which nothing can be made, whoever asks: the key file's name is too long for a temporary one.
        long_name = os.path.join(folder, "k" * 250)
        os.rename(os.path.join(self.folder, "pi-1.key"), long_name)
        self.start_agent("pi-1", long_name)
        self.wait_online("pi-1")
        self.cli_ok("key", "rotate", "pi-1")
        wait_for("the agent to say so", lambda: "can't be kept" in self.log_of("pi-1"))
        self.assertEqual((self.keys("pi-1")["used"], self.keys("pi-1")["previous"]), (1, 1))
        self.assertIn("ok", self.cli_ok("send", "--to", "pi-1", "hostname"))

    def test_a_revoked_subscriber_is_cut_off_the_feed_and_the_others_come_back(self):
        self.start_broker()
        self.start_log_writer()
        self.start_agents("pi-1")
        revoked, honest = (Feed(self.enrol(name, "subscriber")) for name in ("eve", "ada"))
        for feed in (revoked, honest):
            feed.hears("the feed to arrive", "metrics/")
        self.cli_ok("key", "revoke", "eve", "--role", "subscriber")
        revoked.topics()
        honest.topics()
        for _ in range(3):
            honest.hears("the feed to go on", "metrics/")
        self.assertEqual(revoked.topics(), [], "nothing more reaches who was revoked")
        # The journal fills what the cut cost: the log writer has every sequence once.
        head = self.head()
        wait_for("the log writer to have it all", lambda: self.log_lines() and self.log_lines()[-1].get("seq", 0) >= head)
        sequences = [line["seq"] for line in self.log_lines() if "seq" in line]
        self.assertEqual(sequences, list(range(1, len(sequences) + 1)))
        # The feed's new key outlives the broker.
        self.kill("broker")
        self.start_broker()
        honest.hears("the feed after a restart", "metrics/")
        self.assertEqual(revoked.topics(), [])

    def test_an_agent_that_was_refused_comes_back_by_itself_when_it_is_listed(self):
        self.start_broker()
        self.start_agents("pi-1", "pi-2")
        peers = os.path.join(self.state_dir, "peers")
        with open(peers) as file:
            listed = file.read()
        with open(peers, "w") as file:
            file.write("".join(line for line in listed.splitlines(True) if "pi-1" not in line))
        self.processes["broker"].send_signal(signal.SIGHUP)
        wait_for("pi-1 to be refused", lambda: "does not accept the key" in self.log_of("pi-1"))
        self.assertEqual(self.cli("send", "--to", "pi-1", "hostname").returncode, 2, "nobody of that name")
        self.assertIn("ok", self.cli_ok("send", "--to", "pi-2", "hostname"))
        with open(peers, "w") as file:
            file.write(listed)
        self.cli_ok("reload")
        self.wait_online("pi-1", "pi-2")

    def test_rights_decide_for_each_target_and_change_with_a_reload(self):
        self.rights('[[allow]]\noperator = "ada"\ncommands = ["lslogs", "host*"]\nagents = ["pi-1"]\n')
        self.start_broker()
        self.start_agents("pi-1", "pi-2")
        key_file = self.enrol("ada", "operator")
        ada = ("--key-file", key_file)
        done = self.cli(*ada, "send", "--to", "pi-1", "hostname")
        self.assertEqual(done.returncode, 0, done.stderr)
        done = self.cli(*ada, "send", "--all", "hostname")
        self.assertIn("denied", done.stdout)
        self.assertNotEqual(done.returncode, 0)
        done = self.cli(*ada, "send", "--to", "pi-1", "uptime")
        self.assertEqual(done.returncode, 6, done.stdout + done.stderr)
        self.assertIn("rights.toml", done.stderr)
        done = self.cli(*ada, "key", "issue", "pi-9", "--out", os.path.join(self.folder, "pi-9.key"))
        self.assertEqual(done.returncode, 6)
        self.assertFalse(os.path.exists(os.path.join(self.folder, "pi-9.key")))

        self.rights('[[allow]]\noperator = "ada"\ncomands = ["*"]\n')
        done = self.cli("reload")
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("rights.toml:3", done.stderr)
        self.assertEqual(self.cli(*ada, "send", "--to", "pi-1", "hostname").returncode, 0, "as it was")

        self.rights("")
        self.cli_ok("reload")
        self.assertEqual(self.cli(*ada, "send", "--to", "pi-1", "hostname").returncode, 6)
        self.assertEqual(self.cli(*ada, "agents").returncode, 6, "not even looking, without a rule")
        self.assertEqual(self.cli("send", "--to", "pi-1", "hostname").returncode, 0, "the local operator may")

    def test_a_broker_whose_rights_cannot_be_read_does_not_start(self):
        self.rights("[[allow]\n")
        self.cli_ok("key", "init", "--out", os.path.join(self.state_dir, "secret"))
        process = self.start("broker", "pncp-broker", "--state-dir", self.state_dir, "--run-dir", self.run_dir)
        self.assertEqual(process.wait(20), 78)
        del self.processes["broker"]
        self.assertIn("rights.toml:1", self.log_of("broker"))


if __name__ == "__main__":
    unittest.main()
