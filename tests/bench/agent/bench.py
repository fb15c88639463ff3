"""One agent with everything on (CURVE, HMAC, spool, all standard readings) beside what else one would run.

All run side by side: each works some hundred microseconds an interval, so they don't meet, and what disturbs one
disturbs all. A round is a window of --seconds. collectd reads the same with its plugins and sends it over UDP, unsigned
and in the clear; the psutil loop does so too; the floor reads six files of /proc and sends 1 kB by an unsigned DEALER.
The default intervals of groups hold: `processes`, every 5 min, is taken before the windows and is none of collectd's
either. node_exporter, with its default collectors, is scraped once an interval by this process. Memory counts as on a machine where nobody else uses these libraries: each gets copies of its own.

A1 CPU; with the broker gone. A2 RSS, private dirty and PSS beside a bare DEALER. A3 no write to disk, no growth: an
agent at 0.1 s runs all the time, one sample of it standing for one of 10 s.
"""
import http.client
import os
import shutil
import socket
import sys
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "lib")]

import machine  # noqa: E402
import report  # noqa: E402
from fleet import Broker  # noqa: E402
from harness import BIN_DIR  # noqa: E402
from processes import Stage  # noqa: E402

STEEP_MS = 100
A_DAY = 8640  # samples, at 10 s
COLLECTD = """
Hostname "bench"
FQDNLookup false
Interval {interval}
BaseDir "{folder}"
PIDFile "{folder}/collectd.pid"
TypesDB "/usr/share/collectd/types.db"
{threads}
{plugins}
LoadPlugin network
<Plugin network>
  Server "127.0.0.1" "{port}"
</Plugin>
"""
PLUGINS = "cpu cpufreq contextswitch load memory swap df disk interface uptime users thermal".split()
ONE_THREAD = "ReadThreads 1\nWriteThreads 1\n"


def unused_port():
    """Nobody listens there."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def swallow():
    """A socket that takes datagrams and drops those that don't fit."""
    one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    one.bind(("127.0.0.1", 0))
    return one, one.getsockname()[1]


class Scraper(threading.Thread):
    """Reads an exporter's page every `interval` seconds, as Prometheus does, until told to stop."""

    def __init__(self, port, interval):
        super().__init__(daemon=True)
        self.port, self.interval, self.told, self.pages = port, interval, threading.Event(), 0
        self.start()

    def run(self):
        while not self.told.wait(self.interval):
            try:
                page = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
                page.request("GET", "/metrics")
                self.pages += len(page.getresponse().read()) > 1000
                page.close()
            except OSError:  # it is still starting, or has ended
                pass


class Beside:
    """All that are compared, at one interval."""

    def __init__(self, stage, broker, forward_at, interval):
        self.stage, self.interval, self.pids = stage, interval, {}
        self.datagrams, port = swallow()
        agent = os.path.join(BIN_DIR, "pncp-agent")
        self.agent("agent", broker, agent, f"{interval}s", [])
        gone = f"tcp://127.0.0.1:{unused_port()}"
        self.agent("gone", broker, agent, f"{interval}s", ["--broker-agents", gone])
        floor = os.path.join(BIN_DIR, "bench-floor")
        libraries = stage.own_libraries(f"floor-{interval}", floor)
        self.pids["floor"] = stage.start("floor", floor, forward_at, interval * 1000, env=libraries).pid
        libraries = stage.own_libraries(f"bare-{interval}", floor)
        self.pids["bare"] = stage.start("bare", floor, forward_at, 0, env=libraries).pid
        self.pids["psutil"] = stage.start("psutil", sys.executable, os.path.join(HERE, "psutil_loop.py"), port,
                                          interval).pid
        if shutil.which("collectd"):
            self.collectd("collectd", port, "")
            self.collectd("collectd1", port, ONE_THREAD)
        exporter, self.scraper = shutil.which("prometheus-node-exporter"), None
        if exporter:
            port = unused_port()
            self.pids["exporter"] = stage.start("exporter", exporter, f"--web.listen-address=127.0.0.1:{port}").pid
            self.scraper = Scraper(port, interval)

    def agent(self, name, broker, program, interval, words):
        key = broker.enrol(f"{name}-{self.interval}")
        libraries = self.stage.own_libraries(f"{name}-{self.interval}", program)
        self.pids[name] = self.stage.start(name, program, "--key-file", key, "--metrics-interval", interval, *words,
                                           env=libraries).pid

    def collectd(self, name, port, threads):
        folder = self.stage.path(f"{name}-{self.interval}")
        os.mkdir(folder)
        plugins = "\n".join(f"LoadPlugin {plugin}" for plugin in PLUGINS)
        with open(os.path.join(folder, "collectd.conf"), "w") as file:
            file.write(COLLECTD.format(interval=self.interval, folder=folder, port=port, threads=threads,
                                       plugins=plugins))
        self.pids[name] = self.stage.start(name, shutil.which("collectd"), "-f", "-C",
                                           os.path.join(folder, "collectd.conf")).pid

    def window(self, seconds):
        """(CPU seconds, wake-ups) of each."""
        before = {name: (machine.cpu_s(pid), machine.wake_ups(pid)) for name, pid in self.pids.items()}
        time.sleep(seconds)
        after = {name: (machine.cpu_s(pid), machine.wake_ups(pid)) for name, pid in self.pids.items()}
        return {name: tuple(b - a for a, b in zip(before[name], after[name])) for name in self.pids}


def measure(stage, broker, forward_at, interval, arguments, shown, look):
    """`look()` is called after each window."""
    seconds = max(arguments.seconds, 2 * interval)
    beside = Beside(stage, broker, forward_at, interval)
    time.sleep(arguments.warm_up)
    every, milliseconds = f"{interval} s", f"ms/{seconds:g}s"
    cpu = {name: report.Case("agent", f"A1 CPU at {every}, {text}", 1, milliseconds, target)
           for name, text, target in (("collectd", "collectd", 0.5), ("collectd1", "collectd with one thread", None),
                                      ("psutil", "psutil", 0.6), ("exporter", "node_exporter", 0.1),
                                      ("floor", "the floor", None))}
    gone = report.Case("agent", f"A1 CPU at {every}, broker gone / there", 1, milliseconds, 1.2)
    wakes = report.Case("agent", f"wake-ups a sample at {every}, floor", 1, "times")
    written = report.Case("agent", f"A3 written to disk at {every}", 1, "bytes", 0)
    disk = machine.disk_bytes_written(beside.pids["agent"])
    for _ in range(arguments.rounds):
        seen = beside.window(seconds)
        look()
        for name, case in cpu.items():
            if name in seen:
                case.add(seen[name][0] * 1000, seen["agent"][0] * 1000)
        gone.add(seen["agent"][0] * 1000, seen["gone"][0] * 1000)
        samples = seconds / interval
        wakes.add(seen["floor"][1] / samples, seen["agent"][1] / samples)
    written.add(0, machine.disk_bytes_written(beside.pids["agent"]) - disk)
    shown.show(*(case for name, case in cpu.items() if name in beside.pids), gone, wakes, written)
    if beside.scraper:
        beside.scraper.told.set()
        shown.note(f"node_exporter: {beside.scraper.pages} pages read")
    if interval == arguments.interval[0]:
        memory(beside, shown)
    for name in beside.pids:
        shown.note(f"{name}: {machine.threads(beside.pids[name])} threads, "
                   f"RSS {machine.memory_kib(beside.pids[name])['Rss']:,} KiB")
    # The next interval must not share the machine with this one.
    for process in list(stage.processes):
        if process.pid in beside.pids.values():
            stage.end(process)


def memory(beside, shown):
    agent, bare = (machine.memory_kib(beside.pids[name]) for name in ("agent", "bare"))
    shown.show(report.Case("agent", "A2 RSS, bound of 8 MiB", 1, "KiB", 1).add(8192, agent["Rss"]),
               report.Case("agent", "A2 private dirty, bound of 1.25 MiB", 1, "KiB", 1)
               .add(1280, agent["Private_Dirty"]),
               report.Case("agent", "A2 PSS, a bare DEALER", 1, "KiB", 1.5).add(bare["Pss"], agent["Pss"]))


def main():
    parser = report.parser("agent", __doc__, 3)
    parser.add_argument("--seconds", type=float, default=60, metavar="S", help="of each window (default 60)")
    parser.add_argument("--warm-up", type=float, default=60, metavar="S", help="before the first (default 60)")
    parser.add_argument("--interval", type=int, action="append", metavar="S", help="of samples (default 10 and 1)")
    arguments = parser.parse_args()
    arguments.interval = arguments.interval or [10, 1]
    machine.before_others()
    shown = report.Report(arguments)
    with Stage() as stage:
        broker = Broker(stage)
        forward = stage.start("forward", "bench-forward", "tcp://127.0.0.1:*", "ipc://" + stage.path("feed"),
                              talks=True)
        forward_at = forward.line().split()[0]
        steep = stage.start("steep", "pncp-agent", "--key-file", broker.enrol("steep"), "--metrics-interval",
                            f"{STEEP_MS}ms")
        broker.wait_online(1)
        looks = []
        for interval in arguments.interval:
            measure(stage, broker, forward_at, interval, arguments, shown,
                    lambda: looks.append((time.monotonic(), machine.heap_kib(steep.pid))))
        # By the middle of the run all that is kept has been reached.
        half, end = looks[len(looks) // 2], looks[-1]
        samples = round((end[0] - half[0]) * 1000 / STEEP_MS)
        if samples > 0:  # of one look alone nothing can be said
            shown.show(report.Case("agent", f"A3 anonymous memory, {samples / A_DAY:.2f} days' samples on", samples, "KiB",
                                   1.02).add(half[1], end[1]))
        if not shutil.which("collectd"):
            shown.note("collectd is not installed, so it was not measured: apt install collectd-core")
        if not shutil.which("prometheus-node-exporter"):
            shown.note("prometheus-node-exporter could not be had, so it was not measured")


if __name__ == "__main__":
    main()
