"""What a person sees when something is wrong: a clear sentence, the right exit code, and nothing left hanging."""
import json
import os
import socket
import unittest

from harness import Fleet, wait_for


class BadInput(Fleet):
    def test_without_a_broker_the_cli_says_so_and_exits_7(self):
        os.mkdir(self.run_dir)
        done = self.cli("send", "--all", "uptime")
        self.assertEqual(done.returncode, 7, done.stderr)
        self.assertIn("broker", done.stderr)

    def test_without_a_secret_the_broker_says_how_to_make_one(self):
        process = self.start("broker", "pncp-broker", "--state-dir", self.state_dir, "--run-dir", self.run_dir)
        self.assertEqual(process.wait(20), 78)
        del self.processes["broker"]
        self.assertIn("pncp-cli key init", self.log_of("broker"))

    def test_a_secret_that_others_can_read_is_refused(self):
        secret = os.path.join(self.state_dir, "secret")
        self.cli_ok("key", "init", "--out", secret)
        os.chmod(secret, 0o644)
        process = self.start("broker", "pncp-broker", "--state-dir", self.state_dir, "--run-dir", self.run_dir)
        self.assertEqual(process.wait(20), 78)
        del self.processes["broker"]
        self.assertIn("chmod 600", self.log_of("broker"))
        with open(secret) as file:
            self.assertNotIn(file.read().strip(), self.log_of("broker"))

    def test_a_taken_port_is_named(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = taken.getsockname()[1]
            self.cli_ok("key", "init", "--out", os.path.join(self.state_dir, "secret"))
            process = self.start("broker", "pncp-broker", "--state-dir", self.state_dir, "--run-dir", self.run_dir,
                                 "--listen-agents", f"tcp://127.0.0.1:{port}")
            self.assertEqual(process.wait(20), 69)
            del self.processes["broker"]
            self.assertIn(str(port), self.log_of("broker"))

    def test_a_second_broker_on_the_same_journal_is_refused(self):
        self.start_broker()
        process = self.start("second", "pncp-broker", "--state-dir", self.state_dir, "--run-dir", self.run_dir)
        self.assertEqual(process.wait(20), 69)
        del self.processes["second"]
        self.assertEqual(self.cli("agents").returncode, 0, "the first one goes on")

    def test_unknown_names_are_errors_that_list_the_known_ones(self):
        self.start_broker()
        self.start_agents("pi-1")
        done = self.cli("send", "--all", "lslog")
        self.assertEqual(done.returncode, 2)
        self.assertIn("lslogs", done.stderr)
        done = self.cli("send", "--to", "pi-1,pi-77", "uptime")
        self.assertEqual(done.returncode, 2)
        self.assertIn("pi-77", done.stderr)
        self.assertEqual(self.cli("send", "uptime").returncode, 2, "neither --all nor --to")

    def test_no_agent_enrolled_is_no_target(self):
        self.start_broker()
        self.assertEqual(self.cli("send", "--all", "uptime").returncode, 5)

    def test_an_offline_agent_is_unanswered_and_said_to_be(self):
        self.start_broker()
        self.enrol("pi-9")
        done = self.cli("send", "--all", "-o", "json", "uptime")
        self.assertEqual(done.returncode, 4, done.stderr)
        job = json.loads(done.stdout)
        self.assertEqual(job["results"][0]["outcome"], "offline")
        self.assertIn("never connected", job["results"][0]["reason"])

    def test_an_agent_with_a_revoked_key_is_told_and_keeps_trying(self):
        self.start_broker()
        key = self.enrol("pi-1")
        self.cli_ok("key", "revoke", "pi-1")
        self.start_agent("pi-1", key)
        wait_for("the agent to say why", lambda: "not accept" in self.log_of("pi-1") or "refused" in self.log_of("pi-1"))
        self.assertIsNone(self.processes["pi-1"].poll())

    def test_an_agent_without_a_broker_says_so_once_and_comes_back_by_itself(self):
        self.start_broker()
        key = self.enrol("pi-1")
        self.kill("broker")
        self.start_agent("pi-1", key)
        wait_for("the agent to say so", lambda: "reach" in self.log_of("pi-1"))
        self.start_broker()
        self.wait_online("pi-1")
        self.assertEqual(self.log_of("pi-1").count("cannot reach"), 1)

    def test_a_key_file_that_others_can_read_is_refused(self):
        self.start_broker()
        key = self.enrol("pi-1")
        os.chmod(key, 0o644)
        process = self.start("pi-1", "pncp-agent", "--key-file", key)
        self.assertEqual(process.wait(20), 78)
        del self.processes["pi-1"]
        self.assertIn("chmod 600", self.log_of("pi-1"))

    def test_a_broken_configuration_is_named_with_file_and_line(self):
        path = os.path.join(self.folder, "broker.toml")
        with open(path, "w") as file:
            file.write("[listen]\nagnets = \"tcp://*:1\"\n")
        process = self.start("broker", "pncp-broker", "--config", path, "--check-config")
        self.assertEqual(process.wait(20), 78)
        del self.processes["broker"]
        self.assertIn("broker.toml:2", self.log_of("broker"))
        self.assertIn("listen.agents", self.log_of("broker"))

    def test_a_broken_file_of_rules_or_rights_is_found_before_it_keeps_the_broker_from_starting(self):
        for option, text, where in (("alerts", "[[alert]]\nname = \"hot\"\nwhen = \"temp\"\n", "rules.toml:3"),
                                    ("rights", "[[allow]]\nopertor = \"ada\"\n", "rules.toml:2")):
            path = os.path.join(self.folder, "rules.toml")
            with open(path, "w") as file:
                file.write(text)
            process = self.start(option, "pncp-broker", f"--{option}-file", path, "--check-config")
            self.assertEqual(process.wait(20), 78)
            del self.processes[option]
            self.assertIn(where, self.log_of(option))

    def test_without_influxdb_the_bridge_keeps_everything_and_catches_up(self):
        self.start_influx()
        port = self.influx.port
        self.influx.stop()
        self.start_broker()
        self.start_bridge(port)
        self.start_agents("pi-1")
        wait_for("the bridge to say so", lambda: "InfluxDB" in self.log_of("bridge") and "reach" in self.log_of("bridge"))
        before = self.head()
        wait_for("events meanwhile", lambda: self.head() > before + 10)
        self.kill("bridge", 15)
        self.influx.start()
        self.start_bridge()
        wait_for("the first event in InfluxDB", lambda: self.influx.query('SELECT "status" FROM "agent_status"'))


if __name__ == "__main__":
    unittest.main()
