"""Rounds of one command to a fleet: PNCP's, and the reference's with nothing around."""
import json
import os
import subprocess
import time

from fleet import DEVICES_A_SWARM
from harness import BIN_DIR


class Raw:
    """The reference's fleet."""

    def __init__(self, stage, count):
        self.ask_at = "ipc://" + stage.path("ask")
        self.router = stage.start("router", "bench-router", "tcp://127.0.0.1:*", count, 100, self.ask_at, talks=True)
        self.pid = self.router.pid
        endpoint = self.router.line()
        for begin in range(0, count, DEVICES_A_SWARM):
            stage.start(f"dealers-{begin}", "bench-dealers", endpoint, min(DEVICES_A_SWARM, count - begin),
                        talks=True).expect("connected")
        self.router.expect("ready")

    def round(self):
        """(seconds, CPU seconds)"""
        self.router.ask()
        return tuple(int(word) / 1e9 for word in self.router.line().split())

    def process(self):
        begun = time.perf_counter()
        subprocess.run([os.path.join(BIN_DIR, "bench-ask"), self.ask_at], check=True, stdout=subprocess.DEVNULL)
        return time.perf_counter() - begun


def command(broker, count):
    """(seconds of the whole process, CPU seconds of the broker)"""
    words = broker.cli_command("send", "--all", "--output", "jsonl", "hostname")
    cpu, begun = broker.cpu_s(), time.perf_counter()
    done = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    took = time.perf_counter() - begun
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    results = [row for row in rows if row.get("type") != "summary"]
    if done.returncode != 0 or len(results) != count:
        raise SystemExit(f"{len(results)} of {count} results, exit code {done.returncode}: {done.stderr[-500:]}")
    return took, broker.cpu_s() - cpu
