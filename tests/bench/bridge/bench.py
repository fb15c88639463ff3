"""B1: samples that the broker has; how long until pncp-influx-bridge, just started, has stored the last one, beside
libcurl posting the same line protocol in the same batches over one kept connection to the same InfluxDB, with nothing
around. Then the same while the samples come in as fast as the broker takes them: there the agents and the broker have
the same cores as the store, so nothing is wanted of it. Every round has new samples of the same series, in a
database of its own on either side, and all are counted at its end.

The lines that libcurl posts are what the bridge itself sent to a store that only writes down, beforehand. A sample has
22 fields in seven lines, a batch at most 5,000 lines. The bridge's CPU is told per sample.
"""
import http.server
import json
import os
import sys
import threading
import time
import urllib.parse
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "lib")]

import machine  # noqa: E402
import report  # noqa: E402
from fleet import Broker  # noqa: E402
from harness import Influx, wait_for  # noqa: E402
from processes import START_S, Stage  # noqa: E402

AGENTS = 100
# Of a sample of the swarm's.
LINES = 7
# CPU a sample that the bridge may take, in microseconds.
CPU_US = 8


class Recorder(http.server.BaseHTTPRequestHandler):
    """A store that keeps the bodies."""

    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        path = urllib.parse.urlparse(self.path).path
        if path == "/write":
            self.server.bodies.append(body)
        answer = b"" if path == "/write" else b'{"results":[{"statement_id":0}]}'
        self.send_response(204 if path == "/write" else 200)
        self.send_header("X-Influxdb-Version", "1.6.7")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    do_GET = do_POST

    def log_message(self, *_):
        pass


class Store:
    """A real influxd."""

    def __init__(self, stage):
        self.influx = Influx(stage.path("influx"))
        self.at = f"127.0.0.1:{self.influx.port}"

    def ask(self, text, database=""):
        form = urllib.parse.urlencode({"q": text}).encode()
        urllib.request.urlopen(f"http://{self.at}/query?db={database}", form, timeout=60).read()

    def points(self):
        """Points that it has taken since it started, by its own count."""
        with urllib.request.urlopen(f"http://{self.at}/debug/vars", timeout=60) as answer:
            figures = json.load(answer)
        return sum(one["values"].get("pointsWrittenOK", 0) for name, one in figures.items()
                   if name.startswith("httpd"))

    def took(self, before, points, pid):
        """Waits until it has taken so many more than `before`: the seconds on the clock, and those of CPU that the
        process had used then. The bridge's cursor file would be no clock, it is written every other second; and asking
        takes the store's time, so it is asked about ten times, ever closer to the end."""
        begun = time.monotonic()
        pause = 0.1
        while True:
            time.sleep(pause)
            done, now = self.points() - before, time.monotonic()
            if done >= points:
                return now, machine.cpu_s(pid)
            if now - begun > START_S:
                raise SystemExit(f"{done} of {points} points were taken in {START_S} s")
            left = (now - begun) * (points - done) / done if done else 0.1
            pause = min(max(left / 2, 0.01), 1)

    def samples(self, database):
        rows = self.influx.query("SELECT count(seq) FROM swarm", database)
        return rows[0]["count"] if rows else 0


class Feed:
    """A broker, and agents that flood it on demand."""

    def __init__(self, stage, samples):
        self.stage, self.samples = stage, samples // AGENTS * AGENTS
        self.points = self.samples * LINES
        self.broker = Broker(stage, agents=AGENTS, journal_max_size="8GiB")
        self.senders = stage.start("batches", "bench-batches", self.broker.ports["agents"], self.broker.secret,
                                   "swarm-", AGENTS, samples, talks=True)

    def flood(self):
        self.senders.expect("ready")
        self.senders.ask()
        return int(self.senders.line().split()[0]) / 1e9

    def start_bridge(self, name, port, database, *words):
        folder = self.stage.path("bridge-" + name)
        os.makedirs(folder, 0o700, exist_ok=True)
        return Bridge(self, os.path.join(folder, "influx-bridge.cursor"), self.stage.start(
            "bridge-" + name, "pncp-influx-bridge", "--run-dir", self.broker.run_dir, "--state-dir", folder,
            "--influx-host", "127.0.0.1", "--influx-port", port, "--influx-database", database, *words))


class Bridge:
    """One that runs."""

    def __init__(self, feed, cursor, process):
        self.feed, self.cursor, self.process, self.pid = feed, cursor, process, process.pid

    def stored(self):
        """How far its cursor file says that the journal is stored."""
        try:
            with open(self.cursor) as file:
                return max(int(line.split(" = ")[1]) for line in file if line.startswith("stored"))
        except (FileNotFoundError, ValueError):
            return 0

    def catch_up(self):
        head = self.feed.broker.status("journal.head")
        wait_for("the bridge", lambda: self.stored() >= head, START_S)

    def end(self):
        self.feed.stage.end(self.process)


def record(feed, path, *words):
    """The bodies that the bridge posts for one flood; how many samples they hold."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Recorder)
    server.bodies = []
    threading.Thread(target=server.serve_forever, daemon=True).start()
    feed.flood()
    bridge = feed.start_bridge("record", server.server_address[1], "recorded", *words)
    bridge.catch_up()
    bridge.end()
    server.shutdown()
    with open(path, "wb") as file:
        for body in server.bodies:
            file.write(b"%d\n%s" % (len(body), body))
    return sum(body.count(b"\nswarm,") + body.startswith(b"swarm,") for body in server.bodies)


def post(stage, store, path, database, samples):
    """Samples a second."""
    store.ask(f'CREATE DATABASE "{database}"')
    poster = stage.start("post", "bench-post", store.at, database, path, talks=True)
    seconds = int(poster.line()) / 1e9
    poster.process.wait()
    stage.processes.remove(poster.process)
    if store.samples(database) != samples:
        raise SystemExit(f"{store.samples(database)} of {samples} posted samples are stored")
    return samples / seconds


def counted(feed, store, database):
    if store.samples(database) != feed.samples:
        raise SystemExit(f"{store.samples(database)} of {feed.samples} samples are stored")


def behind(feed, store, database, *words):
    """A bridge started when all is in the journal: (samples a second, CPU microseconds a sample, the same of the
    broker, peak RSS in KiB)"""
    store.ask(f'CREATE DATABASE "{database}"')
    feed.flood()
    before, broker, begun = store.points(), feed.broker.cpu_s(), time.monotonic()
    bridge = feed.start_bridge("real", store.influx.port, database, *words)
    ended, cpu = store.took(before, feed.points, bridge.pid)
    broker, memory = feed.broker.cpu_s() - broker, machine.memory_kib(bridge.pid)
    bridge.catch_up()
    bridge.end()
    counted(feed, store, database)
    return feed.samples / (ended - begun), cpu / feed.samples * 1e6, broker / feed.samples * 1e6, memory["VmHWM"]


def live(feed, store, database, *words):
    """A bridge that runs while the samples come in: samples a second."""
    store.ask(f'CREATE DATABASE "{database}"')
    bridge = feed.start_bridge("real", store.influx.port, database, *words)
    bridge.catch_up()
    before = store.points()
    begun = feed.flood()
    ended, _ = store.took(before, feed.points, bridge.pid)
    bridge.catch_up()
    bridge.end()
    counted(feed, store, database)
    return feed.samples / (ended - begun)


def main():
    parser = report.parser("bridge", __doc__, 5)
    parser.add_argument("--n", type=int, default=50_000, metavar="N", help="samples a round (default 50000)")
    parser.add_argument("--batch", type=int, default=5_000, metavar="LINES", help="(default 5000)")
    arguments = parser.parse_args()
    machine.before_others()
    shown = report.Report(arguments)
    # The last batch is not full, and would wait for company.
    words = ("--influx-batch-lines", arguments.batch, "--influx-batch-age", "50ms")
    with Stage() as stage:
        store = Store(stage)
        try:
            feed = Feed(stage, max(arguments.n, AGENTS))
            path = stage.path("bodies")
            samples = record(feed, path, *words)
            # What was recorded is stored too, so that the next one begins behind it.
            bridge = feed.start_bridge("real", store.influx.port, "pncp", *words)
            bridge.catch_up()
            bridge.end()
            text = f"batches of {arguments.batch} lines"
            rate = report.Case("bridge", f"B1 samples stored, libcurl, {text}", feed.samples, "1/s", 0.8,
                               at_least=True)
            cpu = report.Case("bridge", "B1 bridge's CPU a sample, bound of 8 us", feed.samples, "us", 1)
            flow = report.Case("bridge", "B1 stored while they come in, libcurl", feed.samples, "1/s")
            for number in range(arguments.rounds):
                theirs = post(stage, store, path, f"raw{number}", samples)
                mine = behind(feed, store, f"behind{number}", *words)
                rate.add(theirs, mine[0])
                cpu.add(CPU_US, mine[1])
                flow.add(theirs, live(feed, store, f"live{number}", *words))
            shown.show(rate, cpu, flow)
            shown.show(report.Case("bridge", "broker's CPU a sample that is fetched", feed.samples, "us").add(0, mine[2]),
                       report.Case("bridge", "peak RSS of the bridge", feed.samples, "MiB").add(0, mine[3] / 1024))
            shown.note("all samples of every round are stored")
        finally:
            store.influx.stop()


if __name__ == "__main__":
    main()
