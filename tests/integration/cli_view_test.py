"""Seeing the fleet: agents, agent, commands, history, watch, alerts and top against a real broker and real agents, the CLI as a
process; top on a real terminal (tmux), its screen read back.
"""
import csv
import io
import json
import os
import signal
import subprocess
import unittest

from cli_terminal import Terminal
from harness import BIN_DIR, DEADLINE_S, Fleet, wait_for

CLI = os.path.join(BIN_DIR, "pncp-cli")


class Seeing(Fleet):
    def cli_json(self, *arguments):
        return json.loads(self.cli_ok(*arguments, "-o", "json"))

    def follow(self, *arguments):
        """A CLI that runs on; its output so far is in log_of()."""
        return self.start("follower", "pncp-cli", "--run-dir", self.run_dir, *arguments)

    def test_lists_tell_who_is_there_and_what_they_offer(self):
        self.start_broker()
        self.start_agents("pi-1", "pi-2")
        self.enrol("pi-10")
        wait_for("catalogues", lambda: all(row["catalogue"] for row in self.agents() if row["state"] == "online"))
        self.assertEqual([row["name"] for row in self.agents()], ["pi-1", "pi-2", "pi-10"])
        rows = {row["name"]: row for row in self.cli_json("agents")["agents"]}
        self.assertEqual(rows["pi-10"]["state"], "never")
        self.assertIsNone(rows["pi-10"]["last_seen"])
        self.assertEqual(rows["pi-1"]["throttled"], [])
        table = self.cli_ok("agents")
        self.assertTrue(table.startswith("NAME   STATE   LAST SEEN"), table)
        self.assertIn("CATALOGUE", table, "not a terminal: every column")
        sheet = list(csv.DictReader(io.StringIO(self.cli_ok("agents", "-o", "csv", "--columns", "name,state"))))
        self.assertEqual(sheet[2], {"name": "pi-10", "state": "never"})
        self.assertEqual([row["name"] for row in self.cli_json("agents", "--to", "state=never")["agents"]], ["pi-10"])
        self.assertEqual(self.cli("agents", "--sort", "size").returncode, 2)

        commands = {row["name"]: row for row in self.cli_json("commands")["commands"]}
        self.assertEqual((commands["lslogs"]["agents"], commands["lslogs"]["variants"]), (2, 1))
        self.assertIn("Offered by 2 agents", self.cli_ok("commands", "lslogs"))
        self.assertEqual(self.cli_json("commands", "--agent", "pi-1")["commands"][0]["agents"], 1)
        wrong = self.cli("commands", "lslgos")
        self.assertEqual(wrong.returncode, 2)
        self.assertIn("did you mean lslogs", wrong.stderr)

    def test_agent_says_why_it_is_offline(self):
        self.start_broker()
        self.start_agents("pi-1", "pi-2")
        sampled = lambda name: self.cli_json("agent", name)["sample"]
        wait_for("a sample of each", lambda: sampled("pi-1") and sampled("pi-2"))
        online = self.cli_json("agent", "pi-1")
        self.assertEqual((online["state"], online["why"], online["running"]), ("online", [], []))
        self.assertIn("lslogs", online["commands"])
        self.assertGreater(online["sample"]["uptime_s"], 0)

        self.kill("pi-1", signal.SIGTERM)
        self.kill("pi-2", signal.SIGKILL)
        gone = lambda name: next((answer for answer in [self.cli_json("agent", name)] if answer["state"] == "offline"), None)
        clean, lost = wait_for("pi-1 gone", lambda: gone("pi-1")), wait_for("pi-2 gone", lambda: gone("pi-2"), 120)
        self.assertIn("A clean end: it said goodbye", clean["why"][0])
        self.assertIn("No goodbye: ", lost["why"][0])
        text = self.cli_ok("agent", "pi-2")
        self.assertTrue(text.startswith("pi-2: offline\n  No goodbye: "), text)
        self.assertIn("Last sample", text)
        self.assertIn("STATUS", text)
        unknown = self.cli("agent", "pi-3")
        self.assertEqual(unknown.returncode, 2, unknown.stderr)

    def test_history_comes_from_the_journal(self):
        self.start_broker()
        self.start_agents("pi-1", interval="100ms")
        enough = lambda: self.cli("history", "pi-1", "mem.used_percent", "-o", "json").returncode == 0 and \
            self.cli_json("history", "pi-1", "mem.used_percent")["series"][0]["count"] > 5
        wait_for("samples", enough)
        series = self.cli_json("history", "pi-1", "mem.used_percent")["series"][0]
        values = [point["value"] for point in series["points"]]
        self.assertEqual((min(values), max(values), values[-1]), (series["min"], series["max"], series["last"]))
        self.assertEqual([point["time"] for point in series["points"]], sorted(point["time"] for point in series["points"]))
        self.assertIn("points from", self.cli_ok("history", "pi-1", "load"))
        cores = self.cli_json("history", "pi-1", "linux_cpu.scaling_cur_freq") if os.path.isdir(
            "/sys/devices/system/cpu/cpufreq/policy0") else None
        self.assertTrue(cores is None or cores["series"])
        wrong = self.cli("history", "pi-1", "mem.used_percant")
        self.assertEqual((wrong.returncode, "did you mean mem.used_percent" in wrong.stderr), (2, True), wrong.stderr)
        unknown = self.cli("history", "pi-9", "mem.used_percent")
        self.assertEqual((unknown.returncode, "no agent is called" in unknown.stderr), (2, True), unknown.stderr)

    def test_watch_shows_what_comes_though_the_broker_restarts(self):
        self.start_broker()
        self.start_agents("pi-1")
        follower = self.follow("watch", "status", "-o", "jsonl", "--since", "1h")
        lines = lambda: [json.loads(line) for line in self.log_of("follower").splitlines() if line.startswith("{")]
        wait_for("the past", lambda: any(line["type"] == "STATUS" for line in lines()))
        self.kill("broker", signal.SIGKILL)
        self.start_broker()
        self.start_agent("pi-2", self.enrol("pi-2"))
        wait_for("what came after the restart",
                 lambda: any(line["type"] == "STATUS" and line["agent"] == "pi-2" for line in lines()))
        numbers = [line["seq"] for line in lines() if "seq" in line]
        self.assertEqual(numbers, sorted(set(numbers)), "each once and in order")
        self.assertTrue(all(line.get("topic", "status/").startswith("status/") for line in lines()))
        follower.send_signal(signal.SIGINT)
        self.assertEqual(self.processes.pop("follower").wait(DEADLINE_S), 130)
        some = self.cli("watch", "metrics/pi-1", "--count", "2")
        self.assertEqual((some.returncode, len(some.stdout.splitlines())), (0, 2), some.stderr)
        self.assertNotIn("cursor.local", self.cli_ok("status"), "who looks holds nothing")
        self.assertEqual(self.cli_json("alerts")["alerts"], [])


class Top(Fleet):
    def start_top(self, columns=80, rows=24):
        self.start_broker()
        # For the ports, at which the broker has to come back.
        self.enrol("anna", "operator")
        self.start("swarm", "pncp-swarm", "--count", "40", "--run-dir", self.run_dir, "--keys-dir",
                   os.path.join(self.folder, "keys"), "--interval", "500ms")
        wait_for("the swarm", lambda: sum(row["state"] == "online" for row in self.agents()) == 40)
        self.terminal = Terminal(self.folder, columns, rows)
        self.addCleanup(self.terminal.close)
        self.terminal.run(f"{CLI} --run-dir {self.run_dir} top; echo code=$?")
        self.terminal.wait("the fleet", lambda screen: "40 agents:  40 online" in screen)

    def assert_terminal_is_back(self):
        self.terminal.run("stty -a | tr ';' '\\n' | grep -o -- '-*icanon\\|-*echo \\|-*isig'; echo end=$((1+1))")
        screen = self.terminal.wait("the shell", lambda text: "end=2" in text and text)
        for word in ("-icanon", "-echo ", "-isig"):
            self.assertNotIn(word, screen.split("end=$")[-1])
        # Not the other screen, and the cursor is seen.
        self.assertEqual(self.terminal.call("display-message", "-p", "#{alternate_on} #{cursor_flag}").split(), ["0", "1"])

    def test_keys_sort_filter_drill_in_and_send(self):
        self.start_top()
        terminal = self.terminal
        screen = terminal.wait("numbers", lambda text: any(line.split()[0] == "swarm-1" and "." in line and text
                               for line in text.splitlines() if line.strip()) and text)
        self.assertEqual(len(screen.rstrip("\n").split("\n")), 24)
        self.assertTrue(all(len(line) <= 80 for line in screen.splitlines()))
        self.assertIn("*NAME", screen)
        terminal.keys("Right", "Right")
        terminal.wait("sorted by CPU", lambda text: "*CPU%" in text)
        terminal.keys("End")
        terminal.wait("scrolled", lambda text: "swarm-1 " not in text or "swarm-40" not in text)
        terminal.type("/swarm-17")
        terminal.keys("Enter")
        terminal.wait("filtered", lambda text: "filter: swarm-17" in text and "swarm-18" not in text)
        terminal.keys("Enter")
        terminal.wait("its page", lambda text: "Memory" in text and "Last seen" in text)
        terminal.type("suptime")
        terminal.keys("Enter")
        terminal.wait("the question", lambda text: "Run uptime on swarm-17? Type yes:" in text)
        terminal.type("yes")
        terminal.keys("Enter")
        terminal.wait("the result", lambda text: "swarm-17: uptime finished, exit code 0" in text)
        terminal.keys("Escape")
        terminal.wait("the list", lambda text: "*CPU%" in text)
        terminal.resize(120, 30)
        terminal.wait("the new size", lambda text: len(text.rstrip("\n").split("\n")) == 30 and "q quit" in text.split("\n")[29])
        terminal.type("q")
        terminal.wait("the end", lambda text: "code=0" in text)
        self.assert_terminal_is_back()

    def test_terminal_is_restored_whatever_happens(self):
        self.start_top()
        terminal = self.terminal
        terminal.keys("C-z")
        terminal.wait("the shell", lambda text: "Stopped" in text)
        terminal.run("fg")
        terminal.wait("top again", lambda text: "40 agents:  40 online" in text)
        terminal.keys("C-c")
        # What is typed before it has ended would be read by it.
        terminal.wait("the prompt", lambda text: text.rstrip().endswith(("#", "$")))
        self.assert_terminal_is_back()
        for name, code in (("TERM", 0), ("INT", 130), ("SEGV", 139), ("QUIT", 130), ("HUP", 0)):
            terminal.run(f"clear; {CLI} --run-dir {self.run_dir} top; echo code=$?")
            terminal.wait("top", lambda text: "40 agents:  40 online" in text)
            pid = subprocess.run(["pgrep", "-f", f"^{CLI} --run-dir {self.run_dir} top"], capture_output=True, text=True).stdout.split()
            self.assertEqual(len(pid), 1)
            os.kill(int(pid[0]), getattr(signal, "SIG" + name))
            terminal.wait(f"the end by {name}", lambda text, code=code: f"code={code}\n" in text)
            self.assert_terminal_is_back()
        done = self.cli("top")
        self.assertEqual(done.returncode, 2)
        self.assertIn("needs a terminal", done.stderr)

    def test_broker_that_dies_is_said_and_waited_for_at_any_size(self):
        self.start_top()
        terminal = self.terminal
        self.kill("broker", signal.SIGKILL)
        terminal.wait("that it is away", lambda text: "no broker answers" in text.split("\n")[0] and "40 agents" in text)
        for columns, rows in ((20, 5), (1, 1), (300, 60), (80, 24)):
            terminal.resize(columns, rows)
            terminal.keys("Down", "Right")
        terminal.wait("the list, though nobody answers", lambda text: "*TEMP" in text and text.count("swarm-") == 19)
        terminal.type("s")
        terminal.run("uptime")
        terminal.run("yes")
        self.start_broker()
        # Whoever comes back first: the broker may ask a device that it does not hear yet.
        terminal.wait("what was typed meanwhile is sent", lambda text: ": uptime finished" in text or ": uptime offline" in text)
        self.kill("broker", signal.SIGKILL)
        terminal.type("q")
        terminal.wait("the end", lambda text: "code=0" in text)
        self.assert_terminal_is_back()
        self.start_broker()


if __name__ == "__main__":
    unittest.main()
