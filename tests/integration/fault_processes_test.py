"""What must happen when a process is killed or frozen: the devices' ledgers against InfluxDB and pncp_log.txt, exactly.

The fault table of the design, and where each row is shown with real processes and a real InfluxDB:

    kill -9 broker               here (a job runs, metrics flow); pipeline
    kill -9 agent, memory spool  here (device and command); executor (its commands go along)
    kill -9 agent, disk spool    fault_spools (exact count); spool (what is on the disk, damaged files)
    kill -9 bridge, log writer   here (in mid-batch, again and again); bridge (among faults of the way), log (rotation)
    broker's disk full           fault_outages (exact count); retention (alarms, reserve)
    agent's disk full            fault_spools (exact count); spool
    InfluxDB away                fault_outages (within the journal's cap, and past it: GAP); bridge (memory, catching up)
    InfluxDB's disk full         bridge (a small tmpfs)
    bad answers, cut connections bridge, bridge_stores
    broker gone a week           fault_outages (spools overflow: GAPs, exact)
    clock jumps, 1970            fault_outages
    slow or stopped subscriber   here (costs only itself, FETCHes later); retention (past the cap: GAP; no cursor: holds nothing)
    all of it at random          chaos
"""
import contextlib
import json
import os
import random
import signal
import subprocess
import time
import unittest

from harness import BIN_DIR, SOURCE_DIR, wait_for
from ledger_fleet import LedgerFleet

COMMANDS = """
[nap]
help = "Runs until a file is there"
path = "{folder}/nap"
"""
NAP = """#!/bin/sh
echo ran >> {folder}/naps
while [ ! -e {folder}/enough ]; do sleep 0.1; done
echo rested
"""


class FaultProcesses(LedgerFleet):
    def start_napper(self):
        """A real agent whose command `nap` runs until it is told."""
        if not hasattr(self, "key_file"):
            self.key_file = self.enrol("pi-1")
            self.commands = os.path.join(self.folder, "commands.d")
            os.mkdir(self.commands, 0o755)
            for path, text, mode in ((os.path.join(self.commands, "nap.toml"), COMMANDS, 0o644),
                                     (os.path.join(self.folder, "nap"), NAP, 0o755)):
                with open(path, "w") as file:
                    file.write(text.format(folder=self.folder))
                os.chmod(path, mode)
        self.start("pi-1", "pncp-agent", "--key-file", self.key_file, "--metrics-interval", "1s", "--commands-dir",
                   self.commands)
        self.wait_online("pi-1")
        wait_for("the catalogue", lambda: "nap" in self.cli("commands").stdout)

    def naps(self):
        with contextlib.suppress(FileNotFoundError), open(os.path.join(self.folder, "naps")) as file:
            return len(file.readlines())
        return 0

    def enough(self):
        with open(os.path.join(self.folder, "enough"), "w"):
            pass

    def send_in_background(self, *words):
        return subprocess.Popen(
            [os.path.join(BIN_DIR, "pncp-cli"), "--run-dir", self.run_dir, "send", "--timeout", "60s", "-o", "json", *words],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)

    def results_of(self, name):
        """RESULT lines of a command."""
        return [(line["agent"], line["content"]["outcome"]) for line in self.log_lines()
                if line.get("type") == "RESULT" and line["content"]["name"] == name]

    # --- the rows ----------------------------------------------------------------------------------------------------

    def test_kill_9_of_the_broker_while_a_job_runs_and_metrics_flow_loses_and_repeats_nothing(self):
        self.start_all()
        self.start_napper()
        self.start_swarm("dev")
        self.wait_for_swarm("dev")
        sent = self.send_in_background("--to", "pi-1", "nap")
        wait_for("the command to run", self.naps)
        for _ in range(4):
            self.make("dev", 40)
            self.kill("broker")
            self.make("dev", 20)
            self.start_broker()
        self.wait_online("pi-1")
        self.enough()
        results = json.loads(sent.communicate()[0])["results"]
        self.assertEqual([(row["outcome"], row["stdout"]) for row in results], [("ok", "rested\n")],
                         "the job went on, and the CLI that waited for it was not cut off from its end")
        self.assertEqual(self.naps(), 1)
        self.stop_swarm("dev")
        self.lose_nothing()
        self.assertEqual(self.results_of("nap"), [("pi-1", "finished")])
        # Connected when the broker died: one `disconnected` each time, and one `connected` for each.
        states = [line["content"]["connected"] for line in self.log_lines()
                  if line.get("type") == "STATUS" and line["agent"] == "pi-1"]
        self.assertEqual(states, [True, False] * (len(states) // 2) + [True] * (len(states) % 2))

    def test_kill_9_of_an_agent_with_its_spool_in_memory_is_declared_and_its_command_ends_interrupted(self):
        self.start_all()
        self.start_napper()
        self.start_swarm("dev")
        self.wait_for_swarm("dev")
        sent = self.send_in_background("--to", "pi-1", "nap")
        wait_for("the command to run", self.naps)
        self.make("dev", 50)
        # Nothing is acknowledged now, so what is made now dies with the devices.
        self.stop_process("broker")
        self.make("dev", 50)
        self.kill("dev")
        self.kill("pi-1")
        self.go_on("broker")
        self.start_napper()
        self.start_swarm("dev")
        self.make("dev", 20)
        results = json.loads(sent.communicate()[0])["results"]
        self.assertEqual([row["outcome"] for row in results], ["interrupted"])
        self.assertIn("may have run", results[0]["reason"])
        self.assertEqual(self.naps(), 1, "it is not run a second time")
        self.stop_swarm("dev")
        count = self.compare_exactly()
        self.assertGreater(len(count.declared_lost), 0)
        self.assertEqual({reason for *_, reason in self.book.gaps}, {"spool lost"})
        self.assertEqual(len({spool for spool, *_ in self.book.gaps if any(one[1] == spool for one in count.attempted)}), 5,
                         "each of the five devices is declared")
        self.assertEqual(self.results_of("nap"), [("pi-1", "interrupted")])

    def test_kill_9_of_bridge_and_log_writer_in_mid_batch_loses_and_doubles_nothing(self):
        self.start_all()
        self.start_swarm("dev", 10, "50ms")
        chance = random.Random(1)
        for _ in range(6):
            self.make("dev", chance.randrange(20, 200))
            both = [name for name in ("bridge", "log-writer") if chance.random() < 0.7] or ["log-writer"]
            for name in both:
                self.kill(name)
            self.make("dev", chance.randrange(20, 100))
            for name in both:
                # Dead again at once, in the midst of what it fetches.
                for _ in range(2):
                    {"bridge": self.start_bridge, "log-writer": self.start_log_writer}[name]()
                    time.sleep(chance.uniform(0, 0.15))
                    self.kill(name)
                {"bridge": self.start_bridge, "log-writer": self.start_log_writer}[name]()
        self.stop_swarm("dev")
        self.lose_nothing()
        self.the_end_is_anchored()

    def the_end_is_anchored(self):
        """A log writer that stops cleanly asks for a last anchor: after that not one line can go unseen."""
        self.assertEqual(self.kill("log-writer", signal.SIGTERM), 0)
        good = self.cli("log", "verify", self.log_path)
        self.assertEqual(good.returncode, 0, good.stdout + good.stderr)
        self.assertIn("the broker has anchored event", good.stdout)
        cut = os.path.join(self.folder, "cut.txt")
        with open(self.log_path) as whole, open(cut, "w") as file:
            file.writelines(whole.readlines()[:-1])
        found = self.cli("log", "verify", cut)
        self.assertEqual(found.returncode, 8, found.stdout + found.stderr)
        self.assertIn("its end was cut off", found.stdout)

    def test_a_frozen_subscriber_costs_only_itself_and_fetches_later(self):
        self.start_all()
        self.start_swarm("dev", 10, "50ms")
        self.wait_for_swarm("dev")
        self.processes["example"] = subprocess.Popen(
            ["/usr/bin/python3", os.path.join(SOURCE_DIR, "scripts", "examples", "subscriber.py"), self.run_dir],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_for("the log writer to follow", lambda: self.book.read().head > 20)
        for name in ("log-writer", "bridge", "example"):
            self.stop_process(name)
        before, memory_kib = self.book.read().head, self.broker_kib()
        self.make("dev", 800)
        self.assertLess(self.broker_kib() - memory_kib, 64 * 1024, "KiB more for what is queued for them")
        # And the queues are gone with the broker: now there is a hole, which only a FETCH can fill.
        self.kill("broker")
        self.start_broker()
        self.make("dev", 300)
        self.cli_ok("agents")
        self.assertLessEqual(self.book.read().head, before)
        self.go_on("log-writer")
        # One that follows waits for none of those that do not.
        head = self.head()
        wait_for("the log to have everything", lambda: self.book.read().head >= head)
        self.assertLess(self.number("cursor.influx-bridge"), before + 1000)
        self.go_on("bridge")
        self.stop_swarm("dev")
        self.lose_nothing()
        self.kill("example")

    def broker_kib(self):
        with open(f"/proc/{self.processes['broker'].pid}/status") as file:
            return next(int(line.split()[1]) for line in file if line.startswith("VmRSS"))


if __name__ == "__main__":
    unittest.main()
