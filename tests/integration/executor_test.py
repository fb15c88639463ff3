"""Commands of a device's catalogue, sent by the CLI through a real broker to a real agent: each kind of slot, and every way
for a command to behave badly. The agent answers `uptime` meanwhile, and stays within its memory.
"""
import json
import os
import signal
import subprocess
import unittest

from harness import BIN_DIR, Fleet, wait_for

CATALOGUE = r"""
[fixed]
help = "A script with a fixed argument"
path = "{folder}/args"
arguments = ["--fixed", "a b; c"]

[slots]
help = "One slot of each kind"
path = "{folder}/args"
arguments = ["--lines={{lines}}", "{{state}}", "{{unit}}"]
tags = ["danger"]
[[slots.slot]]
name = "lines"
type = "int"
min = 1
max = 100
[[slots.slot]]
name = "state"
type = "enum"
values = ["on", "off"]
[[slots.slot]]
name = "unit"
type = "regex"
pattern = '[a-z]+\.service'

[pin]
help = "A secret slot"
path = "{folder}/args"
arguments = ["{{pin}}"]
[[pin.slot]]
name = "pin"
type = "regex"
pattern = '[0-9]{{4}}'
secret = true

[streams]
help = "Both streams and exit code 3"
path = "{folder}/streams"

[crash]
help = "Ends by a signal"
path = "{folder}/crash"

[flood]
help = "More output than is kept"
path = "/usr/bin/head"
arguments = ["-c", "10G", "/dev/zero"]
timeout = "2s"
output = "4KiB"

[slow]
help = "Sleeps"
path = "/usr/bin/sleep"
arguments = ["1000"]
timeout = "10m"

[stubborn]
help = "Ignores SIGTERM"
path = "{folder}/stubborn"

[quiet]
help = "Closes its output and lives on"
path = "{folder}/quiet"

[daemon]
help = "Leaves a process behind that holds its output"
path = "{folder}/daemon"

[escape]
help = "Leaves its process group, and a process behind"
path = "{folder}/escape"

[bomb]
help = "Makes as many processes as it may"
path = "{folder}/bomb"
timeout = "20s"
{user}

[missing]
help = "Is not there"
path = "/nonexistent/program"
"""

SCRIPTS = {
    "args": "for each in \"$@\"; do printf '<%s>' \"$each\"; done",
    "streams": "echo out; echo err >&2; exit 3",
    "crash": "kill -ABRT $$",
    "stubborn": "trap '' TERM; while :; do sleep 1; done",
    "quiet": "exec >&- 2>&-; exec sleep 0.5",
    "daemon": "sleep 1000 & echo $!",
    "escape": "left=$(setsid --fork /bin/sh -c 'echo $$; exec >&- 2>&-; exec sleep 1000'); echo $left",
    "bomb": "i=0; while [ $i -lt 5000 ]; do sleep 1000 & i=$((i+1)); done; echo unbounded",
}


class Executor(Fleet):
    def setUp(self):
        super().setUp()
        # The bomb's user must be able to run its script.
        os.chmod(self.folder, 0o755)
        self.commands_dir = os.path.join(self.folder, "commands.d")
        os.mkdir(self.commands_dir, 0o755)
        for name, lines in SCRIPTS.items():
            path = os.path.join(self.folder, name)
            with open(path, "w") as file:
                file.write(f"#!/bin/sh\n{lines}\n")
            os.chmod(path, 0o755)
        user = 'user = "nobody"' if os.geteuid() == 0 else ""
        self.write_catalogue(CATALOGUE.format(folder=self.folder, user=user))

    def write_catalogue(self, text, mode=0o644):
        path = os.path.join(self.commands_dir, "test.toml")
        with open(path, "w") as file:
            file.write(text)
        os.chmod(path, mode)
        return path

    def start_all(self):
        self.start_broker()
        self.key_file = self.enrol("pi-1")
        self.start_with_catalogue()
        wait_for("the catalogue", lambda: "stubborn" in self.cli("commands").stdout)

    def start_with_catalogue(self):
        self.start("pi-1", "pncp-agent", "--key-file", self.key_file, "--metrics-interval", "1s",
                   "--commands-dir", self.commands_dir)
        self.wait_online("pi-1")

    def result(self, *words, options=()):
        """The one result of a command sent to pi-1."""
        done = self.cli("send", "--to", "pi-1", "-o", "json", *options, *words)
        self.assertTrue(done.stdout, done.stderr)
        return json.loads(done.stdout)["results"][0]

    def in_background(self, *words, options=()):
        return subprocess.Popen(
            [os.path.join(BIN_DIR, "pncp-cli"), "--run-dir", self.run_dir, "--state-dir", self.state_dir,
             "send", "--to", "pi-1", "-o", "json", *options, *words],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)

    def children(self):
        """Process ids of what the agent runs now."""
        found = subprocess.run(["pgrep", "-P", str(self.processes["pi-1"].pid)], capture_output=True, text=True)
        return [int(word) for word in found.stdout.split()]

    def resident_kib(self):
        with open(f"/proc/{self.processes['pi-1'].pid}/status") as file:
            return next(int(line.split()[1]) for line in file if line.startswith("VmRSS"))

    # --- what is allowed ---------------------------------------------------------------------------------------------

    def test_the_catalogue_says_what_may_be_run_and_with_which_arguments(self):
        self.start_all()
        listed = {row["name"]: row for row in json.loads(self.cli_ok("commands", "-o", "json"))["commands"]}
        self.assertEqual(listed["slots"]["arguments"], ["lines: 1..100", "state: on|off", r"unit: /[a-z]+\.service/"])
        self.assertEqual(listed["slots"]["tags"], ["danger"])
        self.assertEqual(listed["pin"]["arguments"], ["pin: /[0-9]{4}/ (secret)"])
        self.assertIn("uptime", listed)

        self.assertEqual(self.result("fixed")["stdout"], "<--fixed><a b; c>")
        good = self.result("slots", "10", "on", "ssh.service")
        self.assertEqual((good["outcome"], good["stdout"]), ("ok", "<--lines=10><on><ssh.service>"))
        for words, reason in ((("101", "on", "ssh.service"), "must be a number from 1 to 100"),
                              (("10", "of", "ssh.service"), "must be one of on, off"),
                              (("10", "on", "ssh.service; reboot"), "must look like"),
                              (("10", "on"), "takes 3 arguments"),
                              (("-1", "on", "ssh.service"), "must not begin with '-'")):
            refused = self.result("slots", *words)
            self.assertEqual(refused["outcome"], "refused", refused)
            self.assertIn(reason, refused["reason"])
        refused = self.result("pin", "hunter2")
        self.assertNotIn("hunter2", refused["reason"])
        self.assertEqual(self.result("missing")["reason"], "can't start /nonexistent/program: No such file or directory")
        # The program repeats it; nobody else does.
        self.assertEqual(self.result("pin", "4711")["stdout"], "<****>")
        self.stop_all()
        for name in os.listdir(self.state_dir):
            with open(os.path.join(self.state_dir, name), "rb") as file:
                self.assertNotIn(b"<4711", file.read(), name)

    def test_a_file_that_others_may_write_stops_the_agent_with_the_command_that_helps(self):
        self.start_broker()
        key = self.enrol("pi-1")
        path = self.write_catalogue("[a]\nhelp='h'\npath='/bin/true'\n", 0o666)
        check = ["--key-file", key, "--commands-dir", self.commands_dir, "--check-config"]
        self.assertNotEqual(self.start("check", "pncp-agent", *check).wait(), 0)
        self.assertIn("run: chmod go-w " + path, self.log_of("check"))
        self.write_catalogue("[a]\nhelp='h'\npth='/bin/true'\n")
        self.assertNotEqual(self.start("check", "pncp-agent", *check).wait(), 0)
        self.assertIn(path + ":3: [a] has no key pth; did you mean path?", self.log_of("check"))
        self.write_catalogue("[a]\nhelp='h'\npath='/bin/true'\n")
        self.assertEqual(self.start("check", "pncp-agent", *check).wait(), 0)

    # --- how commands end --------------------------------------------------------------------------------------------

    def test_every_way_to_end_is_told(self):
        self.start_all()
        streams = self.result("streams")
        self.assertEqual((streams["outcome"], streams["exit_code"], streams["stdout"], streams["stderr"]),
                         ("failed", 3, "out\n", "err\n"))
        crash = self.result("crash")
        self.assertEqual((crash["outcome"], crash["signal"]), ("failed", signal.SIGABRT))
        quiet = self.result("quiet")
        self.assertEqual((quiet["outcome"], quiet["exit_code"]), ("ok", 0))
        daemon = self.result("daemon")
        self.assertEqual(daemon["outcome"], "ok")
        self.assertIn("left behind", daemon["reason"])
        left = int(daemon["stdout"])
        wait_for("the daemon to be gone", lambda: not os.path.exists(f"/proc/{left}"))
        escape = self.result("escape")
        left = int(escape["stdout"])
        wait_for("what left its group to be gone", lambda: not os.path.exists(f"/proc/{left}"))
        late = self.result("slow", options=("--timeout", "500ms"))
        self.assertEqual((late["outcome"], late["signal"]), ("timeout", signal.SIGTERM))
        wait_for("what they left to be gone", lambda: not self.children())

    def test_floods_bombs_and_deaf_ones_cost_the_agent_nothing(self):
        self.start_all()
        before = self.resident_kib()
        deaf = self.in_background("stubborn", options=("--timeout", "3s"))
        wait_for("it to run", lambda: self.children())
        self.assertEqual(self.result("uptime")["outcome"], "ok", "a built-in command is answered meanwhile")
        flood = self.result("flood")
        self.assertTrue(flood["truncated"])
        self.assertEqual(len(flood["stdout"]), 4096)
        deaf_result = json.loads(deaf.communicate()[0])["results"][0]
        self.assertEqual((deaf_result["outcome"], deaf_result["signal"]), ("timeout", signal.SIGKILL))
        bomb = self.result("bomb")
        self.assertNotIn("unbounded", bomb["stdout"])
        self.assertIn("fork", bomb["stderr"])
        self.assertEqual(self.result("uptime")["outcome"], "ok")
        wait_for("what they left to be gone", lambda: not self.children())
        self.assertLess(self.resident_kib() - before, 2048, "KiB more than before")

    def test_what_runs_when_the_agent_stops_is_interrupted_and_told(self):
        self.start_all()
        sent = self.in_background("stubborn", options=("--timeout", "60s"))
        wait_for("it to run", lambda: self.children())
        children = self.children()
        self.assertEqual(self.kill("pi-1", signal.SIGTERM), 0)
        result = json.loads(sent.communicate()[0])["results"][0]
        self.assertEqual(result["outcome"], "interrupted")
        self.assertIn("the agent was stopped while it ran", result["reason"])
        for child in children:
            wait_for("the command to be gone", lambda: not os.path.exists(f"/proc/{child}"))

    def test_sigkill_of_the_agent_takes_its_commands_along(self):
        self.start_all()
        sent = self.in_background("slow", options=("--timeout", "60s"))
        child = wait_for("it to run", lambda: self.children())[0]
        self.kill("pi-1")
        wait_for("the command to be gone", lambda: not os.path.exists(f"/proc/{child}"))
        self.start_with_catalogue()
        self.assertEqual(json.loads(sent.communicate()[0])["results"][0]["outcome"], "interrupted")


if __name__ == "__main__":
    unittest.main()
