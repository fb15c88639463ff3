"""Random trouble for every process, then an exact count: what was made, acknowledged, stored, doubled and declared lost.

Run by scripts/chaos. Two swarms of simulated devices write every sample into a ledger before it is sent; broker, bridge,
log writer, InfluxDB and the swarms themselves are killed (SIGKILL) and stopped for a while (SIGSTOP) at random.
"""
import argparse
import collections
import os
import random
import shutil
import signal
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "integration"))
from harness import Fleet, wait_for  # noqa: E402

SWARMS = ("swarm-a", "swarm-b")


class Chaos(Fleet):
    def runTest(self):
        pass

    # --- starting what was killed ------------------------------------------------------------------------------------

    def again(self, name):
        if name == "broker":
            self.start_broker()
        elif name == "bridge":
            self.start_bridge()
        elif name == "log-writer":
            self.start_log_writer()
        elif name == "influx":
            self.influx.start()
        else:
            self.start_swarm(name)

    def start_swarm(self, name):
        self.start(name, "pncp-swarm", "-n", str(self.devices), "--prefix", name + "-", "--run-dir", self.run_dir,
                   "--keys-dir", os.path.join(self.folder, name + ".keys"), "--interval", self.interval,
                   "--ledger", self.ledger(name), *self.weather)

    def ledger(self, name):
        return os.path.join(self.folder, name + ".ledger")

    def go(self, minutes, seed, devices, interval):
        self.random = random.Random(seed)
        self.devices, self.interval = devices, interval
        self.weather = ("--restart-every", "60s", "--loss", "0.5")
        self.start_influx()
        self.start_broker()
        self.enrol("nobody")  # learns the broker's ports, so that it comes back on the same ones
        for name in ("log-writer", "bridge", *SWARMS):
            self.again(name)
        wait_for("samples", lambda: self.head() > 100)
        kills = self.trouble(time.monotonic() + minutes * 60)
        print(f"chaos: {kills} kills done, now quiet until everything has arrived", flush=True)
        self.stop_swarms()
        # What a device could not deliver before it went is declared when it comes back, so all of them do, in good weather.
        self.weather = ()
        for name in SWARMS:
            self.again(name)
        self.stop_swarms()
        return kills

    def stop_swarms(self):
        for name in SWARMS:
            wait_for(name + " to be online", lambda: sum(row["state"] == "online" and row["name"].startswith(name)
                                                         for row in self.agents()) == self.devices)
        for name in SWARMS:
            if self.kill(name, signal.SIGTERM) != 0:
                raise AssertionError(name + " did not stop cleanly")

    def trouble(self, until):
        """Kills and stops until the time is up; the number of SIGKILLs."""
        kills = 0
        victims = ["broker", "bridge", "log-writer", *SWARMS, "influx"]
        while time.monotonic() < until:
            time.sleep(self.random.uniform(0.2, 3))  # the trouble's own rhythm, not a wait for anything
            victim = self.random.choice(victims)
            if self.random.random() < 0.25:
                self.pause(victim, self.random.uniform(0.2, 4))
                continue
            kills += 1
            if victim == "influx":
                os.kill(self.influx.pid, signal.SIGKILL)
            else:
                self.kill(victim)
            time.sleep(self.random.choice((0, 0, 0.5, 5)))
            self.again(victim)
            if self.random.random() < 0.3:
                self.cli("send", "--all", "hostname", timeout=120)
        return kills

    def pause(self, victim, seconds):
        pid = self.influx.pid if victim == "influx" else self.processes[victim].pid
        os.kill(pid, signal.SIGSTOP)
        time.sleep(seconds)
        os.kill(pid, signal.SIGCONT)

    # --- counting ----------------------------------------------------------------------------------------------------

    def read_ledgers(self):
        """(made, acknowledged): sets of (agent, spool, number); and how often each command ran on each device."""
        made, acknowledged, ran = set(), set(), collections.Counter()
        for name in SWARMS:
            with open(self.ledger(name)) as file:
                for line in file:
                    kind, agent, first, *rest = line.split()
                    if kind == "sample":
                        made.add((agent, first, int(rest[0])))
                    elif kind == "acked":
                        acknowledged.add((agent, first, int(rest[0])))
                    else:
                        ran[agent, first] += 1
        heads = {}
        for agent, spool, head in acknowledged:
            heads[agent, spool] = max(heads.get((agent, spool), 0), head)
        return made, {one for one in made if one[2] <= heads.get(one[:2], 0)}, ran

    def in_the_log(self):
        """What the log has: sample → how often, gaps, spools the broker heard of."""
        samples, gaps, heard = collections.Counter(), [], set()
        sequences = []
        for line in self.log_lines():
            if "seq" not in line:
                continue
            sequences.append(line["seq"])
            content = line["content"]
            if line["type"] == "METRICS":
                for point in content["points"]:
                    if point["measurement"] == "swarm":
                        samples[line["agent"], point["fields"]["spool"], point["fields"]["seq"]] += 1
            elif line["type"] == "GAP" and content["stream"] == "metrics":
                gaps.append((content["spool"], content["first"], content["last"]))
            elif line["type"] == "HELLO":
                heard.add(content.get("spool"))
        return samples, gaps, heard, sequences

    def in_influx(self):
        rows = self.influx.query('SELECT "agent"::tag, "seq", "spool" FROM "swarm"')
        return collections.Counter((row["agent"], row["spool"], row["seq"]) for row in rows)

    def count(self, kills, seed):
        head = self.head()
        wait_for("the log to have everything", lambda: self.log_lines()[-1].get("seq", 0) >= head, 300)
        logged, gaps, heard, sequences = self.in_the_log()
        wait_for("InfluxDB to have everything", lambda: len(self.in_influx()) >= len(logged), 300)
        stored = self.in_influx()
        made, acknowledged, ran = self.read_ledgers()

        def declared(one):
            return any(spool == one[1] and first <= one[2] and (last == 0 or one[2] <= last)
                       for spool, first, last in gaps)

        # Of a device that died before its first handshake nobody ever heard; its samples can't be declared.
        unheard = {one for one in made if one[1] not in heard}
        attempted = made - unheard
        lost = attempted - set(stored)
        undeclared = {one for one in lost if not declared(one)}
        doubled = sum(n - 1 for n in stored.values()) + sum(n - 1 for n in logged.values())
        broken = {
            "undeclared losses": sorted(undeclared)[:5],
            "acknowledged but not stored": sorted(acknowledged - set(stored))[:5],
            "in the log but not in InfluxDB, or the other way": sorted(set(stored) ^ set(logged))[:5],
            "stored but never made": sorted(set(stored) - made)[:5],
            "commands that ran twice": [one for one, times in ran.items() if times > 1][:5],
            "holes or repetitions in the log": [] if sequences == list(range(1, len(sequences) + 1)) else ["yes"],
        }
        for what, examples in broken.items():
            if examples:
                print(f"chaos: {what}: {examples}")
        if unheard:
            print(f"chaos: {len(unheard)} samples of devices that died before their first handshake are not counted")
        print(f"attempted={len(attempted)} acknowledged={len(acknowledged)} stored={len(stored)} duplicated={doubled} "
              f"declared_lost={len(lost) - len(undeclared)} undeclared_lost={len(undeclared)} kills={kills} seed={seed}",
              flush=True)
        return doubled == 0 and not any(broken.values()) and len(stored) > 0


def main():
    parser = argparse.ArgumentParser(prog="chaos", description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=2)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1_000_000))
    parser.add_argument("--devices", type=int, default=10, help="in each of two swarms")
    parser.add_argument("--interval", default="500ms", help="between two samples of a device")
    parser.add_argument("--keep", action="store_true", help="leave the folder with all logs and ledgers")
    options = parser.parse_args()
    print(f"chaos: seed {options.seed}, {options.minutes} minutes, 2 x {options.devices} devices", flush=True)
    chaos = Chaos()
    chaos.setUp()
    good = False
    try:
        kills = chaos.go(options.minutes, options.seed, options.devices, options.interval)
        good = chaos.count(kills, options.seed)
    finally:
        for process in chaos.processes.values():
            process.terminate()
        for process in chaos.processes.values():
            process.wait(15)
        if chaos.influx:
            chaos.influx.stop()
        if options.keep or not good:
            print(f"chaos: logs and ledgers are in {chaos.folder}")
        else:
            shutil.rmtree(chaos.folder, ignore_errors=True)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
