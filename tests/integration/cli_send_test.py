"""The operator's sending side: whom, in which form, with which exit code, and what becomes of a job over restarts, cancels
and retries. Real broker and agents, the CLI as a process, and on a terminal.
"""
import csv
import fcntl
import io
import json
import os
import pty
import re
import signal
import struct
import subprocess
import termios
import unittest

from harness import BIN_DIR, DEADLINE_S, Fleet, wait_for

CATALOGUE = """
[say]
help = "The same everywhere but on pi-4"
path = "{folder}/say"

[half]
help = "Fails on pi-1"
path = "{folder}/half"

[hold]
help = "Until the file go is there"
path = "{folder}/hold"
timeout = "2m"

[pin]
help = "A secret slot; fails"
path = "/usr/bin/false"
arguments = ["{{pin}}"]
[[pin.slot]]
name = "pin"
type = "regex"
pattern = '[0-9]{{4}}'
secret = true
"""
ONLINE = ("pi-1", "pi-2", "pi-3", "pi-4")
CLI = os.path.join(BIN_DIR, "pncp-cli")


class SendFleet(Fleet):
    """A fleet with commands of its own, and an operator with few rights."""

    def setUp(self):
        super().setUp()
        os.chmod(self.folder, 0o755)
        self.config_home = os.path.join(self.folder, "config")
        os.makedirs(os.path.join(self.config_home, "pncp"))
        self.rights = os.path.join(self.folder, "rights.toml")
        with open(self.rights, "w") as file:
            file.write('[[allow]]\noperator = "ada"\ncommands = ["say"]\nagents = ["pi-1"]\n')

    def start(self, name, program, *arguments, env=None):
        rights = {"PNCP_RIGHTS_FILE": self.rights} if program == "pncp-broker" else {}
        return super().start(name, program, *arguments, env={**rights, **(env or {})})

    def script(self, agent, name, text):
        path = os.path.join(self.folder, agent, name)
        with open(path, "w") as file:
            file.write("#!/bin/sh\n" + text + "\n")
        os.chmod(path, 0o755)

    def start_device(self, name):
        """An agent with commands of its own."""
        folder = os.path.join(self.folder, name)
        commands = os.path.join(folder, "commands.d")
        os.makedirs(commands, 0o755)
        self.script(name, "say", f"echo one; echo {'other' if name == 'pi-4' else 'two'}; echo three")
        self.script(name, "half", f"echo {name}; exit {3 if name == 'pi-1' else 0}")
        self.script(name, "hold", f"while [ ! -e {self.folder}/go ]; do sleep 0.05; done; echo held")
        with open(os.path.join(commands, "test.toml"), "w") as file:
            file.write(CATALOGUE.format(folder=folder))
        os.chmod(os.path.join(commands, "test.toml"), 0o644)
        self.start(name, "pncp-agent", "--key-file", self.keys[name], "--metrics-interval", "10s", "--commands-dir", commands)

    def start_fleet(self, *names):
        """These agents, and pi-5, which has a key and never came."""
        self.start_broker()
        self.keys = {name: self.enrol(name) for name in (*names, "pi-5")}
        for name in names:
            self.start_device(name)
        self.wait_online(*names)
        wait_for("the catalogues", lambda: any(
            row["name"] == "hold" and row["agents"] == len(names)
            for row in json.loads(self.cli_ok("commands", "-o", "json"))["commands"]))

    def words(self, *arguments):
        return [CLI, "--run-dir", self.run_dir, "--state-dir", self.state_dir, *arguments]

    def environment(self, **more):
        kept = {key: value for key, value in os.environ.items() if not key.startswith(("PNCP_", "XDG_", "NO_COLOR"))}
        return {**kept, "XDG_CONFIG_HOME": self.config_home, "XDG_CACHE_HOME": os.path.join(self.folder, "cache"), **more}

    def run_cli(self, *arguments, **more):
        return subprocess.run(self.words(*arguments), stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=DEADLINE_S, env=self.environment(**more))

    def in_background(self, *arguments):
        process = subprocess.Popen(self.words(*arguments), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, text=True, env=self.environment())
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.stderr.close)
        return process

    def go(self):
        with open(os.path.join(self.folder, "go"), "w"):
            pass

    def detached(self, *arguments):
        """A job's id."""
        return self.cli_ok("send", "--detach", *arguments).strip()

    def job(self, job_id, *options):
        return json.loads(self.cli("job", job_id, "-o", "json", *options).stdout)


class Send(SendFleet):
    # --- one shot ----------------------------------------------------------------------------------------------------

    def test_exit_codes_and_closed_accounts(self):
        self.start_fleet(*ONLINE)
        ada = self.enrol("ada", "operator")
        empty = os.path.join(self.folder, "nowhere")
        table = (
            # options and command, exit code, what stdout and stderr say together
            (("--to", "pi-[1-4]", "say"), 0, "4 agents: 4 ok"),
            (("--all", "say"), 4, "pi-5: offline: it has never connected"),
            (("--all", "say"), 4, "5 agents: 4 ok, 1 offline"),
            (("--all", "--offline", "skip", "say"), 0, "4 agents: 4 ok"),
            (("--all", "--offline", "fail", "say"), 5, "1 of the 5 targets are offline: pi-5"),
            (("--all", "half"), 3, "5 agents: 3 ok, 1 failed, 1 offline"),
            (("--all", "half"), 3, "  failed: exit code 3: pi-1"),
            (("--to", "pi-9", "say"), 2, "no agent is called 'pi-9'"),
            (("--to", "role=none", "say"), 5, "no agent is meant"),
            (("--to", "pi-1", "sya"), 2, "say"),
            (("--to", "pi-1", "--timeout", "100ms", "hold"), 4, "1 agent: 1 timeout"),
            (("--to", "pi-1", "pin", "12"), 3, "1 agent: 1 refused"),
            (("--to", "@house", "say"), 2, "there is no group @house"),
        )
        for words, code, said in table:
            with self.subTest(words):
                done = self.run_cli("send", *words)
                self.assertEqual(done.returncode, code, done.stdout + done.stderr)
                self.assertIn(said, done.stdout + done.stderr)
        with self.subTest("denied"):
            done = self.run_cli("--key-file", ada, "send", "--to", "pi-2", "say")
            self.assertEqual(done.returncode, 6, done.stderr)
            done = self.run_cli("--key-file", ada, "send", "--to", "pi-[1-2]", "-o", "json", "say")
            self.assertEqual(done.returncode, 6, done.stderr)
            self.assertEqual({row["agent"]: row["outcome"] for row in json.loads(done.stdout)["results"]},
                             {"pi-1": "ok", "pi-2": "denied"})
            dry = self.run_cli("--key-file", ada, "send", "--to", "pi-[1-2]", "-n", "say")
            self.assertEqual(dry.returncode, 0, dry.stderr)
            self.assertRegex(dry.stdout, r"pi-2 +online +denied")
        with self.subTest("no broker"):
            self.assertEqual(self.run_cli("--run-dir", empty, "send", "--all", "say").returncode, 7)
        with self.subTest("configuration"):
            self.assertEqual(self.run_cli("--key-file", empty, "send", "--all", "say").returncode, 78)

    def test_forms_of_the_same_results(self):
        self.start_fleet(*ONLINE)
        grouped = self.run_cli("send", "--all", "-b", "say")
        self.assertEqual(grouped.stdout, "pi-[1-3] (3): ok\none\ntwo\nthree\npi-4 (1): ok\none\nother\nthree\n"
                                         "pi-5 (1): offline: it has never connected\n")
        diff = self.run_cli("send", "--to", "pi-[1-4]", "--diff", "--outliers", "say")
        self.assertEqual(diff.stdout, "pi-4 (1): ok\n@@ -1,3 +1,3 @@\n one\n-two\n+other\n three\n")

        whole = json.loads(self.run_cli("send", "--all", "-o", "json", "say").stdout)
        self.assertEqual((whole["targets"], sum(whole["counts"].values()), whole["open"]), (5, 5, 0))
        lines = [json.loads(line) for line in self.run_cli("send", "--all", "-o", "jsonl", "say").stdout.splitlines()]
        self.assertEqual([line["type"] for line in lines], ["result"] * 5 + ["summary"])
        rows = list(csv.DictReader(io.StringIO(self.run_cli("send", "--all", "-o", "csv", "say").stdout)))
        fields = set(rows[0])
        self.assertEqual(fields, set(lines[0]) - {"type"}, "CSV and JSON have the same fields")

        def told(results):
            return {row["agent"]: (row["outcome"], row["stdout"]) for row in results}

        self.assertEqual(told(rows), told(whole["results"]))
        self.assertEqual(told(lines[:5]), told(whole["results"]))
        table = self.run_cli("send", "--all", "-o", "table", "say").stdout.splitlines()
        self.assertEqual(table[0].split(), ["AGENT", "OUTCOME", "CODE", "TIME", "OUTPUT"])
        self.assertEqual([line.split()[0] for line in table[1:]], ["pi-1", "pi-2", "pi-3", "pi-4", "pi-5"])

        always = self.run_cli("--color", "always", "send", "--to", "pi-1", "say").stdout
        self.assertIn("\033[32mok\033[0m", always)
        self.assertNotIn("\033", grouped.stdout + grouped.stderr)

    def test_whom(self):
        self.start_fleet(*ONLINE)
        with open(os.path.join(self.config_home, "pncp", "groups"), "w") as file:
            file.write("# mine\nfront = pi-[1-2]\nall-but = pi-* ! @front\n")

        def whom(*options):
            done = self.run_cli("send", *options, "-n", "-o", "json", "say")
            self.assertEqual(done.returncode, 0, done.stderr)
            return [row["agent"] for row in json.loads(done.stdout)["targets"]], done.stderr

        self.assertEqual(whom("--to", "@front,pi-5")[0], ["pi-1", "pi-2", "pi-5"])
        self.assertEqual(whom("--to", "@all-but")[0], ["pi-3", "pi-4", "pi-5"])
        self.assertEqual(whom("--all", "-x", "@front", "--offline", "skip")[0], ["pi-3", "pi-4"])
        drawn, said = whom("--all", "--limit", "40%")
        self.assertEqual(len(drawn), 2)
        seed = re.search(r"--seed (\d+)", said).group(1)
        self.assertEqual(whom("--all", "--limit", "40%", "--seed", seed)[0], drawn)
        self.assertTrue(set(drawn) <= set(whom("--all", "--limit", "4", "--seed", seed)[0]))
        sent = self.run_cli("send", "--all", "--limit", "40%", "--seed", seed, "-o", "json", "say")
        self.assertEqual(sorted(row["agent"] for row in json.loads(sent.stdout)["results"]), drawn)
        # Nothing of a dry run is a job.
        self.assertEqual(len(json.loads(self.cli_ok("jobs", "-o", "json"))["jobs"]), 1)

    # --- jobs that last ----------------------------------------------------------------------------------------------

    def test_a_job_outlives_the_broker_and_a_second_cli_sees_it(self):
        self.start_fleet("pi-1", "pi-2")
        first = self.in_background("send", "--to", "pi-[1-2]", "-o", "json", "hold")
        row = wait_for("the job", lambda: json.loads(self.cli_ok("jobs", "-o", "json"))["jobs"])[0]
        self.assertEqual((row["state"], row["answered"], row["targets"], row["ok"]), ("open", 0, 2, None))
        short = row["id"][:8]
        now = self.cli("job", short, "--now")
        self.assertEqual((now.returncode, now.stderr), (4, "2 agents: 2 not ended yet\n"))
        second = self.in_background("job", short)

        self.kill("broker", signal.SIGKILL)
        self.start_broker()
        self.wait_online("pi-1", "pi-2")
        self.assertIsNone(first.poll())
        self.go()
        for process in (first, second):
            out, err = process.communicate(timeout=DEADLINE_S)
            self.assertEqual(process.returncode, 0, out + err)
        self.assertIn("2 agents: 2 ok\n", err)
        self.assertRegex(self.cli_ok("jobs"), rf"{short} .* ended +2 ok +\S+ +hold")
        # A broker that starts anew has only open jobs at hand: this one comes from the journal.
        before = self.job(short)
        self.kill("broker", signal.SIGTERM)
        self.start_broker()
        after = self.job(short)
        self.assertEqual(after, before)
        self.assertEqual({row["stdout"] for row in after["results"]}, {"held\n"})

    def test_ctrl_c_leaves_and_cancel_ends(self):
        self.start_fleet("pi-1", "pi-2")
        follower = self.in_background("send", "--all", "--deliver-by", "1h", "hold")
        job = wait_for("the job", lambda: json.loads(self.cli_ok("jobs", "-o", "json"))["jobs"])[0]["id"]
        follower.send_signal(signal.SIGINT)
        _, err = follower.communicate(timeout=DEADLINE_S)
        self.assertEqual(follower.returncode, 130, err)
        self.assertIn("pncp-cli job " + job, err)

        wait_for("the agents to run it", lambda: self.job(job, "--now")["open"] == 3)
        done = self.cli_ok("cancel", job[:6])
        self.assertIn("1 withdrawn", done)
        self.assertIn("2 told to stop", done)
        ended = self.job(job)
        self.assertEqual(ended["counts"]["cancelled"], 3, ended)
        self.assertIn("had ended already on all 3", self.cli_ok("cancel", job))
        listed = json.loads(self.cli_ok("jobs", "-o", "json"))["jobs"][0]
        self.assertEqual((listed["state"], listed["cancelled_by"]), ("cancelled", "local"))
        self.assertEqual(self.cli("cancel", "0000").returncode, 2)

    def test_retry_of_the_failed_and_of_the_missing(self):
        self.start_fleet("pi-1", "pi-2", "pi-3")
        self.assertEqual(self.cli("send", "--all", "half").returncode, 3)
        job = json.loads(self.cli_ok("jobs", "-o", "json"))["jobs"][0]["id"]
        self.script("pi-1", "half", "echo repaired")
        failed = self.cli("retry", job[:8], "--failed", "-o", "json")
        self.assertEqual([(row["agent"], row["stdout"]) for row in json.loads(failed.stdout)["results"]],
                         [("pi-1", "repaired\n")])
        self.start_device("pi-5")
        self.wait_online("pi-5")
        missing = self.cli("retry", job[:8], "--missing")
        self.assertEqual((missing.returncode, missing.stdout.splitlines()[-1]), (0, "pi-5"), missing.stderr)
        self.assertEqual(self.cli("retry", job[:8]).returncode, 2)

        self.assertEqual(self.cli("send", "--to", "pi-1", "pin", "4711").returncode, 3)
        job = json.loads(self.cli_ok("jobs", "-o", "json"))["jobs"][-1]
        self.assertEqual(job["arguments"], ["(secret)"])
        refused = self.cli("retry", job["id"], "--failed")
        self.assertEqual(refused.returncode, 2)
        self.assertIn("is secret, and kept nowhere", refused.stderr)

    def test_late_delivery_and_rollouts(self):
        self.start_fleet("pi-1", "pi-2", "pi-3")
        late = self.detached("--all", "--deliver-by", "1h", "say")
        wait_for("those online", lambda: self.job(late, "--now")["open"] == 1)
        self.start_device("pi-5")
        self.assertEqual(self.job(late)["counts"]["ok"], 4)

        stopped = self.cli("send", "--all", "--batch", "1", "--stop-at-failures", "1", "-o", "json", "half")
        self.assertEqual(stopped.returncode, 3)
        outcomes = {row["agent"]: row for row in json.loads(stopped.stdout)["results"]}
        self.assertEqual({name: row["outcome"] for name, row in outcomes.items()},
                         {"pi-1": "failed", "pi-2": "cancelled", "pi-3": "cancelled", "pi-5": "cancelled"})
        self.assertIn("the rollout stopped: 1 of 4", outcomes["pi-2"]["reason"])
        job = json.loads(stopped.stdout)["job"]
        rest = self.cli("retry", job, "--missing", "-o", "json")
        self.assertEqual((rest.returncode, json.loads(rest.stdout)["counts"]["ok"]), (0, 3), rest.stderr)


class Terminal(SendFleet):
    """The progress line, where stderr is a terminal."""

    def on_terminal(self, *arguments, columns=80, **more):
        main, other = pty.openpty()
        self.addCleanup(os.close, main)
        fcntl.ioctl(other, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        process = subprocess.Popen(self.words(*arguments), stdin=other, stdout=other, stderr=other,
                                   env=self.environment(**{"TERM": "xterm", **more}), start_new_session=True)
        os.close(other)
        os.set_blocking(main, False)
        self.seen = ""

        def shows(pattern):
            try:
                self.seen += os.read(main, 65536).decode()
            except (BlockingIOError, OSError):
                pass
            return re.search(pattern, self.seen)

        return process, main, shows

    def screen(self):
        """What the bytes leave on a terminal that is wide enough."""
        kept = ""
        for part in re.split(r"(\r(?:\033\[\dA)?\033\[J)", self.seen.replace("\r\n", "\n")):
            if part.startswith("\r\033["):
                kept = kept[:kept.rfind("\n") + 1]
            else:
                kept += part
        return kept

    def test_the_line_names_who_is_out_follows_the_width_and_leaves_no_trace(self):
        self.start_fleet("pi-1", "pi-2", "pi-3")
        process, main, shows = self.on_terminal("send", "--to", "pi-[1-3]", "hold")
        wait_for("the names of all", lambda: shows(r"0/3  .*out: pi-\[1-3\]"))
        fcntl.ioctl(main, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 24, 0, 0))
        wait_for("a line for 24 columns", lambda: shows(r"\[\dA\033\[J0/3 "))
        lines = re.split(r"\033\[\dA\033\[J", self.seen)[-1]
        self.assertLess(max(len(line) for line in re.split(r"\r\033\[J", lines)), 24)
        fcntl.ioctl(main, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        self.go()
        self.assertEqual(process.wait(DEADLINE_S), 0)
        wait_for("the sum", lambda: shows(r"3 agents: 3 ok"))
        plain = re.sub(r"\033\[[0-9;]*m", "", self.screen())
        self.assertRegex(plain, r"^(pi-[123]: ok \([^)]*\)\nheld\n){3}3 agents: 3 ok\n$")
        self.assertIn("\033[32mok", self.seen)

    def test_ctrl_c_erases_it_and_no_color_has_none(self):
        self.start_fleet("pi-1")
        process, main, shows = self.on_terminal("send", "--to", "pi-1", "hold", NO_COLOR="1")
        wait_for("the line", lambda: shows("out: pi-1"))
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(DEADLINE_S), 130)
        wait_for("the way back", lambda: shows("come back to it with: pncp-cli job [0-9a-f]{32}\r\n"))
        self.assertRegex(self.screen(), r"^pncp-cli: interrupted\njob [^\n]*\n$")
        self.assertNotRegex(self.seen, r"\033\[[0-9;]*m")
        self.go()

    def test_a_dumb_terminal_and_a_pipe_have_no_line(self):
        self.start_fleet("pi-1")
        process, main, shows = self.on_terminal("send", "--to", "pi-1", "say", TERM="dumb", NO_COLOR="1")
        self.assertEqual(process.wait(DEADLINE_S), 0)
        wait_for("the sum", lambda: shows("1 agent: 1 ok"))
        self.assertNotIn("\033", self.seen)


if __name__ == "__main__":
    unittest.main()
