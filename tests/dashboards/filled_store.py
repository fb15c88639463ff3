"""An InfluxDB filled by a real run: a broker, a real agent, commands, the bridge and the log writer; and one more device, a
Raspberry Pi in trouble, whose points have every name and type that METRICS.md promises, dated over the last hour.
"""
import os
import random
import re
import time

import msgpack

import wire
from harness import SOURCE_DIR

SAMPLES = 50
SPACING_S = 66
POINTS_A_ROW = 12

# What is wrong with it; everything else gets a number of its type.
TROUBLE = {("temp", "temp"): 84.5, ("disk", "used_percent"): 96.5, ("pi_throttled", "throttled"): True,
           ("pi_throttled", "under_voltage"): True}
# Values of tags; each combination is a series.
TAGS = {"cpu": ["cpu0", "cpu1", "cpu-total"], "path": ["/", "/boot"], "sensor": ["cpu-thermal"], "interface": ["wlan0"],
        "name": ["mmcblk0"], "resource": ["cpu"], "type": ["some"]}


def promised():
    """measurement → (tag names, {field: type}) of the first table of METRICS.md, but for `metrics`."""
    found = {}
    with open(os.path.join(SOURCE_DIR, "agent", "sampler", "METRICS.md")) as file:
        for measurement, name, kind in re.findall(r"^\| `(\w+)` \| `(\w+)` \| (\w+) \|", file.read(), flags=re.M):
            tags, fields = found.setdefault(measurement, ([], {}))
            if kind == "tag":
                tags.append(name)
            else:
                fields[name] = kind
    found.pop("metrics")
    return found


class TroubledPi:
    def __init__(self, key_file):
        self.key, self.random = wire.PeerKey.of_file(key_file), random.Random(1)
        self.boot, self.rows, self.agent = os.urandom(8).hex(), 0, None
        self.begin()

    def begin(self):
        """A session with a new spool: what was not acknowledged in the former is lost, and said so by the broker."""
        if self.agent:
            self.agent.close()
        self.spool, self.rows, self.boot_ms = os.urandom(16), 0, 0
        self.agent = wire.Agent(self.key)
        self.agent.begin(spool=self.spool, boot_id=self.boot, heads={"metrics": 0, "results": 0},
                         wall_us=time.time_ns() // 1000)

    def value(self, measurement, field, kind, number):
        if (measurement, field) in TROUBLE:
            return TROUBLE[measurement, field]
        counted = number * 1000 + 1  # counters must rise, and everything may
        return {"int": counted, "float": counted % 97 + self.random.random(), "bool": False, "string": "text"}[kind]

    def points(self, number):
        for measurement, (tags, fields) in promised().items():
            sets = [{}]
            for tag in tags:
                sets = [{**one, tag: value} for one in sets for value in TAGS.get(tag, ["mmcblk0p2"])]
            for tags_set in sets:
                yield [measurement, tags_set, {field: self.value(measurement, field, kind, number)
                                               for field, kind in fields.items()}]

    def send_an_hour(self):
        now_us = time.time_ns() // 1000
        for number in range(SAMPLES):
            at_us = now_us - (SAMPLES - 1 - number) * SPACING_S * 1_000_000
            points = list(self.points(number))
            for first in range(0, len(points), POINTS_A_ROW):
                self._send(points[first:first + POINTS_A_ROW], at_us + first)

    def _send(self, points, wall_us):
        self.rows += 1
        self.boot_ms += 1
        row = [1, self.rows, 1, self.boot_ms, wall_us, True, msgpack.packb({"points": points})]
        self.agent.socket.send(self.agent.session.frame("BATCH", {
            "spool": self.spool, "boot_id": self.boot, "sent_boot_ms": self.boot_ms,
            "after": {"metrics": self.rows - 1, "results": 0}, "rows": [row]}))
        while True:
            frame = wire.receive(self.agent.socket)
            assert frame is not None, "no ACK"
            frame = self.agent.session.take(frame)
            if frame.type == "ACK" and frame.payload["heads"]["metrics"] >= self.rows:
                return

    def close(self):
        self.agent.close()
