"""Real processes on a bench: a broker, agents, subscribers and, where wanted, a real InfluxDB.

Every test has its own folders and ports; nothing is fixed, so tests run side by side. Waiting is for a condition, with
a deadline; on failure the ends of all logs are shown.
"""
import contextlib
import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
import unittest
import urllib.error
import urllib.parse
import urllib.request

from lacking import lacking

SOURCE_DIR = os.environ["PNCP_SOURCE_DIR"]
BIN_DIR = os.environ["PNCP_BIN_DIR"]
# Sanitizers and a shared 2-core machine are slow; a deadline is for what never comes.
DEADLINE_S = float(os.environ.get("PNCP_TEST_DEADLINE_S", "60"))


def wait_for(what, condition, deadline_s=DEADLINE_S):
    """The first true value of `condition`, polled; AssertionError naming `what` at the deadline."""
    end = time.monotonic() + deadline_s
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"waited {deadline_s} s in vain for: {what}")
        time.sleep(0.05)


class Influx:
    """Debian's influxd on a free loopback port, with its own folder."""

    def __init__(self, folder):
        self.folder = folder
        script = os.path.join(SOURCE_DIR, "scripts", "influxdb")
        cache = os.environ.get("PNCP_INFLUX_CACHE", os.path.join(SOURCE_DIR, "build", "influxdb"))
        fetched = subprocess.run([script, "fetch", cache], capture_output=True, text=True)
        if fetched.returncode != 0:
            reason = "no influxd to be had: " + fetched.stderr.strip()
            lacking(reason)
        self.script = script
        self.env = dict(os.environ, PATH=os.path.dirname(fetched.stdout.strip()) + ":" + os.environ["PATH"])
        self.start()

    def start(self):
        started = subprocess.run([self.script, "start", self.folder], env=self.env, capture_output=True, text=True, check=True)
        self.port, self.pid = (int(word) for word in started.stdout.split()[:2])

    def stop(self):
        subprocess.run([self.script, "stop", self.folder], env=self.env, capture_output=True)

    def query(self, text, database="pncp", **more):
        """Rows of one query as dicts; [] when there are none. epoch="u": times in microseconds."""
        url = f"http://127.0.0.1:{self.port}/query?" + urllib.parse.urlencode({"db": database, "q": text, **more})
        with urllib.request.urlopen(url, timeout=10) as answer:
            result = json.load(answer)["results"][0]
        series = result.get("series", [])
        return [dict(zip(one["columns"], values)) for one in series for values in one["values"]]


class Fleet(unittest.TestCase):
    """Base of the tests: start what you need, it is stopped and reaped at the end."""

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="pncp-")
        self.run_dir = os.path.join(self.folder, "r")
        self.state_dir = os.path.join(self.folder, "s")
        os.mkdir(self.state_dir, 0o700)
        self.processes = {}
        self.influx = None
        self.addCleanup(shutil.rmtree, self.folder, True)
        self.addCleanup(self.stop_all)

    # --- processes ---------------------------------------------------------------------------------------------------

    def log_file(self, name):
        return os.path.join(self.folder, name + ".log")

    def start(self, name, program, *arguments, env=None):
        log = open(self.log_file(name), "ab")
        merged = {key: value for key, value in os.environ.items() if not key.startswith("PNCP_")}
        merged.update(env or {})
        self.processes[name] = subprocess.Popen(
            [os.path.join(BIN_DIR, program), *arguments], stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=merged)
        log.close()
        return self.processes[name]

    def kill(self, name, number=signal.SIGKILL):
        process = self.processes.pop(name)
        process.send_signal(number)
        return process.wait(DEADLINE_S)

    def log_of(self, name):
        with open(self.log_file(name), errors="replace") as file:
            return file.read()

    def stop_all(self):
        result = self._outcome.result if self._outcome else None
        failed = result is not None and any(test is self for test, _ in result.failures + result.errors)
        for process in self.processes.values():
            process.terminate()
        codes = {}
        for name, process in self.processes.items():
            try:
                codes[name] = process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
                codes[name] = f"killed after SIGTERM was ignored ({process.wait()})"
        if self.influx:
            self.influx.stop()
        if failed:
            for name in sorted(os.listdir(self.folder)):
                if name.endswith(".log"):
                    print(f"--- {name}\n" + self.log_of(name[:-4])[-3000:])
        else:
            self.assertEqual({name: code for name, code in codes.items() if code != 0}, {}, "every process stops cleanly")

    def mount(self, folder, size):
        """A small tmpfs on a folder that is there, for a disk that can be full."""
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size},mode=0700", "tmpfs", folder],
                                 capture_output=True, text=True)
        if mounted.returncode != 0:
            lacking("needs root and mounts: " + mounted.stderr.strip())
        # Registered before stop_all, it would run after it; what runs there must be gone first.
        self.addCleanup(subprocess.run, ["umount", "-l", folder], check=True)
        self.addCleanup(self.stop_all)

    def fill(self, folder):
        """Not a byte is left on its disk, until free()."""
        with contextlib.suppress(OSError), open(os.path.join(folder, "ballast"), "wb", buffering=0) as file:
            while True:
                file.write(bytes(4096))

    def free(self, folder):
        os.unlink(os.path.join(folder, "ballast"))

    # --- the usual fleet ---------------------------------------------------------------------------------------------

    def start_broker(self):
        if not os.path.exists(os.path.join(self.state_dir, "secret")):
            self.cli_ok("key", "init", "--out", os.path.join(self.state_dir, "secret"))
        arguments = ["--state-dir", self.state_dir, "--run-dir", self.run_dir, "--public-host", "127.0.0.1",
                     # Its own numbers would be events that no test made.
                     "--self-metrics-interval", "0s"]
        ports = getattr(self, "ports", {})
        for name in ("agents", "control", "feed"):
            arguments += [f"--listen-{name}", ports.get(name, "tcp://127.0.0.1:*")]
        self.start("broker", "pncp-broker", *arguments)
        wait_for("the broker to answer", lambda: self.cli("agents").returncode == 0)

    def enrol(self, name, role="agent"):
        path = os.path.join(self.folder, name + ".key")
        self.cli_ok("key", "issue", name, "--role", role, "--out", path)
        with open(path) as file:
            lines = dict(line.split(" = ", 1) for line in file.read().splitlines() if " = " in line)
        # A broker that comes back takes the same ports again, as a configured one would.
        self.ports = {part: lines[part] for part in ("agents", "control", "feed")}
        return path

    def start_agent(self, name, key_file, interval="1s"):
        self.start(name, "pncp-agent", "--key-file", key_file, "--metrics-interval", interval)

    def start_agents(self, *names, interval="1s"):
        for name in names:
            self.start_agent(name, self.enrol(name), interval)
        self.wait_online(*names)

    def wait_online(self, *names):
        wait_for(f"{names} to be online", lambda: set(names) <= {
            row["name"] for row in self.agents() if row["state"] == "online"})

    def start_log_writer(self):
        self.log_path = os.path.join(self.folder, "pncp_log.txt")
        self.start("log-writer", "pncp-log-writer", "--run-dir", self.run_dir, "--log-file", self.log_path)

    def start_influx(self):
        self.influx = Influx(os.path.join(self.folder, "influx"))

    def start_bridge(self, port=None):
        self.start("bridge", "pncp-influx-bridge", "--run-dir", self.run_dir, "--state-dir", self.state_dir,
                   env={"PNCP_INFLUX_HOST": "127.0.0.1", "PNCP_INFLUX_PORT": str(port or self.influx.port)})

    # --- asking ------------------------------------------------------------------------------------------------------

    def cli(self, *arguments, timeout=DEADLINE_S):
        return subprocess.run(
            [os.path.join(BIN_DIR, "pncp-cli"), "--run-dir", self.run_dir, "--state-dir", self.state_dir, *arguments],
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=timeout)

    def cli_ok(self, *arguments):
        done = self.cli(*arguments)
        self.assertEqual(done.returncode, 0, f"{arguments}: {done.stdout}{done.stderr}")
        return done.stdout

    def agents(self):
        done = self.cli("agents", "-o", "jsonl")
        return [json.loads(line) for line in done.stdout.splitlines()] if done.returncode == 0 else []

    def log_lines(self):
        """Complete lines of pncp_log.txt."""
        try:
            with open(self.log_path) as file:
                return [json.loads(line) for line in file.read().split("\n")[:-1]]
        except FileNotFoundError:
            return []

    def head(self):
        rows = dict(line.split(None, 1) for line in self.cli_ok("status").splitlines() if len(line.split(None, 1)) == 2)
        return int(rows["journal.head"])
