"""What tests of the Influx bridge share: a device whose samples are counted, a store behind a proxy that breaks things, and
the exact comparison of the two.
"""
import os
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request

import msgpack

import wire
from fault_proxy import FaultProxy
from harness import SOURCE_DIR, Fleet, Influx, wait_for
from lacking import lacking

SCRIPT = os.path.join(SOURCE_DIR, "scripts", "influxdb")
ROWS_PER_BATCH = 200
KIB_PER_MIB = 1024


class Device:
    """An agent that makes numbered samples: number n is the point `made` with n=n, half=n/2, odd and text."""

    def __init__(self, key_file, tags=()):
        self.key, self.tags = wire.PeerKey.of_file(key_file), list(tags)
        self.spool, self.boot = os.urandom(16), os.urandom(8).hex()
        self.made = self.acknowledged = self.rows = 0
        self.agent = None
        self.connect()

    def connect(self):
        if self.agent:
            self.agent.close()
        self.agent = wire.Agent(self.key)
        self.agent.begin(spool=self.spool, boot_id=self.boot, tags=self.tags,
                         heads={"metrics": self.rows, "results": 0}, wall_us=self.wall_us())

    @staticmethod
    def wall_us():
        return time.time_ns() // 1000

    def point(self, number):
        return ["made", {}, {"n": number, "half": number / 2, "odd": number % 2 == 1, "text": f"nr {number}\n"}]

    def make(self, count):
        for _ in range(0, count, ROWS_PER_BATCH):
            part = min(count, ROWS_PER_BATCH)
            self.send([[self.point(self.made + i)] for i in range(part)])
            self.made += part
            count -= part

    def send(self, samples):
        """One batch of samples, each a list of points; returns when the broker has them for good."""
        rows = []
        for points in samples:
            self.rows += 1
            body = msgpack.packb({"points": points})
            # Distinct instants: two samples of one microsecond could share their point time.
            rows.append([1, self.rows, 1, self.rows, self.wall_us() + self.rows, True, body])
        self.agent.socket.send(self.agent.session.frame("BATCH", {
            "spool": self.spool, "boot_id": self.boot, "sent_boot_ms": self.rows,
            "after": {"metrics": self.acknowledged, "results": 0}, "rows": rows}))
        while self.acknowledged < self.rows:
            frame = wire.receive(self.agent.socket)
            assert frame is not None, "no ACK"
            frame = self.agent.session.take(frame)
            if frame.type == "ACK":
                self.acknowledged = frame.payload["heads"]["metrics"]

    def close(self):
        self.agent.close()


class BridgeFleet(Fleet):
    """A broker, a real InfluxDB behind a FaultProxy, a bridge that knows the proxy only, and a device."""

    # A stall costs this much of a test's time.
    influx_folder = None  # a folder of the test's own
    quick = {"PNCP_INFLUX_TIMEOUT": "1s", "PNCP_INFLUX_BATCH_AGE": "20ms"}

    def set_up(self, tls=None, tags=(), **settings):
        self.settings = settings
        self.start_influx()
        self.proxy = FaultProxy(self.influx.port, tls)
        self.addCleanup(self.proxy.stop)
        self.start_broker()
        self.start_bridge()
        self.device = self.new_device("dev-1", tags)

    def start_influx(self):
        if self.influx_folder:
            self.influx = Influx(self.influx_folder)
        else:
            super().start_influx()

    def new_device(self, name, tags=()):
        device = Device(self.enrol(name), tags)
        self.addCleanup(device.close)
        return device

    def start_bridge(self, **settings):
        self.settings.update(settings)
        return self.start("bridge", "pncp-influx-bridge", "--run-dir", self.run_dir, "--state-dir", self.state_dir, env={
            "PNCP_INFLUX_HOST": "127.0.0.1", "PNCP_INFLUX_PORT": str(self.proxy.port), **self.quick, **self.settings})

    def end_influxd(self, how="kill"):
        subprocess.run([SCRIPT, how, self.influx.folder], check=True)

    def state_file(self, name):
        try:
            with open(os.path.join(self.state_dir, "influx-bridge." + name), errors="replace") as file:
                return file.read()
        except FileNotFoundError:
            return ""

    def cursor(self):
        """How far the bridge's cursor file says the journal is stored."""
        lines = dict(line.split(" = ") for line in self.state_file("cursor").splitlines() if " = " in line)
        return int(lines.get("stored", 0))

    def stored(self, measurement="made", what='"n", "half", "odd", "text"'):
        try:
            return self.influx.query(f'SELECT {what} FROM "{measurement}"')
        except (urllib.error.URLError, OSError):  # being restarted
            return []

    def count_stored(self):
        rows = self.stored(what='count("n")')
        return rows[0]["count"] if rows else 0

    def said(self, *words):
        """Waits until the bridge has logged a line with all of them."""
        def found():
            return [line for line in self.log_of("bridge").splitlines() if all(word in line for word in words)]
        return wait_for(f"the bridge to say {words}", found)[-1]

    def compare_exactly(self):
        """Every sample made is stored once, with its values; a point more than made is one that was doubled."""
        made = self.device.made
        wait_for(f"{made} points in InfluxDB", lambda: self.count_stored() >= made)
        rows = sorted(self.stored(), key=lambda row: row["n"])
        self.assertEqual([row["n"] for row in rows], list(range(made)))
        for row in rows:
            number = row["n"]
            self.assertEqual((row["half"], row["odd"], row["text"]), (number / 2, number % 2 == 1, f"nr {number}\n"))

    def bridge_kib(self):
        with open(f"/proc/{self.processes['bridge'].pid}/status") as file:
            return next(int(line.split()[1]) for line in file if line.startswith("VmRSS"))


class Victoria:
    """Debian's victoria-metrics on a free loopback port."""

    def __init__(self, folder, port):
        cache = os.environ.get("PNCP_INFLUX_CACHE", os.path.join(SOURCE_DIR, "build", "influxdb"))
        fetched = subprocess.run([SCRIPT, "victoria", cache], capture_output=True, text=True)
        if fetched.returncode != 0:
            reason = "no victoria-metrics to be had: " + fetched.stderr.strip()
            lacking(reason)
        self.program, self.folder, self.port = fetched.stdout.strip(), folder, port

    def start(self, log):
        return subprocess.Popen(
            [self.program, f"-httpListenAddr=127.0.0.1:{self.port}", f"-storageDataPath={self.folder}", "-loggerLevel=WARN"],
            stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def get(self, path, **parameters):
        url = f"http://127.0.0.1:{self.port}{path}?" + urllib.parse.urlencode(parameters)
        with urllib.request.urlopen(url, timeout=10) as answer:
            return answer.read().decode()

    def is_up(self):
        try:
            return self.get("/health") == "OK"
        except OSError:
            return False
