"""An exact count: what simulated devices made, by their own ledger, against what is in pncp_log.txt and in InfluxDB.

pncp-swarm writes every sample into its ledger before it sends any of it, and each command that it runs. A sample is known
by (agent, spool, number) in all three places, so nothing is estimated: what is missing somewhere must be covered by a GAP.
"""
import collections
import json
import os
import re
import signal
import urllib.error

from harness import Fleet, wait_for

Hole = collections.namedtuple("Hole", "first last")


class Ledgers:
    """What the devices wrote down: samples made, samples known to be acknowledged, and how often each command ran."""

    def __init__(self, paths):
        self.made, self.ran, heads = set(), collections.Counter(), {}
        self.newest = {}  # agent → its last sample
        for path in paths:
            with open(path) as file:
                for line in file.read().split("\n")[:-1]:  # a line that SIGKILL cut is of nothing that was sent
                    kind, agent, first, *rest = line.split()
                    if kind == "sample":
                        self.newest[agent] = agent, first, int(rest[0])
                        self.made.add(self.newest[agent])
                    elif kind == "acked":
                        heads[agent, first] = max(heads.get((agent, first), 0), int(rest[0]))
                    else:
                        self.ran[agent, first] += 1
        self.acknowledged = {one for one in self.made if one[2] <= heads.get(one[:2], 0)}


class LogBook:
    """pncp_log.txt, read on from where it was read last time. Complete lines never change."""

    def __init__(self, path):
        self.path, self.at, self.head, self.repeated = path, 0, 0, []
        self.samples = collections.Counter()
        self.sequence = {}  # of each sample
        self.gaps = []  # (spool, first, last, reason) of metrics; last 0: nobody knows
        self.results = collections.Counter()  # (agent, command) → rows that end it
        self.outcomes = {}
        self.heard = set()  # spools that the broker heard of
        self.holes = []  # between two events of the journal
        self.declared_holes = []  # FEED_GAPs

    def read(self):
        if not os.path.exists(self.path):
            return self
        with open(self.path, "rb") as file:
            file.seek(self.at)
            text = file.read()
        whole = text.rfind(b"\n") + 1
        self.at += whole
        for line in text[:whole].splitlines():
            self.take(json.loads(line))
        return self

    def take(self, line):
        if line.get("type") == "FEED_GAP":
            self.declared_holes.append(Hole(line["content"]["first"], line["content"]["last"]))
        if "seq" not in line:
            return
        sequence, content = line["seq"], line["content"]
        if sequence <= self.head:
            self.repeated.append(sequence)
        elif sequence > self.head + 1:
            self.holes.append(Hole(self.head + 1, sequence - 1))
        self.head = max(self.head, sequence)
        kind, agent = line["type"], line["agent"]
        if kind == "METRICS":
            for point in content["points"]:
                if point["measurement"] == "swarm":
                    sample = agent, point["fields"]["spool"], point["fields"]["seq"]
                    self.samples[sample] += 1
                    self.sequence[sample] = sequence
        elif kind == "GAP" and content["stream"] == "metrics":
            self.gaps.append((content["spool"], content["first"], content["last"], content["reason"]))
        elif kind == "RESULT":
            self.results[agent, content["command"]] += 1
            self.outcomes[agent, content["command"]] = content["outcome"]
        elif kind == "HELLO":
            self.heard.add(content.get("spool"))


class Count:
    """The three compared. `broken` says which promise broke, with examples; empty when all was kept."""

    def __init__(self, ledgers, log, stored, bridge_holes):
        made, logged = ledgers.made, set(log.samples)
        # Of a device that died before its first handshake nobody ever heard; its samples can't be declared.
        self.unheard = {one for one in made if one[1] not in log.heard} if not log.holes else set()
        self.attempted = made - self.unheard
        self.stored, self.logged = set(stored), logged
        by_spool = collections.defaultdict(list)
        for spool, first, last, _ in log.gaps:
            by_spool[spool].append((first, last))

        def declared(one):
            return any(first <= one[2] and (last == 0 or one[2] <= last) for first, last in by_spool[one[1]])

        def passed_over(one):
            return any(hole.first <= log.sequence.get(one, 0) <= hole.last for hole in bridge_holes)

        kept = self.stored | logged
        # An acknowledgement covers everything up to a number, what was dropped and declared before it included.
        self.acknowledged = {one for one in ledgers.acknowledged if one in kept or not declared(one)}
        self.bridge_holes = bridge_holes
        self.passed_over = {one for one in logged if passed_over(one)}
        self.lost = self.attempted - self.stored
        lost_by_devices = {one for one in self.attempted - kept if declared(one)}
        self.undeclared = {one for one in self.lost - lost_by_devices if one not in self.passed_over}
        self.declared_lost = self.lost - self.undeclared
        self.declared_too_much = {one for one in kept if declared(one)}
        self.duplicated = sum(n - 1 for n in stored.values()) + sum(n - 1 for n in log.samples.values())
        not_logged = self.stored - logged
        broken = {
            "lost and not declared": self.undeclared,
            "acknowledged and nowhere": self.acknowledged - kept,
            "declared lost, and there": self.declared_too_much,
            "stored, but in no ledger": kept - made,
            "not in the log, which declares no hole": set() if log.declared_holes else not_logged,
            "in a hole of the bridge, and stored": self.stored & self.passed_over,
            "stored or logged twice": {one for counter in (stored, log.samples) for one, n in counter.items() if n > 1},
            "commands that ran twice": {one for one, times in ledgers.ran.items() if times > 1},
            "commands with two results": {one for one, times in log.results.items() if times > 1},
            "repeated in the log": set(log.repeated),
            "holes in the log that it does not declare, or declared and not there": set(log.holes) ^ set(log.declared_holes),
        }
        self.broken = {what: sorted(examples)[:5] for what, examples in broken.items() if examples}

    def line(self, kills, seed):
        return (f"attempted={len(self.attempted)} acknowledged={len(self.acknowledged)} stored={len(self.stored)} "
                f"duplicated={self.duplicated} declared_lost={len(self.declared_lost)} "
                f"undeclared_lost={len(self.undeclared)} kills={kills} seed={seed}")


class LedgerFleet(Fleet):
    """A fleet with swarms whose devices keep ledgers."""

    def setUp(self):
        super().setUp()
        self.swarms = {}  # name → how many devices
        self.book = None
        self.bridge_settings = {}

    # --- processes ---------------------------------------------------------------------------------------------------

    def start_all(self, *broker_arguments):
        self.start_influx()
        self.start_broker(*broker_arguments)
        self.enrol("nobody")  # learns the broker's ports, so that it comes back on the same ones
        self.start_log_writer()
        self.start_bridge()

    def start_broker(self, *more):
        if not more:
            return super().start_broker()
        ports = getattr(self, "ports", {})
        if not os.path.exists(os.path.join(self.state_dir, "secret")):
            self.cli_ok("key", "init", "--out", os.path.join(self.state_dir, "secret"))
        listen = [word for name in ("agents", "control", "feed")
                  for word in (f"--listen-{name}", ports.get(name, "tcp://127.0.0.1:*"))]
        self.start("broker", "pncp-broker", "--state-dir", self.state_dir, "--run-dir", self.run_dir,
                   "--public-host", "127.0.0.1", "--self-metrics-interval", "0s", *listen, *more)
        wait_for("the broker to answer", lambda: self.cli("agents").returncode == 0)

    def start_log_writer(self):
        super().start_log_writer()
        self.book = self.book or LogBook(self.log_path)

    def start_swarm(self, name, count=5, interval="100ms", *more, env=None):
        self.swarms[name] = count
        self.start(name, "pncp-swarm", "--readings", "short", "-n", str(count), "--prefix", name + "-", "--run-dir", self.run_dir, "--keys-dir",
                   os.path.join(self.folder, name + ".keys"), "--interval", interval, "--ledger", self.ledger(name), *more,
                   env=env)

    def start_bridge(self, port=None):
        self.start("bridge", "pncp-influx-bridge", "--run-dir", self.run_dir, "--state-dir", self.state_dir, env={
            "PNCP_INFLUX_HOST": "127.0.0.1", "PNCP_INFLUX_PORT": str(port or self.influx.port), **self.bridge_settings})

    def ledger(self, name):
        return os.path.join(self.folder, name + ".ledger")

    def ledgers(self):
        return Ledgers([self.ledger(name) for name in self.swarms if os.path.exists(self.ledger(name))])

    def wait_for_swarm(self, name):
        wait_for(name + " to be online", lambda: sum(row["state"] == "online" and row["name"].startswith(name + "-")
                                                     for row in self.agents()) == self.swarms[name])

    def stop_swarm(self, name):
        """A clean end, once what every device has made by now is acknowledged."""
        newest = set(Ledgers([self.ledger(name)]).newest.values())
        # A device that was held up tries again after a minute at the latest.
        wait_for(f"all of {name} to be acknowledged", lambda: newest <= Ledgers([self.ledger(name)]).acknowledged, 150)
        self.assertEqual(self.kill(name, signal.SIGTERM), 0, name + " stops cleanly")

    def make(self, name, count):
        """Waits until a swarm has made so many samples more."""
        def made():
            with open(self.ledger(name), "rb") as file:
                return len(re.findall(rb"^sample ", file.read(), re.M))
        before = made() if os.path.exists(self.ledger(name)) else 0
        wait_for(f"{count} samples of {name}", lambda: os.path.exists(self.ledger(name)) and made() >= before + count)

    # --- asking ------------------------------------------------------------------------------------------------------

    def status(self):
        return json.loads(self.cli_ok("status", "-o", "json"))["status"]

    def number(self, name):
        return int(self.status().get(name, 0))

    def count_in_influx(self):
        try:
            rows = self.influx.query('SELECT count("seq") FROM "swarm"')
        except (urllib.error.URLError, OSError):  # being restarted
            return 0
        return rows[0]["count"] if rows else 0

    def in_influx(self):
        rows = self.influx.query('SELECT "agent"::tag, "seq", "spool" FROM "swarm"')
        return collections.Counter((row["agent"], row["spool"], row["seq"]) for row in rows)

    def bridge_holes(self):
        """What the bridge could not have any more, as stored in InfluxDB."""
        rows = self.influx.query('SELECT "first", "last", "reason" FROM "pncp" WHERE "consumer" != \'\' AND "kind" = \'gap\'')
        return [Hole(row["first"], row["last"]) for row in rows]

    def settle(self, seconds=300):
        """Waits until the log and InfluxDB have all that the journal held for them when this was called."""
        head = self.head()
        wait_for("the log to have everything", lambda: self.book.read().head >= head, seconds)
        wait_for("the bridge to have passed it", lambda: self.number("cursor.influx-bridge") >= head, seconds)
        holes = self.bridge_holes()
        expected = sum(not any(hole.first <= at <= hole.last for hole in holes) for at in self.book.sequence.values())
        wait_for(f"{expected} samples in InfluxDB", lambda: self.count_in_influx() >= expected, seconds)

    def count(self):
        self.settle()
        return Count(self.ledgers(), self.book.read(), self.in_influx(), self.bridge_holes())

    def compare_exactly(self):
        """The count, when every promise was kept."""
        count = self.count()
        self.assertEqual(count.broken, {}, f"GAPs: {self.book.gaps[:20]}")
        self.assertGreater(len(count.stored), 0)
        print(f"{self.id().split('.')[-1]}: attempted={len(count.attempted)} stored={len(count.stored)} "
              f"duplicated={count.duplicated} declared_lost={len(count.declared_lost)} "
              f"undeclared_lost={len(count.undeclared)} declared_and_there={len(count.declared_too_much)}", flush=True)
        return count

    def lose_nothing(self):
        count = self.compare_exactly()
        self.assertEqual(count.attempted, count.stored)
        self.assertEqual(self.book.gaps, [])
        self.assertEqual(self.bridge_holes(), [])
        return count

    # --- trouble -----------------------------------------------------------------------------------------------------

    def stop_process(self, name):
        """SIGSTOP, and it does stop."""
        os.kill(self.processes[name].pid, signal.SIGSTOP)

    def go_on(self, name):
        os.kill(self.processes[name].pid, signal.SIGCONT)
