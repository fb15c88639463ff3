"""pncp_log.txt with real processes: rotation under traffic and SIGKILL, verify, show, replay."""
import gzip
import json
import os
import re
import signal
import subprocess
import unittest

from harness import BIN_DIR, Fleet, wait_for
from lacking import lacking


class Log(Fleet):
    def start_log_writer(self, *more):
        self.log_path = os.path.join(self.folder, "pncp_log.txt")
        self.start("log-writer", "pncp-log-writer", "--run-dir", self.run_dir, "--log-file", self.log_path, *more)

    def log_files(self):
        """All files of the log, oldest first."""
        names = [name for name in os.listdir(self.folder) if re.fullmatch(r"pncp_log\.txt(\.\d{6})?(\.gz)?", name)]
        return [os.path.join(self.folder, name) for name in sorted(names, key=lambda name: (name == "pncp_log.txt", name))]

    def all_lines(self):
        while True:
            lines = []
            try:
                for path in self.log_files():
                    with (gzip.open(path, "rt") if path.endswith(".gz") else open(path)) as file:
                        lines += [json.loads(line) for line in file.read().split("\n")[:-1]]
            except FileNotFoundError:
                continue  # compressed, or rotated, since its name was read
            return lines

    def last_seq(self):
        return max((line.get("seq", 0) for line in self.all_lines()), default=0)

    def expect_every_event_once(self):
        sequences = [line["seq"] for line in self.all_lines() if "seq" in line]
        self.assertEqual(sequences, list(range(1, len(sequences) + 1)), "every event once, in order, over all files")

    def verify(self, *arguments):
        return self.cli("log", "verify", *arguments, *self.log_files())

    def test_rotation_under_traffic_and_sigkill_loses_and_doubles_nothing_and_every_edit_is_found(self):
        self.start_broker()
        small = ("--log-rotate-size", "20kB", "--log-keep", "0")
        self.start_log_writer(*small)
        self.start_agents("pi-1", "pi-2", interval="100ms")
        for _ in range(6):
            files = len(self.log_files())
            wait_for("a rotation", lambda: len(self.log_files()) > files)
            self.kill("log-writer")
            self.start_log_writer(*small)
        for name in ("pi-1", "pi-2"):
            self.assertEqual(self.kill(name, signal.SIGTERM), 0)
        head = self.head()
        wait_for("the log to reach the head", lambda: self.last_seq() >= head)
        wait_for("old files to be compressed", lambda: all(path.endswith(".gz") for path in self.log_files()[:-1]))
        self.kill("log-writer", signal.SIGTERM)
        self.expect_every_event_once()
        self.assertGreater(len(self.log_files()), 6)
        self.assertEqual([name for name in os.listdir(self.folder) if name.endswith((".next", ".part"))], [])
        good = self.verify("--offline")
        self.assertEqual(good.returncode, 0, good.stdout + good.stderr)
        self.edits_are_found()

    def edits_are_found(self):
        """In a compressed file and in the live one."""
        for path, packed in ((self.log_files()[2], gzip.open), (self.log_files()[-1], open)):
            with packed(path, "rb") as file:
                whole = file.read()
            lines = whole.split(b"\n")
            self.assertGreater(len(lines), 3, path)
            for what, changed, number in (
                    ("edit", lines[:1] + [lines[1].replace(b'"time":"2', b'"time":"1')] + lines[2:], 2),
                    ("removal", lines[:1] + lines[2:], 2),
                    ("swap", [lines[0], lines[2], lines[1]] + lines[3:], 2)):
                with packed(path, "wb") as file:
                    file.write(b"\n".join(changed))
                found = self.verify("--offline")
                self.assertEqual(found.returncode, 8, what + found.stdout + found.stderr)
                self.assertIn(f"{path}:{number}: ", found.stdout, what)
            with packed(path, "wb") as file:
                file.write(whole)

    def test_anchors_come_back_and_are_confirmed_and_a_chain_computed_anew_is_not(self):
        self.start_broker()
        self.start_log_writer()
        self.start_agents("pi-1", interval="100ms")
        # A thousand lines bring the first anchor at once.
        self.cli_ok("send", "--all", "uptime")
        anchored = wait_for("an anchor in the log", lambda: [
            line for line in self.log_lines() if line.get("type") == "ANCHOR"], 240)
        self.assertEqual(anchored[0]["content"]["consumer"], "log-writer")
        self.kill("pi-1", signal.SIGTERM)
        head = self.head()
        wait_for("the log to reach the head", lambda: self.last_seq() >= head)
        good = self.verify()
        self.assertEqual(good.returncode, 0, good.stdout + good.stderr)
        self.assertIn("anchors are the broker's", good.stdout)
        with open(self.log_path) as file:
            lines = file.read().split("\n")
        # Cut off behind the anchor's own event: found by what the broker knows.
        sequence = anchored[0]["content"]["sequence"]
        kept = [line for line in lines if line and json.loads(line).get("seq", 0) < sequence]
        cut = os.path.join(self.folder, "cut.txt")
        with open(cut, "w") as file:
            file.write("\n".join(kept) + "\n")
        self.assertEqual(self.cli("log", "verify", "--offline", cut).returncode, 0)
        found = self.cli("log", "verify", cut)
        self.assertEqual(found.returncode, 8, found.stdout + found.stderr)
        self.assertIn("its end was cut off", found.stdout)
        self.kill("broker", signal.SIGTERM)
        alone = self.verify()
        self.assertEqual(alone.returncode, 7, alone.stdout + alone.stderr)
        self.assertIn("anchors were not checked", alone.stderr)

    def test_sighup_after_a_rename_goes_on_in_a_new_file(self):
        self.start_broker()
        self.start_log_writer()
        self.start_agents("pi-1", interval="200ms")
        wait_for("lines", lambda: len(self.log_lines()) > 20)
        moved = self.log_path + ".000001"
        os.rename(self.log_path, moved)
        self.processes["log-writer"].send_signal(signal.SIGHUP)
        wait_for("lines in the new file", lambda: len(self.log_lines()) > 10)
        self.kill("pi-1", signal.SIGTERM)
        self.kill("log-writer", signal.SIGTERM)
        self.expect_every_event_once()
        good = self.verify("--offline")
        self.assertEqual(good.returncode, 0, good.stdout + good.stderr)

    def test_show_chooses_and_follows_over_a_rotation(self):
        self.start_broker()
        self.start_log_writer("--log-rotate-size", "20kB")
        wait_for("the file", lambda: self.log_lines())
        followed = os.path.join(self.folder, "followed.txt")
        with open(followed, "wb") as file:
            self.processes["show"] = subprocess.Popen(
                [os.path.join(BIN_DIR, "pncp-cli"), "log", "show", "--follow", "-o", "json", self.log_path],
                stdin=subprocess.DEVNULL, stdout=file, stderr=subprocess.STDOUT)
        self.start_agents("pi-1", interval="100ms")
        wait_for("two rotations", lambda: len(self.log_files()) > 2)
        self.cli_ok("send", "--all", "uptime")
        self.kill("pi-1", signal.SIGTERM)
        head = self.head()

        def shown():
            with open(followed) as file:
                return [json.loads(line)["seq"] for line in file.read().split("\n")[:-1]]

        wait_for("all that was logged to be shown", lambda: (shown() or [0])[-1] >= head)
        self.kill("show", signal.SIGTERM)
        self.assertEqual(shown(), list(range(1, len(shown()) + 1)))
        result = self.cli_ok("log", "show", "--agent", "pi-1", "--type", "RESULT", "--since", "10m", *self.log_files())
        self.assertEqual(len(result.splitlines()), 1, result)
        self.assertIn("uptime finished, exit code 0", result)

    def test_replay_into_another_database_stores_the_same_points(self):
        self.start_influx()
        self.start_broker()
        self.start_log_writer()
        self.start_bridge()
        self.start_agents("pi-1", "pi-2", interval="200ms")
        self.cli_ok("send", "--all", "lslogs")
        wait_for("points", lambda: self.last_seq() > 60)
        for name in ("pi-1", "pi-2"):
            self.kill(name, signal.SIGTERM)
        head = self.head()
        wait_for("the log to reach the head", lambda: self.last_seq() >= head)
        metrics = sum(line.get("type") == "METRICS" for line in self.all_lines())
        wait_for("the bridge", lambda: self.influx.query('SELECT count("output") FROM "metrics"')[0]["count"] == metrics)
        wait_for("status", lambda: len(self.influx.query('SELECT "status" FROM "agent_status"')) == 4)
        for _ in range(2):
            done = self.cli("log", "replay", *self.log_files(), "--to", f"http://127.0.0.1:{self.influx.port}/copy")
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        names = sorted(row["name"] for row in self.influx.query("SHOW MEASUREMENTS"))
        self.assertEqual(sorted(row["name"] for row in self.influx.query("SHOW MEASUREMENTS", "copy")), names)
        for name in names:
            select = f'SELECT * FROM "{name}"'
            original, copy = self.influx.query(select), self.influx.query(select, "copy")
            key = lambda row: json.dumps(row, sort_keys=True)
            self.assertEqual(sorted(copy, key=key), sorted(original, key=key), name)

    def test_replay_to_a_feed_hands_every_event_to_a_subscriber_with_its_number(self):
        try:
            import msgpack
            import zmq
        except ImportError:
            lacking("python3-zmq and python3-msgpack are not installed")
        self.start_broker()
        self.start_log_writer()
        self.start_agents("pi-1", interval="100ms")
        wait_for("lines", lambda: self.last_seq() > 50)
        self.kill("pi-1", signal.SIGTERM)
        self.kill("log-writer", signal.SIGTERM)
        logged = {line["seq"]: line for line in self.all_lines() if "seq" in line}
        path = os.path.join(self.folder, "replay.sock")
        self.start("replay", "pncp-cli", "log", "replay", "--feed", path, *self.log_files())
        subscriber = zmq.Context.instance().socket(zmq.SUB)
        self.addCleanup(subscriber.close, 0)
        subscriber.subscribe(b"")
        subscriber.connect("ipc://" + path)
        subscriber.rcvtimeo = 20000
        seen = []
        while len(seen) < len(logged):
            topic, frame = subscriber.recv_multipart()
            body = msgpack.unpackb(frame[36:-32])
            seen.append(int.from_bytes(frame[24:32], "big"))
            self.assertEqual(topic.decode(), logged[seen[-1]]["topic"])
            self.assertEqual(body["topic"], topic.decode())
        self.assertEqual(seen, sorted(logged))
        self.assertEqual(self.processes.pop("replay").wait(20), 0)


if __name__ == "__main__":
    unittest.main()
