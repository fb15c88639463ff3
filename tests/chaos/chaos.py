"""Random trouble for every process, then an exact count: what was made, acknowledged, stored, doubled and declared lost.

Run by scripts/chaos, and for a short while by ctest. Two swarms of simulated devices write every sample into a ledger
before it is sent, those of swarm-b with their spools on a disk. Meanwhile broker, bridge, log writer, InfluxDB and the swarms are killed (SIGKILL), stopped cleanly and
frozen (SIGSTOP) at random, a proxy before InfluxDB stalls, resets, cuts and refuses what the bridge writes, and the disks of
swarm-b and of the broker are full for a while (as root, who can mount them).
"""
import argparse
import collections
import os
import random
import shutil
import signal
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "integration"))
from fault_proxy import FaultProxy  # noqa: E402
from harness import wait_for  # noqa: E402
from ledger_fleet import LedgerFleet  # noqa: E402

SWARMS = ("swarm-a", "swarm-b")
VICTIMS = ("broker", "bridge", "log-writer", *SWARMS, "influx")
FAULTS = (("stall",), ("half_open",), ("reset",), ("cut_request", 0), ("cut_request", 700), ("cut_answer", 0),
          ("cut_answer", 15), ("reset_answer", 0), ("reset_answer", 60), ("status", 500, "", ()),
          ("status", 503, "", ("Retry-After: 1",)), ("status", 429, "", ()), ("status", 401, "", ()),
          ("late_status", 500, "", ()), ("late_status", 502, "", ()))
# How long something stays away; mostly it is back at once, as systemd would have it.
AWAY_S = (0, 0, 0, 0.5, 2, 5)
SPOOLS = ("--spool-max", "1MiB", "--spool-spill-after", "1s")
BUSY_WEATHER = ("--restart-every", "60s", "--loss", "0.5")


class Chaos(LedgerFleet):
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
            spools = ("--spool-path", self.spools, *SPOOLS) if name == "swarm-b" else ()
            self.start_swarm(name, self.devices, self.interval, *self.weather, *spools)

    def start_bridge(self, port=None):
        super().start_bridge(self.proxy.port)

    def go(self, minutes, seed, devices, interval):
        """Trouble for so long; what was done to whom."""
        self.random = random.Random(seed)
        self.devices, self.interval, self.weather = devices, interval, BUSY_WEATHER
        self.spools = os.path.join(self.folder, "spools")
        os.mkdir(self.spools, 0o700)
        self.disks = []
        if os.geteuid() == 0:
            self.mount(self.spools, "8m")
            self.mount(self.state_dir, "128m")
            self.disks = [self.spools, self.state_dir]
        self.bridge_settings = {"PNCP_INFLUX_TIMEOUT": "2s"}  # what a stall costs
        self.start_influx()
        self.proxy = FaultProxy(self.influx.port)
        self.start_broker()
        self.enrol("nobody")  # learns the broker's ports, so that it comes back on the same ones
        for name in ("log-writer", "bridge", *SWARMS):
            self.again(name)
        wait_for("samples", lambda: self.head() > 100)
        done = self.trouble(time.monotonic() + minutes * 60)
        self.proxy.plan.clear()
        print("chaos: " + ", ".join(f"{count} {what}" for what, count in sorted(done.items())), flush=True)
        self.stop_swarms()
        # What a device could not deliver before it went is declared when it comes back, so all of them do, in good weather.
        self.weather = ()
        for name in SWARMS:
            self.again(name)
        self.stop_swarms()
        return done

    def stop_swarms(self):
        for name in SWARMS:
            self.wait_for_swarm(name)
        for name in SWARMS:
            if self.kill(name, signal.SIGTERM) != 0:
                raise AssertionError(name + " did not stop cleanly")

    # --- trouble -----------------------------------------------------------------------------------------------------

    def trouble(self, until):
        done = collections.Counter()
        while time.monotonic() < until:
            time.sleep(self.random.uniform(0.2, 3))  # the trouble's own rhythm, not a wait for anything
            victims = self.random.sample(VICTIMS, k=self.random.choice((1, 1, 1, 2, 3)))
            kinds = {"kills": 5, "clean stops": 1, "freezes": 2, "faults on the way": 3, "full disks": 2 if self.disks else 0}
            what = self.random.choices(list(kinds), list(kinds.values()))[0]
            if what == "kills":
                self.end(victims, signal.SIGKILL, done)
            elif what == "clean stops":
                self.end(victims, signal.SIGTERM, done)
            elif what == "freezes":
                self.freeze(victims, self.random.uniform(0.2, 4))
                done[what] += len(victims)
            elif what == "full disks":
                self.full_disk(self.random.choice(self.disks), self.random.uniform(0.5, 6))
                done[what] += 1
            else:
                faults = self.random.choices(FAULTS, k=self.random.randrange(1, 6))
                self.proxy.plan.extend(faults)
                done[what] += len(faults)
            if self.random.random() < 0.3:
                self.command(done)
        return done

    def command(self, done):
        """Some command for all, and nobody waits for how it ends."""
        self.processes[f"send-{done['commands']}"] = subprocess.Popen(
            [os.path.join(os.environ["PNCP_BIN_DIR"], "pncp-cli"), "--run-dir", self.run_dir, "send", "--all", "hostname"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        done["commands"] += 1
        for name in [name for name in self.processes if name.startswith("send-")]:
            if self.processes[name].poll() is not None:
                del self.processes[name]

    def end(self, victims, number, done):
        for victim in victims:
            if victim == "influx":
                how = "kill" if number == signal.SIGKILL else "stop"
                subprocess.run([self.influx.script, how, self.influx.folder], env=self.influx.env, check=True)
            else:
                code = self.kill(victim, number)
                if number == signal.SIGTERM and code != 0:
                    raise AssertionError(f"{victim} was asked to stop and ended with {code}")
        done["kills" if number == signal.SIGKILL else "clean stops"] += len(victims)
        time.sleep(self.random.choice(AWAY_S))
        for victim in victims:
            self.again(victim)

    def freeze(self, victims, seconds):
        pids = [self.influx.pid if victim == "influx" else self.processes[victim].pid for victim in victims]
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        time.sleep(seconds)
        for pid in pids:
            os.kill(pid, signal.SIGCONT)

    def full_disk(self, folder, seconds):
        """And one of those who write there may be killed meanwhile."""
        self.fill(folder)
        time.sleep(seconds / 2)
        victim = self.random.choice(("swarm-b", None) if folder == self.spools else ("bridge", "log-writer", None))
        if victim:
            self.kill(victim)
            self.again(victim)
        time.sleep(seconds / 2)
        self.free(folder)

    def finish(self):
        """Every process ends, even one that is frozen or deaf."""
        for process in self.processes.values():
            process.send_signal(signal.SIGCONT)
            process.terminate()
        for process in self.processes.values():
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        if getattr(self, "proxy", None):
            self.proxy.stop()
        if self.influx:
            self.influx.stop()
        for disk in getattr(self, "disks", ()):
            subprocess.run(["umount", "-l", disk], check=True)


def main():
    parser = argparse.ArgumentParser(prog="chaos", description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=2)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1_000_000))
    parser.add_argument("--devices", type=int, default=10, help="in each of two swarms")
    parser.add_argument("--interval", default="500ms", help="between two samples of a device")
    parser.add_argument("--keep", action="store_true", help="leave the folder with all logs and ledgers")
    options = parser.parse_args()
    print(f"chaos: seed {options.seed}, {options.minutes:g} minutes, 2 x {options.devices} devices", flush=True)
    chaos = Chaos()
    chaos.setUp()
    good = False
    try:
        done = chaos.go(options.minutes, options.seed, options.devices, options.interval)
        count = chaos.count()
        verified = chaos.cli("log", "verify", chaos.log_path)
        if verified.returncode != 0:
            count.broken["the chain of the log or its anchors"] = (verified.stdout + verified.stderr).splitlines()[:5]
        for what, examples in count.broken.items():
            print(f"chaos: BROKEN: {what}: {examples}")
        if count.unheard:
            print(f"chaos: {len(count.unheard)} samples of devices that died before their first handshake are not counted")
        print(count.line(done["kills"], options.seed), flush=True)
        good = not count.broken and len(count.stored) > 0
    finally:
        chaos.finish()
        if options.keep or not good:
            print(f"chaos: logs and ledgers are in {chaos.folder}")
        else:
            shutil.rmtree(chaos.folder, ignore_errors=True)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
