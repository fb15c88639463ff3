"""Round trips of an honest operator's `hostname` to an honest agent: their 99th percentile in peace, and under attack.

A round trip is what a resident operator waits: `send`, journaled and synced, to the agent, its result journaled, and
back. Each round measures peace and attack in turn, for the same time, and the ratio is taken within the round; the
median over the rounds counts. Target: 2. What the attackers do, and why they are niced, is in attacker.py.
"""
import argparse
import gc
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "..", "integration")]

import wire  # noqa: E402
from harness import BIN_DIR, wait_for  # noqa: E402

TARGET = 2
# case: (attempts a second, what is sent)
CASES = {
    "junk": (200_000, "junk frames/s of a listed key, one connection"),
    "parts": (200_000, "parts/s of a listed key, three a message"),
    "hello": (200_000, "replays/s of one recorded HELLO by a listed key"),
    "true": (200_000, "signed heartbeats/s of a listed key"),
    "strangers": (5_000, "connections/s without a key, greeting and junk"),
}


class Bench:
    """A broker, an honest agent, a resident operator, and the keys of the attackers."""

    def __init__(self, folder, attackers):
        self.run_dir, self.state_dir, self.folder = os.path.join(folder, "r"), os.path.join(folder, "s"), folder
        os.mkdir(self.state_dir, 0o700)
        self.processes = []
        self.cli("key", "init", "--out", os.path.join(self.state_dir, "secret"))
        listen = [word for name in ("agents", "control", "feed") for word in (f"--listen-{name}", "tcp://127.0.0.1:*")]
        self.broker = self.start("pncp-broker", "--state-dir", self.state_dir, "--run-dir", self.run_dir,
                                 "--public-host", "127.0.0.1", *listen)
        wait_for("the broker", lambda: self.cli("agents", check=False).returncode == 0)
        self.start("pncp-agent", "--key-file", self.enrol("honest"))
        # Before the resident operator comes: each pncp-cli is a session of `local`, and only the last 16 stay.
        self.keys = {name: self.enrol(name) for name in attackers}
        self.operator = wire.Operator.local(self.run_dir)
        wait_for("the agent", lambda: self.operator.status()["agents.online"] == "1")

    def cli(self, *arguments, check=True):
        folders = ("--run-dir", self.run_dir, "--state-dir", self.state_dir)
        command = [os.path.join(BIN_DIR, "pncp-cli"), *folders, *arguments]
        return subprocess.run(command, check=check, capture_output=True, text=True, timeout=60)

    def enrol(self, name):
        path = os.path.join(self.folder, name + ".key")
        self.cli("key", "issue", name, "--out", path)
        return path

    def start(self, program, *arguments):
        with open(os.path.join(self.folder, program + ".log"), "wb") as log:
            process = subprocess.Popen([os.path.join(BIN_DIR, program), *arguments],
                                       stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self.processes.append(process)
        return process

    def stop(self):
        self.operator.close()
        for process in reversed(self.processes):
            process.terminate()
            process.wait(30)

    def round_trips(self, seconds):
        """Milliseconds of each, one after another."""
        times, until = [], time.perf_counter() + seconds
        while time.perf_counter() < until:
            begun = time.perf_counter()
            self.operator.send("honest", "hostname")
            times.append((time.perf_counter() - begun) * 1000)
        return times

    def under_attack(self, case, rate, key_file, seconds):
        """(times, rate reached)"""
        attacker = subprocess.Popen(
            [sys.executable, os.path.join(HERE, "attacker.py"), case, key_file, str(rate), str(seconds + 0.5)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert attacker.stdout.readline() == "ready\n", f"the attacker of {case} failed"
        attacker.stdin.write("\n")
        attacker.stdin.flush()
        self.round_trips(0.2)  # under way
        times = self.round_trips(seconds)
        told = json.loads(attacker.stdout.readline())
        attacker.communicate()
        if self.broker.poll() is not None:
            raise SystemExit(f"the broker ended under {case}, exit code {self.broker.returncode}")
        return times, told["sent"] / told["seconds"]


def p99(times):
    return statistics.quantiles(times, n=100)[98]


def measure(bench, case, rate, arguments, number):
    """One round of one case: (p99 in peace, p99 under attack, ratio, rate reached, round trips under attack)."""
    quiet = bench.round_trips(arguments.seconds)
    # A key of its own for each attack: an ignored connection's or a throttled key's past must not make it tame.
    attacked, reached = bench.under_attack(case, rate, bench.keys[f"{case}-{number}"], arguments.seconds)
    bench.round_trips(0.3)  # what is still queued is taken
    return p99(quiet), p99(attacked), p99(attacked) / p99(quiet), reached, len(attacked)


def report(case, rows, rounds, as_json):
    quiet, attacked, ratio, reached, count = (statistics.median(column) for column in zip(*rows))
    text = f"{reached:,.0f} {CASES[case][1]}"
    if as_json:
        print(json.dumps({"benchmark": "hostile", "case": text, "n": int(count), "reference": round(quiet, 3),
                          "pncp": round(attacked, 3), "unit": "ms p99", "ratio": round(ratio, 3), "target": TARGET,
                          "rounds": rounds}), flush=True)
    else:
        worst = max(row[2] for row in rows)
        print(f"{text:68} {count:5.0f} {quiet:9.2f} {attacked:9.2f} {ratio:7.2f} {worst:7.2f}   "
              f"{'yes' if ratio <= TARGET else 'NO'}", flush=True)


def main():
    parser = argparse.ArgumentParser(prog="scripts/bench hostile", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5, metavar="N", help="rounds of peace and attack (default 5)")
    parser.add_argument("--seconds", type=float, default=2.0, metavar="S", help="of each measurement (default 2)")
    parser.add_argument("--case", action="append", choices=CASES, help="only this attack; may be repeated")
    parser.add_argument("--rate", type=int, metavar="N", help="aim at this many a second")
    parser.add_argument("--json", action="store_true", help="one line a case")
    arguments = parser.parse_args()
    cases = arguments.case or list(CASES)
    with tempfile.TemporaryDirectory(prefix="pncp-") as folder:
        bench = Bench(folder, [f"{case}-{number}" for case in cases for number in range(arguments.rounds)])
        try:
            bench.round_trips(1)
            gc.disable()
            rows = {case: [] for case in cases}
            for number in range(arguments.rounds):
                for case in cases:
                    rows[case].append(measure(bench, case, arguments.rate or CASES[case][0], arguments, number))
            if not arguments.json:
                print(f"{'attack':68} {'n':>5} {'quiet':>9} {'attacked':>9} {'ratio':>7} {'worst':>7}   <= {TARGET}")
                print(f"{'':74} {'p99 ms':>9} {'p99 ms':>9}")
            for case in cases:
                report(case, rows[case], arguments.rounds, arguments.json)
        finally:
            bench.stop()


if __name__ == "__main__":
    main()
