"""Metrics that users add ([[script]]) and intervals that change at run time, with a real agent, a real broker, its feed's
journal and a real InfluxDB.
"""
import json
import os
import signal
import subprocess
import unittest

from harness import Fleet, wait_for

SCRIPTS = r"""
[slow]
help = "A command that takes its time"
path = "/usr/bin/sleep"
arguments = ["1000"]
timeout = "10m"
tags = ["danger", "test"]

[[script]]
name = "soil"
path = "{folder}/soil"
arguments = ["--bed", "a b; c"]
interval = "1s"

[[script]]
name = "solar"
path = "{folder}/solar"
interval = "1s"
format = "json"

[[script]]
name = "flaky"
path = "{folder}/flaky"
interval = "1s"
"""
HANGING = r"""
[[script]]
name = "hangs"
path = "{folder}/hangs"
interval = "1s"
timeout = "30s"

[[script]]
name = "deaf"
path = "{folder}/deaf"
interval = "1s"
timeout = "30s"
"""
PROGRAMS = {
    "soil": 'echo "soil,bed=1 wet=0.5,arguments=\\"$*\\""',
    "solar": 'echo "{{\\"watts\\": 12, \\"on\\": true}}"',
    "flaky": 'if [ -e {folder}/broken ]; then echo "no bus" >&2; exit 3; fi; echo flaky v=1i',
    "hangs": "exec sleep 1000",
    "deaf": "trap '' TERM; while :; do sleep 1; done",
}


class Scripts(Fleet):
    def setUp(self):
        super().setUp()
        self.commands_dir = os.path.join(self.folder, "commands.d")
        os.mkdir(self.commands_dir, 0o755)
        for name, lines in PROGRAMS.items():
            path = os.path.join(self.folder, name)
            with open(path, "w") as file:
                file.write("#!/bin/sh\n" + lines.format(folder=self.folder) + "\n")
            os.chmod(path, 0o755)

    def write(self, text):
        path = os.path.join(self.commands_dir, "test.toml")
        with open(path, "w") as file:
            file.write(text.format(folder=self.folder))
        os.chmod(path, 0o644)
        return path

    def start_all(self, text, interval="1s"):
        self.write(text)
        self.start_broker()
        self.start_log_writer()
        self.key = self.enrol("pi-1")
        self.start("pi-1", "pncp-agent", "--key-file", self.key, "--metrics-interval", interval,
                   "--commands-dir", self.commands_dir)
        self.wait_online("pi-1")

    def result(self, *words):
        done = self.cli("send", "--to", "pi-1", "-o", "json", *words)
        self.assertTrue(done.stdout, done.stderr)
        return json.loads(done.stdout)["results"][0]

    def points(self, *measurements):
        """The points of those measurements on the feed, in order, each with those that came in the same row."""
        found = []
        for line in self.log_lines():
            if line.get("type") == "METRICS":
                row = line["content"]["points"]
                found += [(point, row) for point in row if point["measurement"] in measurements]
        return found

    def events(self):
        return [(line["content"]["name"], line["content"]["detail"]) for line in self.log_lines()
                if line.get("type") == "DEVICE_EVENT"]

    def children(self):
        found = subprocess.run(["pgrep", "-P", str(self.processes["pi-1"].pid)], capture_output=True, text=True)
        return [int(word) for word in found.stdout.split()]

    # --- scripts -----------------------------------------------------------------------------------------------------

    def test_what_scripts_print_is_in_influxdb_and_a_failure_is_told_once(self):
        self.start_influx()
        self.start_all(SCRIPTS)
        self.start_bridge()
        soil = wait_for("soil in InfluxDB", lambda: self.influx.query('SELECT * FROM "soil"'))[0]
        self.assertEqual((soil["agent"], soil["host"], soil["bed"], soil["wet"], soil["arguments"]),
                         ("pi-1", "pi-1", "1", 0.5, "--bed a b; c"), "a row of its own, and no shell")
        solar = wait_for("solar in InfluxDB", lambda: self.influx.query('SELECT * FROM "solar"'))[0]
        self.assertEqual((solar["watts"], solar["on"]), (12, True))
        point, row = wait_for("soil on the feed", lambda: self.points("soil"))[0]
        self.assertEqual([each["measurement"] for each in row], ["soil", "pi_script"])

        broken = os.path.join(self.folder, "broken")
        with open(broken, "w"):
            pass
        wait_for("three failures", lambda: self.fields_of("flaky") and self.fields_of("flaky")[-1]["failed"] >= 3)
        os.remove(broken)
        wait_for("its recovery", lambda: self.events()[1:])
        wait_for("more runs", lambda: self.fields_of("flaky")[-1]["ok"])
        events = self.events()
        self.assertEqual(events[0], ("script_failed", "flaky: exit code 3: no bus"))
        self.assertRegex(events[1][1], "^flaky: after [0-9]+ failed runs$")
        self.assertEqual([name for name, _ in events], ["script_failed", "script_recovered"])

    def fields_of(self, script):
        return [point["fields"] for point, _ in self.points("pi_script") if point["tags"]["script"] == script]

    def test_scripts_that_hang_delay_neither_samples_nor_commands(self):
        self.start_all(SCRIPTS + HANGING)
        wait_for("both to hang", lambda: len(self.children()) == 2)
        hanging = self.children()
        before = len(self.points("mem"))
        self.assertEqual(self.result("uptime")["outcome"], "ok")
        late = self.result("--timeout", "500ms", "slow")
        self.assertEqual((late["outcome"], late["signal"]), ("timeout", signal.SIGTERM))
        wait_for("five more samples", lambda: len(self.points("mem")) >= before + 5)
        self.assertEqual(self.children(), hanging, "they hang still, and nothing piles up behind them")
        self.assertEqual(self.kill("pi-1", signal.SIGTERM), 0)
        for child in hanging:
            wait_for("the script to be gone", lambda: not os.path.exists(f"/proc/{child}"))

    def test_check_config_names_what_is_wrong_with_a_script(self):
        self.start_broker()
        key = self.enrol("pi-1")
        for text, reason in (("[[script]]\nname='a'\npath='/usr/bin/true'\nintervall='1m'\n", "did you mean interval?"),
                             ("[[script]]\nname='a'\npath='/bin/sh'\n", "is a shell"),
                             ("[script]\nname='a'\n", "write [[script]]")):
            path = self.write(text)
            check = self.start("check", "pncp-agent", "--key-file", key, "--commands-dir", self.commands_dir, "--check-config")
            self.assertNotEqual(check.wait(), 0, text)
            self.assertIn(reason, self.log_of("check"))
            self.assertIn(path + ":", self.log_of("check"))
        self.write("[[script]]\nname='a'\npath='/usr/bin/true'\n")
        check = self.start("check", "pncp-agent", "--key-file", key, "--commands-dir", self.commands_dir, "--check-config")
        self.assertEqual(check.wait(), 0)
        del self.processes["check"]

    # --- intervals and tags ------------------------------------------------------------------------------------------

    def test_the_interval_of_a_group_changes_at_run_time_and_goes_back(self):
        self.start_all(SCRIPTS, "10m")
        listed = {row["name"]: row for row in json.loads(self.cli_ok("commands", "-o", "json"))["commands"]}
        self.assertEqual(listed["slow"]["tags"], ["danger", "test"])
        self.assertIn("time: 1s..1h|default", listed["interval"]["arguments"])

        before = len(self.rows_with("cpu"))
        faster = self.result("interval", "cpu", "1s")
        self.assertEqual(faster["stdout"], "cpu: every 1s until the agent restarts, then every 10m\n")
        rows = wait_for("cpu every second", lambda: self.rows_with("cpu")[before:][4:] and self.rows_with("cpu")[before:])
        self.assertTrue(all("mem" not in row for row in rows[1:]), "the others stay as they were")
        self.assertIn("cpu: every 10m, as configured", self.result("interval", "cpu", "default")["stdout"])

        for_a_while = self.result("interval", "all", "1s", "for", "3s")
        self.assertRegex(for_a_while["stdout"], "^all: every 1s for 3s,.* then as configured\n$")
        seen = len(self.rows_with("mem"))
        wait_for("all groups", lambda: len(self.rows_with("mem")) > seen)
        wait_for("it to be over", lambda: "as configured" in self.result("interval", "mem")["stdout"])

        refused = self.result("interval", "cpu", "10ms")
        self.assertEqual((refused["outcome"], refused["exit_code"]), ("failed", 2))
        self.assertIn("this device allows 1s to 1h", refused["stderr"])

    def rows_with(self, measurement):
        rows = []
        for _, row in self.points(measurement):
            names = {point["measurement"] for point in row}
            if not rows or row is not rows[-1][0]:
                rows.append((row, names))
        return [names for _, names in rows]


if __name__ == "__main__":
    unittest.main()
