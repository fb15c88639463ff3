"""Retention with real processes: a small journal, consumers that stop within and beyond its cap, and one without cursor."""
import json
import os
import signal
import subprocess
import unittest

from harness import SOURCE_DIR, Fleet, wait_for

CAP = 1 << 20


class Retention(Fleet):
    def start_broker(self, *more):
        if not os.path.exists(os.path.join(self.state_dir, "secret")):
            self.cli_ok("key", "init", "--out", os.path.join(self.state_dir, "secret"))
        ports = getattr(self, "ports", {})
        arguments = ["--state-dir", self.state_dir, "--run-dir", self.run_dir, "--public-host", "127.0.0.1",
                     "--journal-max-size", "1MiB", *more]
        for name in ("agents", "control", "feed"):
            arguments += [f"--listen-{name}", ports.get(name, "tcp://127.0.0.1:*")]
        self.start("broker", "pncp-broker", *arguments)
        wait_for("the broker to answer", lambda: self.cli("agents").returncode == 0)

    def status(self):
        return json.loads(self.cli_ok("status", "-o", "json"))["status"]

    def number(self, name):
        return int(self.status().get(name, 0))

    def sequences(self):
        return [line["seq"] for line in self.log_lines() if "seq" in line]

    def wait_for_log(self, sequence):
        wait_for(f"the log to reach {sequence}", lambda: self.sequences() and self.sequences()[-1] >= sequence, 120)

    def test_a_consumer_that_was_stopped_within_the_cap_loses_nothing(self):
        self.start_broker()
        self.start_log_writer()
        self.start_agents("pi-1", interval="100ms")
        wait_for("the log writer to register", lambda: self.number("cursor.log-writer") > 0)
        self.kill("log-writer", signal.SIGTERM)
        stopped = self.number("cursor.log-writer")
        wait_for("events it has not had", lambda: self.number("lag.log-writer") > 80)
        status = self.status()
        self.assertEqual(status["journal.deleted_unread"], "0")
        self.assertEqual(status["holds.log-writer"], "yes")
        self.assertGreaterEqual(int(status["lag.log-writer"]), 80)
        self.start_log_writer()
        self.wait_for_log(stopped + 80)
        self.kill("pi-1", signal.SIGTERM)
        self.wait_for_log(self.head())
        self.assertEqual(self.sequences(), list(range(1, len(self.sequences()) + 1)))

    def test_beyond_the_cap_the_oldest_goes_the_gap_is_said_and_the_journal_goes_on(self):
        self.start_broker()
        self.start_log_writer()
        self.start_agents("pi-1", "pi-2", "pi-3", interval="100ms")
        wait_for("the log writer to register", lambda: self.number("cursor.log-writer") > 0)
        self.kill("log-writer", signal.SIGTERM)
        wait_for("the cap", lambda: self.number("journal.deleted_unread") > 100, 240)
        status = self.status()
        self.assertLessEqual(int(status["journal.used_bytes"]), CAP)
        self.assertLessEqual(os.path.getsize(os.path.join(self.state_dir, "journal.sqlite")), CAP)
        self.assertGreater(int(status["journal.oldest"]), int(status["cursor.log-writer"]) + 1)
        self.assertEqual(status["journal.takes_metrics"], "yes")
        self.assertIn("events were deleted that consumer log-writer had not read", self.log_of("broker"))
        self.start_log_writer()
        self.wait_for_log(self.head())
        for name in ("pi-1", "pi-2", "pi-3"):
            self.kill(name, signal.SIGTERM)
        self.wait_for_log(self.head())
        with open(self.log_path) as file:
            text = file.read()
        self.assertIn("no longer in the broker's journal", text)
        # What is in the log ascends, and only the declared range is missing.
        sequences = self.sequences()
        self.assertEqual(sequences, sorted(set(sequences)))
        sequences = [line["seq"] for line in self.log_lines() if line.get("type") not in (None, "FEED_GAP")]
        holes = [(a + 1, b - 1) for a, b in zip(sequences, sequences[1:]) if b != a + 1]
        declared = [(line["content"]["first"], line["content"]["last"]) for line in self.log_lines()
                    if line.get("type") == "FEED_GAP"]
        self.assertEqual(holes, declared)
        self.assertEqual(len(holes), 1, holes)

    def test_what_is_old_and_read_goes_and_a_restart_goes_on_from_the_heads(self):
        self.start_broker("--journal-keep", "1s")
        self.start_agents("pi-1", interval="100ms")
        wait_for("old events to go", lambda: self.number("journal.oldest") > 20)
        self.kill("pi-1", signal.SIGTERM)
        before = self.head()
        self.kill("broker", signal.SIGKILL)
        self.start_broker("--journal-keep", "1s")
        self.assertGreaterEqual(self.head(), before)
        self.start_log_writer()
        self.wait_for_log(before)
        self.kill("log-writer", signal.SIGTERM)

    def test_a_subscriber_without_a_cursor_never_holds_the_journal_back(self):
        self.start_broker("--journal-keep", "1s")
        self.start_agents("pi-1", interval="100ms")
        self.processes["example"] = subprocess.Popen(
            ["/usr/bin/python3", os.path.join(SOURCE_DIR, "scripts", "examples", "subscriber.py"), self.run_dir],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.processes["example"].send_signal(signal.SIGSTOP)
        wait_for("old events to go", lambda: self.number("journal.oldest") > 20)
        self.assertEqual([name for name in self.status() if name.startswith("cursor.")], [])
        self.kill("example")

    def test_on_a_full_disk_metrics_wait_at_the_agent_commands_go_on_and_room_is_found_again(self):
        self.mount(self.state_dir, "24m")
        self.start_broker("--journal-max-size", "8MiB")
        self.start_log_writer()
        self.start_agents("pi-1", interval="500ms")
        wait_for("the log writer to register", lambda: self.number("cursor.log-writer") > 0)
        self.kill("log-writer", signal.SIGTERM)
        self.assertTrue(os.path.exists(os.path.join(self.state_dir, "journal.sqlite-reserve")))
        self.fill(self.state_dir)
        wait_for("the disk to be found full", lambda: self.status()["journal.disk_full"] == "yes")
        self.assertIn("the journal's disk is full", self.log_of("broker"))
        self.assertIn("disk of the broker's journal is full", self.cli("status").stderr)
        wait_for("metrics to be held back", lambda: self.number("batches.held_back") > 0)
        before = self.head()
        self.cli_ok("send", "--all", "uptime")
        self.assertGreater(self.head(), before)
        self.assertEqual(self.number("journal.deleted_unread"), 0)
        self.free(self.state_dir)
        wait_for("room", lambda: self.status()["journal.disk_full"] == "no")
        taken = self.number("rows.metrics")
        wait_for("metrics again", lambda: self.number("rows.metrics") > taken)
        self.kill("pi-1", signal.SIGTERM)
        self.start_log_writer()
        self.wait_for_log(self.head())
        self.assertEqual(self.sequences(), list(range(1, len(self.sequences()) + 1)))
        self.assertEqual([line for line in self.log_lines() if line.get("type") == "GAP"], [], "nothing was lost")

    def test_the_brokers_own_numbers_are_an_event(self):
        self.start_broker("--self-metrics-interval", "500ms")
        self.start_log_writer()
        wait_for("two of them", lambda: len([
            line for line in self.log_lines() if line.get("topic") == "metrics/_broker/"]) >= 2)


if __name__ == "__main__":
    unittest.main()
