"""A broker with a list of peers as long as wanted, and swarms of agents in session with it."""
import os
import re
import subprocess

import machine
from processes import START_S
from harness import BIN_DIR, wait_for
from wire import Operator

# Descriptors of one process end at 20,000 on some machines, and a simulated device takes two.
DEVICES_A_SWARM = 5_000


class Broker:
    """pncp-broker on a Stage. `agents` of its list are called swarm-1 … and have keys derived from its secret."""

    def __init__(self, stage, agents=0, **settings):
        self.stage, self.agents, self.settings = stage, agents, settings
        self.run_dir, self.state_dir = stage.path("r"), stage.path("s")
        os.mkdir(self.state_dir, 0o700)
        self.secret = os.path.join(self.state_dir, "secret")
        self.cli("key", "init", "--out", self.secret)
        with open(os.path.join(self.state_dir, "peers"), "w") as file:
            file.write("feed_epoch 1\n")
            file.writelines(f"agent swarm-{i} 1 active\n" for i in range(1, agents + 1))
        self.ports = dict.fromkeys(("agents", "control", "feed"), "tcp://127.0.0.1:*")
        self.start()

    def start(self):
        listen = [word for name, port in self.ports.items() for word in (f"--listen-{name}", port)]
        settings = [f"--{name.replace('_', '-')}={value}" for name, value in self.settings.items()]
        self.process = self.stage.start(
            "broker", "pncp-broker", "--state-dir", self.state_dir, "--run-dir", self.run_dir, "--public-host",
            "127.0.0.1", "--self-metrics-interval", "0s", *listen, *settings)
        self.pid = self.process.pid
        wait_for("the broker", lambda: self.cli("status", check=False).returncode == 0)
        with open(self.stage.path("broker.log")) as file:
            found = re.findall(r"listening: agents=(\S+), control (\S+), feed (\S+);", file.read())
        self.ports = dict(zip(("agents", "control", "feed"), found[-1]))

    def cli_command(self, *arguments):
        return [os.path.join(BIN_DIR, "pncp-cli"), "--run-dir", self.run_dir, "--state-dir", self.state_dir, *arguments]

    def cli(self, *arguments, check=True):
        clean = {key: value for key, value in os.environ.items() if not key.startswith("PNCP_")}
        return subprocess.run(self.cli_command(*arguments), check=check, capture_output=True, text=True, env=clean,
                              stdin=subprocess.DEVNULL, timeout=START_S)

    def enrol(self, name):
        path = self.stage.path(name + ".key")
        self.cli("key", "issue", name, "--out", path)
        return path

    def status(self, name):
        # A session of its own: an operator has 16 of them, and every pncp-cli that is measured takes one.
        operator = Operator.local(self.run_dir)
        try:
            return int(operator.status()[name])
        finally:
            operator.close()

    def wait_online(self, count):
        wait_for(f"{count} agents in session", lambda: self.status("agents.online") >= count, START_S)

    def cpu_s(self):
        return machine.cpu_s(self.pid)

    def start_swarm(self, count, first=1, **settings):
        """`count` devices from swarm-FIRST on, in as many processes as that takes; returns when all are in session."""
        options = {"interval": "1h", "result_bytes": "300B", **settings}
        words = [f"--{name.replace('_', '-')}={value}" for name, value in options.items()]
        started = []
        online = self.status("agents.online")
        for begin in range(first, first + count, DEVICES_A_SWARM):
            part = min(DEVICES_A_SWARM, first + count - begin)
            started.append(self.stage.start(
                f"swarm-{begin}", "pncp-swarm", "--readings", "short", "--count", part, "--first", begin, "--secret-file", self.secret,
                "--broker-agents", self.ports["agents"], *words))
        self.wait_online(online + count)
        return started
