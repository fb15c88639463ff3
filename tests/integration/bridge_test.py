"""The Influx bridge against a real InfluxDB behind a proxy that breaks things: what a device made is stored exactly once,
with its values, whatever happens on the way; and the bridge says what it waits for.
"""
import json
import os
import random
import signal
import statistics
import time
import unittest

from bridge_fleet import KIB_PER_MIB, BridgeFleet
from harness import wait_for

SEED = int(os.environ.get("PNCP_TEST_SEED", "1"))
ROUNDS = int(os.environ.get("PNCP_TEST_ROUNDS", "20"))
DISK_FULL = '{"error":"engine: error writing WAL entry: write /x/wal: no space left on device"}\n'


class Faults(BridgeFleet):
    """What goes wrong between bridge and store."""

    def test_each_fault_on_the_way_loses_and_doubles_nothing(self):
        self.set_up()
        self.device.make(10)
        self.compare_exactly()
        faults = [("stall",), ("half_open",), ("reset",)]
        faults += [("cut_request", count) for count in (0, 1, 700)]
        faults += [(how, count) for how in ("cut_answer", "reset_answer") for count in (0, 1, 15, 26, 60)]
        faults += [("late_status", code, "broken on the way back", ()) for code in (500, 502)]
        for fault in faults:
            with self.subTest(fault=fault):
                seen = len(self.proxy.writes)
                self.proxy.plan.append(fault)
                self.device.make(20)
                wait_for("the fault to strike", lambda: fault[0] in [one.fault for one in self.proxy.writes[seen:]])
                wait_for("the points", lambda: self.count_stored() >= self.device.made)
        self.compare_exactly()
        self.assertEqual(self.state_file("dead"), "", "no point is to blame for a broken connection")

    def test_bad_statuses_hold_everything_and_are_said_with_what_to_do(self):
        self.set_up()
        said = {
            (401, '{"error":"authorization failed"}'): "influx.password",
            (403, '{"error":"user has no right to write"}'): "influx.password",
            (404, "404 page not found"): "influx.port",
            (302, ""): "influx.tls",
            (429, ""): "pause",
            (500, '{"error":"retention policy not found: \\"week\\""}'): "retention policy",
            (500, DISK_FULL): "ALARM",
            (500, '{"error":"timeout"}'): "can't store points",
            (503, ""): "too busy",
            (400, '{"error":"database is required"}'): "refuses the request itself",
        }
        for (status, text), words in said.items():
            with self.subTest(status=status, text=text):
                self.device.make(5)
                wait_for("points", lambda: self.count_stored() >= self.device.made)
                self.proxy.always = ("status", status, text, ())
                head = self.head()
                self.device.make(5)
                self.said(f"(answer {status}", words)
                # The cursor is never beyond what the store took, and nobody is told to wait no longer.
                self.assertLess(self.cursor(), head + 5)
                self.proxy.always = None
        self.compare_exactly()
        self.assertEqual(self.state_file("dead"), "")
        wait_for("the end of each trouble to be said", lambda: self.log_of("bridge").count("takes points again") == len(said))

    def test_a_store_that_asks_for_a_pause_gets_it(self):
        self.set_up()
        self.proxy.plan.append(("status", 503, "", ("Retry-After: 3",)))
        self.device.make(3)
        self.compare_exactly()
        writes = self.proxy.writes
        busy = next(i for i, write in enumerate(writes) if write.status == 503)
        self.assertGreater(writes[busy + 1].at_s - writes[busy].at_s, 2.9)

    def test_sigkill_of_bridge_and_influxd_among_faults_loses_and_doubles_nothing(self):
        self.set_up(PNCP_INFLUX_BATCH_LINES="50")
        chance = random.Random(SEED)
        kills = 0
        faults = [("reset",), ("cut_request", 300), ("cut_answer", 0), ("reset_answer", 10), ("status", 503, "", ()),
                  ("late_status", 500, "", ()), None]
        for _ in range(ROUNDS):
            self.proxy.plan.extend(chance.choices(faults, k=2))
            seen = len(self.proxy.writes)
            self.device.make(chance.randrange(250, 600))  # five batches at least
            some = seen + chance.randrange(4)
            wait_for("some writes", lambda: len(self.proxy.writes) >= some)
            victim = chance.choice(("bridge", "influxd", "both"))
            if victim != "influxd":
                self.kill("bridge")
            if victim != "bridge":
                self.end_influxd()
                self.influx.start()
            if victim != "influxd":
                self.start_bridge()
            kills += 1 + (victim == "both")
        self.compare_exactly()
        self.assertEqual(self.state_file("dead"), "")
        print(f"attempted={self.device.made} stored={self.count_stored()} kills={kills} writes={len(self.proxy.writes)} seed={SEED}")

    def test_influxdb_away_costs_no_memory_and_nothing_is_lost(self):
        self.set_up(PNCP_INFLUX_BATCH_LINES="500")
        self.device.make(200)
        self.compare_exactly()
        head = self.head()
        wait_for("the cursor", lambda: self.cursor() >= head)
        self.end_influxd("stop")
        self.device.make(2_000)
        self.said("can't be reached")
        before = self.bridge_kib()
        self.device.make(40_000)
        grown = self.bridge_kib() - before
        self.assertLess(grown, 16 * KIB_PER_MIB, "the journal keeps them, not the bridge")
        self.assertLess(self.cursor(), head + 100, "nothing was stored, so the cursor stands before all of it")
        self.influx.start()
        self.compare_exactly()
        print(f"away: bridge {before} KiB, {grown:+} KiB after 40,000 samples more")

    def test_influxdb_with_a_full_disk_is_an_alarm_until_it_is_restarted(self):
        disk = os.path.join(self.folder, "disk")
        os.mkdir(disk)
        self.mount(disk, "8m")
        self.influx_folder = os.path.join(disk, "influx")
        self.set_up()
        self.start_log_writer()
        self.device.make(100)
        self.compare_exactly()
        self.fill(disk)
        self.device.make(4_000)
        self.said("error", "ALARM", "restart influxd")
        self.free(disk)
        seen = len(self.proxy.writes)
        wait_for("refusals although there is room", lambda: [write.status for write in self.proxy.writes[seen:]][:2] == [500, 500])
        cursor = self.cursor()
        self.end_influxd("stop")
        self.influx.start()
        self.compare_exactly()
        head = self.head()
        wait_for("the log to have all of it", lambda: (self.log_lines() or [{}])[-1].get("seq", 0) >= head)
        logged = [point["fields"]["n"] for line in self.log_lines() if line.get("type") == "METRICS"
                  for point in line["content"]["points"] if point["measurement"] == "made"]
        self.assertEqual(logged, list(range(self.device.made)), "the log, in order")
        self.assertLess(cursor, 4_000, "what showed in queries but was refused was not taken for stored")
        self.assertEqual(self.state_file("dead"), "")


class Refusals(BridgeFleet):
    """Points and databases that the store does not take."""

    def test_bad_points_go_to_the_dead_letter_file_with_the_reason_and_the_rest_is_stored(self):
        self.set_up()
        self.device.make(50)
        self.compare_exactly()
        # `n` is an integer for ever; the words of the others look like those of a request that is wrong as a whole.
        good = [[self.device.point(50 + i)] for i in range(100)]
        bad = {7: ["made", {}, {"n": 1.5}], 8: ["made", {}, {"n": "gzip: database is required"}], 93: ["made", {}, {"n": True}]}
        self.device.send([[bad[i]] if i in bad else sample for i, sample in enumerate(good)])
        missing = {50 + i for i in bad}
        wait_for("the good points", lambda: self.count_stored() >= 147)
        self.assertEqual({row["n"] for row in self.stored()}, set(range(150)) - missing)
        dead = wait_for("dead letters", lambda: self.state_file("dead"))
        lines = [line for line in dead.splitlines() if not line.startswith("#")]
        self.assertEqual(sorted(line.split(" ", 1)[1].rsplit(" ", 1)[0] for line in lines),
                         ['n="gzip: database is required"', "n=1.5", "n=true"])
        reasons = [line for line in dead.splitlines() if line.startswith("#")]
        self.assertTrue(all("field type conflict" in line for line in reasons), reasons)
        self.said("dead-letter", "3")
        head = self.head()
        wait_for("the cursor to go on", lambda: self.cursor() >= head - 4)

    def test_a_body_that_is_too_large_is_halved(self):
        self.set_up()
        self.proxy.always = lambda body: ("status", 413, "", ()) if len(body) > 4_000 else None
        self.device.make(1_000)
        self.compare_exactly()
        self.assertIn(413, {write.status for write in self.proxy.writes})
        self.assertEqual(self.state_file("dead"), "")

    def test_a_missing_database_is_made_when_allowed_and_waited_for_when_not(self):
        self.set_up(PNCP_INFLUX_CREATE_DATABASE="false")
        self.device.make(5)
        self.said("lacks the database", "influx.create_database")
        self.assertNotIn("created", self.log_of("bridge"))
        self.kill("bridge", signal.SIGTERM)
        self.start_bridge(PNCP_INFLUX_CREATE_DATABASE="true", PNCP_INFLUX_RETENTION_POLICY="week")
        self.said('created database "pncp"')
        self.said('lacks the retention policy "week"')
        self.assertEqual(self.count_stored(), 0)
        self.make_policy("week")
        self.compare_exactly_in("week")

    def make_policy(self, name):
        self.influx.query(f'CREATE RETENTION POLICY "{name}" ON "pncp" DURATION 7d REPLICATION 1 DEFAULT')

    def compare_exactly_in(self, policy):
        wait_for("points", lambda: self.count_stored() >= self.device.made)
        self.assertEqual(len(self.stored(f'{policy}"."made')), self.device.made)
        self.compare_exactly()


class Points(BridgeFleet):
    def test_agents_tags_are_on_their_points_and_the_same_after_sigkill(self):
        self.set_up(tags=["site=lab one", "rack=3"])
        other = self.new_device("dev-2")
        self.device.make(10)
        other.make(3)
        wait_for("points", lambda: self.count_stored() >= 13)
        # Killed before it has saved a cursor, with another HELLO behind what it writes again.
        self.device.tags = ["site=roof"]
        self.device.connect()
        self.device.make(10)
        wait_for("points", lambda: self.count_stored() >= 23)
        for _ in range(3):
            self.kill("bridge")
            self.start_bridge()
            self.device.make(5)
            wait_for("points", lambda: self.count_stored() >= 13 + self.device.made - 10)
        rows = self.influx.query('SELECT "n", "agent"::tag, "site"::tag, "rack"::tag FROM "made"')
        own = sorted(((row["n"], row["site"], row["rack"]) for row in rows if row["agent"] == "dev-1"), key=lambda row: row[0])
        self.assertEqual(own, [(n, "lab one", "3") for n in range(10)] + [(n, "roof", None) for n in range(10, self.device.made)])
        self.assertEqual([(row["site"], row["rack"]) for row in rows if row["agent"] == "dev-2"], [(None, None)] * 3)
        status = self.influx.query('SELECT "status", "site"::tag FROM "agent_status" WHERE "agent" = \'dev-1\' LIMIT 1')
        self.assertEqual(status[0]["site"], "lab one")

    def test_from_feed_to_stored_takes_less_than_a_second_at_low_rates(self):
        self.quick = {}  # as it comes
        self.set_up()
        sent = {}
        for number in range(60):
            sent[number] = time.monotonic()
            self.device.make(1)
            time.sleep(0.05)  # the low rate itself
        self.compare_exactly()
        took = []
        for write in self.proxy.writes:
            if write.status == 204:
                took += [write.at_s - sent[number] for number in sent if f"n={number}i".encode() in write.body]
        self.assertEqual(len(took), len(sent))
        print(json.dumps({"sent to stored, s": {"median": round(statistics.median(took), 3), "longest": round(max(took), 3)}}))
        self.assertLess(statistics.median(took), 1.0)


if __name__ == "__main__":
    unittest.main()
