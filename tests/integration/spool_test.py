"""The agent's disk spool with real processes: the broker is away, the agent writes what waits to its folder, is killed or
stopped, its disk is full; then every row in the journal is counted. Nothing comes twice, and every number that is
missing is declared by a GAP.
"""
import collections
import glob
import os
import signal
import sqlite3
import struct
import subprocess
import unittest

from harness import BIN_DIR, Fleet, wait_for
from lacking import lacking

# agent/core/spool_format.hpp
HEADER = 8 + 16 + 1 + 4 + 64 + 64 + 8
RECORD = struct.Struct(">IIQQ8s8s")
END = struct.Struct(">8sQQ8s")


class Spool(Fleet):
    def setUp(self):
        super().setUp()
        self.spool_dir = os.path.join(self.folder, "spool")

    # --- the folder --------------------------------------------------------------------------------------------------

    def marks(self):
        return sorted(glob.glob(os.path.join(self.spool_dir, "*.mark")))

    @staticmethod
    def spool_of(path):
        return os.path.basename(path).split("-")[1].split(".")[0]

    def rows_on_disk(self):
        """(spool, stream) -> numbers of the rows that stand in whole records."""
        found = collections.defaultdict(set)
        for path in glob.glob(os.path.join(self.spool_dir, "*.[mr]0*")):
            with open(path, "rb") as file:
                data = file.read()
            at = HEADER
            while at + RECORD.size <= len(data):
                length, rows, first, last, _, _ = RECORD.unpack_from(data, at)
                if rows == 0 or at + RECORD.size + length > len(data):
                    break
                found[self.spool_of(path), 1 if ".m" in path else 2] |= set(range(first, last + 1))
                at += RECORD.size + length
        return found

    def wait_for_rows_on_disk(self, count):
        wait_for(f"{count} rows on the disk", lambda: sum(map(len, self.rows_on_disk().values())) >= count)

    def clean_heads(self, mark):
        with open(mark, "rb") as file:
            data = file.read()[HEADER:]
        if len(data) != END.size:
            return None
        name, metrics, results, _ = END.unpack(data)
        return (metrics, results) if name == b"CLEANEND" else None

    # --- the agent ---------------------------------------------------------------------------------------------------

    def start_spooling(self, *more):
        self.start("pi-1", "pncp-agent", "--key-file", self.key, "--metrics-interval", "100ms", "--spool-path", self.spool_dir,
                   "--spool-spill-after", "500ms", *more)

    def begin(self):
        self.start_broker()
        self.start_log_writer()
        self.key = self.enrol("pi-1")

    def stop_broker(self):
        self.kill("broker")

    def wait_handed_over(self):
        """And the broker has kept that: a row of this run's spool is acknowledged."""
        wait_for("the former spools to be handed over", lambda: len(self.marks()) == 1 and
                 not glob.glob(os.path.join(self.spool_dir, "*.done")))

    # --- counting ----------------------------------------------------------------------------------------------------

    def end_and_count(self):
        """Stops everything in order; (spool, stream) -> numbers stored, and -> ranges declared lost."""
        self.assertEqual(self.kill("pi-1", signal.SIGTERM), 0)
        head = self.head()
        wait_for("the log to reach the head", lambda: self.log_lines() and self.log_lines()[-1].get("seq", 0) >= head)
        gaps = collections.defaultdict(list)
        for line in self.log_lines():
            if line.get("type") == "GAP":
                content = line["content"]
                stream = {"metrics": 1, "results": 2}.get(content["stream"], content["stream"])
                gaps[content["spool"], stream].append((content["first"], content["last"]))
        self.kill("log-writer", signal.SIGTERM)
        self.kill("broker", signal.SIGTERM)
        journal = sqlite3.connect(os.path.join(self.state_dir, "journal.sqlite"))
        stored = collections.defaultdict(list)
        for spool, stream, row in journal.execute(
                "SELECT hex(s.spool), e.stream, e.row FROM events e JOIN spools s ON e.spool = s.id"):
            stored[spool.lower(), stream].append(row)
        journal.close()
        return stored, gaps

    def check(self, stored, gaps):
        for key, rows in stored.items():
            self.assertEqual(len(rows), len(set(rows)), f"rows of {key} come once")
            for missing in sorted(set(range(1, max(rows) + 1)) - set(rows)):
                self.assertTrue(any(first <= missing and (last == 0 or missing <= last) for first, last in gaps.get(key, [])),
                                f"row {missing} of {key} is neither stored nor declared: {gaps.get(key)}")
            for first, last in gaps.get(key, []):
                declared = set(range(first, (last or max(rows)) + 1))
                self.assertEqual(declared & set(rows), set(), f"what is stored in {key} is not declared lost")

    # --- tests -------------------------------------------------------------------------------------------------------

    def test_a_kill_loses_only_what_was_in_memory_and_it_is_declared(self):
        self.begin()
        self.start_spooling()
        self.wait_online("pi-1")
        self.stop_broker()
        on_disk = {}
        killed = []
        for _ in range(2):
            self.wait_for_rows_on_disk(len(killed) * 10 + 10)
            self.kill("pi-1")
            killed.append(self.spool_of(self.marks()[-1]))
            on_disk = self.rows_on_disk()
            self.start_spooling()
            wait_for("another spool", lambda: len(self.marks()) == len(killed) + 1)
        self.assertEqual(os.stat(self.spool_dir).st_mode & 0o777, 0o700)
        self.start_broker()
        self.wait_handed_over()
        self.assertEqual(self.rows_on_disk().keys() & on_disk.keys(), set())
        stored, gaps = self.end_and_count()
        self.check(stored, gaps)
        for (spool, stream), rows in on_disk.items():
            self.assertEqual(rows - set(stored[spool, stream]), set(), "what was on the disk is in the journal")
        for spool in killed:
            self.assertTrue(any(last == 0 for _, last in gaps[spool, 1]), "the end that nobody knows is declared")
            self.assertGreater(len(stored[spool, 1]), 5)

    def test_a_stop_in_order_loses_nothing_and_declares_nothing(self):
        self.begin()
        self.start_spooling()
        self.wait_online("pi-1")
        self.stop_broker()
        self.wait_for_rows_on_disk(10)
        self.assertEqual(self.kill("pi-1", signal.SIGTERM), 0)
        mark = self.marks()[0]
        heads = self.clean_heads(mark)
        self.assertIsNotNone(heads, "it ended in order")
        self.start_spooling()
        self.start_broker()
        self.wait_handed_over()
        self.kill("broker")
        self.start_broker()
        self.wait_online("pi-1")
        stored, gaps = self.end_and_count()
        self.check(stored, gaps)
        self.assertEqual(dict(gaps), {})
        self.assertEqual(sorted(stored[self.spool_of(mark), 1]), list(range(1, heads[0] + 1)))

    def test_a_torn_write_is_no_trouble(self):
        self.begin()
        self.start_spooling()
        self.wait_online("pi-1")
        self.stop_broker()
        self.wait_for_rows_on_disk(10)
        self.kill("pi-1")
        spool = self.spool_of(self.marks()[0])
        last = sorted(glob.glob(os.path.join(self.spool_dir, "*.m0*")))[-1]
        os.truncate(last, os.path.getsize(last) - 3)
        left = self.rows_on_disk()[spool, 1]
        self.start_spooling()
        self.start_broker()
        self.wait_handed_over()
        stored, gaps = self.end_and_count()
        self.check(stored, gaps)
        self.assertEqual(left - set(stored[spool, 1]), set())
        self.assertTrue(any(last == 0 for _, last in gaps[spool, 1]))

    def test_on_a_full_disk_it_goes_on_in_memory_and_declares_what_it_drops(self):
        os.mkdir(self.spool_dir, 0o700)
        self.mount(self.spool_dir, "96k")
        self.begin()
        self.start_spooling("--spool-bytes", "128KiB")
        self.wait_online("pi-1")
        self.stop_broker()
        wait_for("the full disk to be told", lambda: "can't be written to its folder" in self.log_of("pi-1"))
        wait_for("rows to be dropped", lambda: "the spool is full" in self.log_of("pi-1"))
        self.start_broker()
        self.wait_online("pi-1")
        wait_for("the disk to be used again, or not needed", lambda: not self.rows_on_disk())
        self.assertEqual(self.log_of("pi-1").count("can't be written to its folder"), 1)
        stored, gaps = self.end_and_count()
        self.check(stored, gaps)
        self.assertTrue(gaps, "something was dropped")
        self.assertTrue(all(last != 0 for ranges in gaps.values() for _, last in ranges), "and nothing else")

    def test_on_a_read_only_root_it_runs_in_memory_and_writes_nothing(self):
        self.begin()
        command = 'mount -o remount,bind,ro / && if touch "$1/probe" 2>/dev/null; then exit 77; fi; shift; exec "$@"'
        if subprocess.run(["unshare", "-m", "sh", "-c", command, "sh", self.folder, "true"], capture_output=True).returncode:
            lacking("needs root, and a temporary folder on the root file system")
        for more in ([], ["--spool-path", self.spool_dir]):
            log = open(self.log_file("pi-1"), "ab")
            self.processes["pi-1"] = subprocess.Popen(
                ["unshare", "-m", "sh", "-c", command, "sh", self.folder, os.path.join(BIN_DIR, "pncp-agent"), "--key-file",
                 self.key, "--metrics-interval", "100ms", *more], stdin=subprocess.DEVNULL, stdout=log, stderr=log)
            log.close()
            self.wait_online("pi-1")
            self.assertEqual(self.kill("pi-1", signal.SIGTERM), 0)
            wait_for("pi-1 to be gone", lambda: self.agents()[0]["state"] != "online")
        self.assertEqual(self.log_of("pi-1").count("the spool is in memory only"), 1)
        self.assertFalse(os.path.exists(self.spool_dir))


if __name__ == "__main__":
    unittest.main()
