"""The CLI's help: doctor at broken set-ups, contexts, enrolment, completion in real shells, the manual."""
import gzip
import json
import os
import pty
import re
import select
import shutil
import signal
import subprocess
import time
import unittest

from harness import BIN_DIR, DEADLINE_S, SOURCE_DIR, Fleet, wait_for
from key_files import read_key_file
from lacking import lacking

CLI = os.path.join(BIN_DIR, "pncp-cli")


def needs(program):
    """A test without its program is skipped, but not in CI."""
    if shutil.which(program) is None:
        lacking(f"{program} is not installed; scripts/setup --tests gets it")


class Home(Fleet):
    """A user with a home of his own."""

    def setUp(self):
        super().setUp()
        self.home = os.path.join(self.folder, "home")
        os.mkdir(self.home)
        self.env = {key: value for key, value in os.environ.items() if not key.startswith(("PNCP_", "XDG_"))}
        self.env["HOME"] = self.home

    def start(self, name, program, *arguments, env=None):
        if program == "pncp-broker":
            rights = os.path.join(self.folder, "rights.toml")
            with open(rights, "w") as file:
                file.write('[[allow]]\noperator = "anna"\ncommands = ["*"]\nagents = ["*"]\nkeys = true\n')
            env = {"PNCP_RIGHTS_FILE": rights, **(env or {})}
        return super().start(name, program, *arguments, env=env)

    def run_cli(self, *arguments, env=None, cli=(CLI,), stdin=subprocess.DEVNULL):
        return subprocess.run([*cli, *arguments], stdin=stdin, capture_output=True, text=True, timeout=DEADLINE_S,
                              env={**self.env, **(env or {})})

    def here(self, *arguments, **more):
        return self.run_cli("--run-dir", self.run_dir, "--state-dir", self.state_dir, *arguments, **more)

    def write_key(self, name, fields):
        path = os.path.join(self.folder, name)
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write("".join(f"{key} = {value}\n" for key, value in fields.items()))
        return path


class Doctor(Home):
    def finds(self, code, subject, words, *arguments, env=None, cli=(CLI,)):
        """doctor exits with `code`, and its worst finding about `subject` has these words and a fix."""
        done = self.run_cli(*arguments, "doctor", "-o", "json", env=env, cli=cli)
        answer = json.loads(done.stdout)
        self.assertEqual((done.returncode, answer["exit_code"]), (code, code), done.stdout + done.stderr)
        bad = [row for row in answer["findings"] if row["health"] == "bad"]
        self.assertEqual([row["subject"] for row in bad], [subject], done.stdout)
        self.assertIn(words, bad[0]["finding"])
        self.assertTrue(bad[0]["fix"])

    def test_each_broken_set_up_is_named_with_its_fix_and_code(self):
        self.finds(7, "run folder", "No such file", "--run-dir", os.path.join(self.folder, "nowhere"))
        self.start_broker()
        anna, boris = self.enrol("anna", "operator"), self.enrol("boris", "operator")
        self.assertEqual(self.run_cli("--key-file", anna, "doctor").returncode, 0)

        with self.subTest("a name that nobody has"):
            self.finds(7, "name", "no-such-host.invalid", "--key-file", anna, "--broker-control",
                       "tcp://no-such-host.invalid:17472")
        with self.subTest("an address that is none"):
            self.finds(7, "address", "", "--key-file", anna, "--broker-control", "tcp:/x")
        with self.subTest("a key that was revoked"):
            self.cli_ok("key", "revoke", "boris", "--role", "operator")
            self.finds(78, "handshake", "does not accept the key", "--key-file", boris)
        with self.subTest("a key of another broker"):
            fields = read_key_file(anna)
            other = self.write_key("other.key", {**fields, "broker": "09" + fields["broker"][2:]})
            self.finds(78, "handshake", "is not the broker that issued the key", "--key-file", other)
        with self.subTest("a wrong secret"):
            wrong = self.write_key("wrong.key", {**fields, "key": "09" * 32})
            self.finds(78, "handshake", "does not accept the key", "--key-file", wrong)
        with self.subTest("a key of a device"):
            self.finds(78, "key", "speaks for an operator", "--key-file", self.enrol("pi-1"))
        with self.subTest("a key that others can read"):
            os.chmod(anna, 0o644)
            self.finds(78, "key", "anna.key", "--key-file", anna)
            os.chmod(anna, 0o600)
        with self.subTest("no key"):
            self.finds(78, "key", "gone.key", "--key-file", os.path.join(self.folder, "gone.key"))
        with self.subTest("a clock that is two hours off"):
            shift = os.path.join(self.folder, "shift")
            with open(shift, "w") as file:
                file.write("7200")
            self.finds(3, "clock", "behind", "--key-file", anna, env={
                "LD_PRELOAD": os.path.join(BIN_DIR, "libshifted_clock.so"), "SHIFTED_CLOCK_FILE": shift})
        with self.subTest("a broker that ended"):
            self.kill("broker", signal.SIGKILL)
            self.finds(7, "TCP", "Connection refused", "--key-file", anna)
            self.finds(7, "handshake", "cannot reach the broker", "--run-dir", self.run_dir)

    def test_a_folder_that_is_closed_to_the_user_says_which_group_to_join(self):
        self.start_broker()
        if os.geteuid() == 0:
            # Nobody may come as far as the run folder, but not into it.
            os.chmod(self.folder, 0o711)
            cli = (shutil.copy(CLI, self.folder),)
            cli = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", *cli)
        else:
            cli = (CLI,)
            os.chmod(self.run_dir, 0)
            self.addCleanup(os.chmod, self.run_dir, 0o750)
        self.finds(7, "run folder", "is closed to this user", "--run-dir", self.run_dir, cli=cli)

    def test_a_healthy_fleet_is_found_healthy_and_an_absent_bridge_is_noted(self):
        self.start_broker()
        self.start_agents("pi-1")
        self.start_log_writer()
        rows = wait_for("the log writer to be heard of", lambda: [
            row for row in json.loads(self.here("doctor", "-o", "json").stdout)["findings"]
            if row["subject"] == "log" and row["health"] == "good"])
        self.assertIn("pncp-log-writer follows", rows[0]["finding"])
        done = self.here("doctor")
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertRegex(done.stdout, r"note  InfluxDB +pncp-influx-bridge has never asked")
        self.assertRegex(done.stdout, r"good  version +broker and this program are")
        self.assertRegex(done.stdout, r"good  agents +1 online")


class Contexts(Home):
    def test_a_far_broker_by_name_and_the_one_here_with_nothing_to_set_up(self):
        self.start_broker()
        anna = self.enrol("anna", "operator")
        self.enrol("pi-1")
        added = self.run_cli("context", "add", "home", "--key-file", anna)
        self.assertEqual(added.returncode, 0, added.stderr)
        self.assertIn("pi-1", self.run_cli("--context", "home", "agents").stdout)
        self.assertEqual(self.run_cli("context", "use", "home").returncode, 0)
        self.assertIn("pi-1", self.run_cli("agents").stdout)
        self.assertIn("pi-1", self.here("agents").stdout, "what the line names is what is meant")
        missed = self.run_cli("--context", "hme", "agents")
        self.assertEqual(missed.returncode, 78)
        self.assertIn("did you mean home?", missed.stderr)
        mode = os.stat(os.path.join(self.home, ".config/pncp/contexts.toml")).st_mode & 0o777
        self.assertEqual(mode, 0o600)


class Enrolment(Home):
    def setUp(self):
        super().setUp()
        # A device of its own in this machine's place: its ssh, sudo and pncp-enroll.
        self.device = os.path.join(self.folder, "device")
        os.mkdir(self.device, 0o700)
        tools = os.path.join(self.folder, "tools")
        os.mkdir(tools)
        user = subprocess.run(["id", "-un"], capture_output=True, text=True, check=True).stdout.strip()
        enroll = os.path.join(SOURCE_DIR, "scripts/services/pncp-enroll")
        scripts = {"ssh": 'echo "$@" >>"$DEVICE/ssh.log"\n[ ! -e "$DEVICE/broken" ] || exit 255\n'
                          'for last; do :; done\nexec sh -c "$last"\n',
                   "sudo": '[ "$1" != -n ] || shift\nexec "$@"\n',
                   "pncp-enroll": f"exec sh '{enroll}' --no-start\n"}
        for name, text in scripts.items():
            path = os.path.join(tools, name)
            with open(path, "w") as file:
                file.write("#!/bin/sh\n" + text)
            os.chmod(path, 0o755)
        self.env.update(PATH=tools + ":" + os.environ["PATH"], DEVICE=self.device, PNCP_AGENT_USER=user,
                        PNCP_AGENT_STATE=self.device, PNCP_AGENT_PROGRAM=os.path.join(BIN_DIR, "pncp-agent"))
        self.placed = os.path.join(self.device, "agent.key")

    def test_one_line_over_ssh_or_by_hand_and_a_card_that_is_replaced(self):
        self.start_broker()
        done = self.here("enroll", "pi-1", "--ssh", "pi@pi-1.local")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        key = read_key_file(self.placed)["key"]
        with open(os.path.join(self.device, "ssh.log")) as file:
            said = file.read()
        self.assertIn("pi@pi-1.local", said)
        self.assertNotIn(key, said, "the secret is no argument")
        self.start_agent("pi-1", self.placed)
        self.wait_online("pi-1")

        # A second time it is a mistake, unless it is meant: then the old key ends at once.
        twice = self.here("enroll", "pi-1")
        self.assertEqual((twice.returncode, twice.stdout), (2, ""))
        self.assertIn("--again", twice.stderr)
        line = self.here("enroll", "pi-1", "--again")
        self.assertEqual(line.returncode, 0, line.stderr)
        self.assertEqual(line.stdout.count("\n"), 1)
        wait_for("the old card to be shut out", lambda: [
            row for row in self.agents() if row["name"] == "pi-1" and row["state"] != "online"])
        self.kill("pi-1", signal.SIGTERM)
        typed = subprocess.run(["sh", "-c", line.stdout], capture_output=True, text=True, env=self.env)
        self.assertEqual(typed.returncode, 0, typed.stderr)
        self.assertEqual(read_key_file(self.placed)["generation"], "2")
        self.start_agent("pi-1", self.placed)
        self.wait_online("pi-1")

        # Another name for the same device: enrolled as new, and the old one is said to be left over.
        renamed = self.here("enroll", "kitchen", "--ssh", "pi@pi-1.local")
        self.assertEqual(renamed.returncode, 0, renamed.stderr)
        self.assertIn("pncp-cli key revoke pi-1", renamed.stdout)
        self.assertEqual(read_key_file(self.placed)["id"], "kitchen")

    def test_a_file_to_carry_and_an_ssh_that_fails(self):
        self.start_broker()
        script = os.path.join(self.folder, "pi-2.sh")
        self.assertEqual(self.here("enroll", "pi-2", "--out", script, "--address", "192.0.2.1").returncode, 0)
        self.assertEqual(os.stat(script).st_mode & 0o777, 0o700)
        ran = subprocess.run(["sh", script], capture_output=True, text=True, env=self.env)
        self.assertEqual(ran.returncode, 0, ran.stderr)
        self.assertRegex(read_key_file(self.placed)["agents"], r"^tcp://192\.0\.2\.1:\d+$")

        open(os.path.join(self.device, "broken"), "w").close()
        failed = self.here("enroll", "pi-3", "--ssh", "pi-3")
        self.assertEqual(failed.returncode, 69)
        self.assertIn("pncp-cli enroll pi-3 --again --ssh pi-3", failed.stderr)


class Shell:
    """An interactive shell on a terminal of its own."""

    def __init__(self, words, env):
        pid, self.terminal = pty.fork()
        if pid == 0:
            os.execvpe(words[0], words, env)
        self.pid = pid
        self.seen = ""

    def type(self, text):
        os.write(self.terminal, text.encode())

    def wait_for(self, pattern):
        """The match of what has been shown since the last one."""
        end = time.monotonic() + DEADLINE_S
        while not (found := re.search(pattern, self.seen)):
            if time.monotonic() > end:
                raise AssertionError(f"the shell never showed {pattern!r}: {self.seen!r}")
            if select.select([self.terminal], [], [], 0.2)[0]:
                self.seen += os.read(self.terminal, 65536).decode(errors="replace")
        self.seen = self.seen[found.end():]
        return found

    def close(self):
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self.terminal)


class Completion(Home):
    # What is typed before TAB, and what the whole line is then.
    LINES = [("pncp-cli sen", "pncp-cli send"), ("pncp-cli send --exc", "pncp-cli send --exclude"),
             ("pncp-cli send --to cam", "pncp-cli send --to cam-7"),
             ("pncp-cli send --to=pi-1,cam", "pncp-cli send --to=pi-1,cam-7"),
             ("pncp-cli send --to role=c", "pncp-cli send --to role=camera"),
             ("pncp-cli --color nev", "pncp-cli --color never"), ("pncp-cli --color=nev", "pncp-cli --color=never"),
             ("pncp-cli send --all lsl", "pncp-cli send --all lslogs"), ("pncp-cli cheat targ", "pncp-cli cheat targets"),
             ("pncp-cli key rot", "pncp-cli key rotate"), ("pncp-cli key show ./card", "pncp-cli key show ./card.key"),
             ("pncp-cli job 01", "pncp-cli job 01234567"),
             ("pncp-cli cancel 012345678", "pncp-cli cancel " + "0123456789abcdef" * 2)]

    def setUp(self):
        super().setUp()
        # What earlier runs have seen; there is no broker any more that could be asked.
        cache = os.path.join(self.home, ".cache/pncp/local")
        os.makedirs(cache)
        with open(os.path.join(cache, "agents"), "w") as file:
            file.write("pi-1\npi-2\ncam-7\nrole=camera\n")
        with open(os.path.join(cache, "commands"), "w") as file:
            file.write("lslogs\tLists logs\nmetrics\t\n")
        with open(os.path.join(cache, "jobs"), "w") as file:
            file.write("0123456789abcdef" * 2 + f"\t{time.time_ns() // 1000}\tlslogs\n")
        open(os.path.join(self.home, "card.key"), "w").close()
        self.env.update(PATH=BIN_DIR + ":" + os.environ["PATH"], TERM="dumb", PS1="READY> ", INPUTRC="/dev/null")

    def completes(self, shell, setup):
        self.addCleanup(shell.close)
        shell.type(f"cd '{self.home}'; {setup}; echo SET''UP\n")
        shell.wait_for("SETUP\r?\n")
        for typed, whole in self.LINES:
            # Ctrl-A goes to the beginning of the line, so that the completed words become an argument of echo.
            shell.type(f"{typed}\t\x01echo \"'\" \x05 \"'\"\n")
            found = shell.wait_for(r"\n' (.*?) ?'\r?\n")
            self.assertEqual(found.group(1).strip(), whole)
        shell.type("pncp-cli send --to pi-\t\t")
        shell.wait_for(r"pi-1[\s\S]*pi-2")

    def test_in_bash(self):
        needs("bash")
        shell = Shell(["bash", "--norc", "--noprofile", "-i"], self.env)
        self.completes(shell, "eval \"$(pncp-cli completion bash)\"")

    def test_in_zsh(self):
        needs("zsh")
        shell = Shell(["zsh", "-f", "-i"], self.env)
        self.completes(shell, "unsetopt prompt_cr prompt_sp zle_bracketed_paste 2>/dev/null; bindkey -e; "
                              "autoload -U compinit; compinit -u -D; eval \"$(pncp-cli completion zsh)\"")

    def test_in_zsh_as_the_package_installs_it(self):
        needs("zsh")
        functions = os.path.join(self.folder, "functions")
        os.mkdir(functions)
        with open(os.path.join(functions, "_pncp-cli"), "w") as file:
            file.write(self.run_cli("completion", "zsh").stdout)
        shell = Shell(["zsh", "-f", "-i"], self.env)
        self.completes(shell, "unsetopt prompt_cr prompt_sp zle_bracketed_paste 2>/dev/null; bindkey -e; "
                              f"fpath=('{functions}' $fpath); autoload -U compinit; compinit -u -D")

    def test_the_scripts_are_sound(self):
        for shell in ("bash", "zsh"):
            with self.subTest(shell):
                needs(shell)
                text = self.run_cli("completion", shell).stdout
                checked = subprocess.run([shell, "-n"], input=text, capture_output=True, text=True)
                self.assertEqual((checked.returncode, checked.stderr), (0, ""))


class Manual(unittest.TestCase):
    """The pages that the build has made."""
    FOLDER = os.path.join(os.path.dirname(BIN_DIR), "man")
    PROGRAMS = {"pncp-cli": 1, "pncp-broker": 8, "pncp-agent": 8, "pncp-influx-bridge": 8, "pncp-log-writer": 8,
                "pncp-log-replay": 8, "pncp-webhook": 8, "pncp-swarm": 1}

    def page(self, name):
        with gzip.open(os.path.join(self.FOLDER, name + ".gz"), "rt", encoding="utf-8") as file:
            return file.read()

    def test_every_option_in_help_is_in_the_page(self):
        for program, section in self.PROGRAMS.items():
            with self.subTest(program):
                text = self.page(f"{program}.{section}").replace("\\-", "-").replace("\\fR", "").replace("\\fB", "")
                helps = [["--help"]]
                if program == "pncp-cli":
                    verbs = re.findall(r"^  ([a-z]+)  ", subprocess.run(
                        [CLI, "--help"], capture_output=True, text=True).stdout.split("\nCommands:")[1], re.M)
                    self.assertIn("doctor", verbs)
                    helps += [[verb, "--help"] for verb in verbs if verb != "help"]
                for words in helps:
                    shown = subprocess.run([os.path.join(BIN_DIR, program), *words], capture_output=True, text=True).stdout
                    options = set(re.findall(r"^ +(?:-\w, )?(--[a-z-]+)", shown, re.M))
                    self.assertIn("--help", options)
                    for option in options:
                        self.assertRegex(text, rf"(?m)^(?:-\w, )?{option}\b", f"{program} {words}")

    def test_the_pages_are_clean_roff(self):
        pages = [f"{program}.{section}" for program, section in self.PROGRAMS.items()]
        for name in [*pages, "pncp.toml.5", "pncp-protocol.7", "pncp.7", "pncp-enroll.8"]:
            with self.subTest(name):
                text = self.page(name)
                self.assertNotIn("@DATE@", text)
                needs("mandoc")
                lint = subprocess.run(["mandoc", "-Tlint", "-Wwarning"], input=text, capture_output=True, text=True)
                self.assertEqual(lint.stdout + lint.stderr, "")
                needs("groff")
                shown = subprocess.run(["groff", "-ww", "-K", "utf8", "-t", "-man", "-Tutf8", "-rcR=1", "-rLL=80n"],
                                       input=text, capture_output=True, text=True)
                # Where pages end is of no concern on a screen.
                said = [line for line in shown.stderr.splitlines() if "will not fit on one page" not in line]
                self.assertEqual(said, [])
                self.assertIn("DDEESSCCRRIIPPTTIIOONN" if "\b" not in shown.stdout else "D\bD", shown.stdout)

    def test_every_setting_is_in_pncp_toml(self):
        text = self.page("pncp.toml.5").replace("\\-", "-")
        for program in self.PROGRAMS.keys() - {"pncp-log-replay"}:
            shown = subprocess.run([os.path.join(BIN_DIR, program), "--help"], capture_output=True, text=True).stdout
            for variable in re.findall(r"\[(PNCP_[A-Z_]+)\]", shown):
                self.assertTrue(f"[{variable}]" in text, f"{variable} of {program}")


if __name__ == "__main__":
    unittest.main()
