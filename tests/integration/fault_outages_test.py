"""What must happen when something is full, away or wrong for long: the devices' ledgers against InfluxDB and pncp_log.txt,
exactly. Fast devices stand in for a long time. Which row of the fault table is shown where: see fault_processes_test.py.
"""
import os
import time
import unittest

from harness import BIN_DIR, wait_for
from ledger_fleet import LedgerFleet

DAY_S = 86_400


class FaultOutages(LedgerFleet):
    # --- disks -------------------------------------------------------------------------------------------------------

    def test_a_full_disk_of_the_broker_costs_nothing_but_time(self):
        self.mount(self.state_dir, "24m")
        self.start_all("--journal-max-size", "8MiB")
        self.start_swarm("dev")
        self.make("dev", 50)
        self.fill(self.state_dir)
        wait_for("the disk to be found full", lambda: self.status()["journal.disk_full"] == "yes")
        wait_for("metrics to be held back", lambda: self.number("batches.held_back") > 0)
        self.make("dev", 100)
        # Commands go on, out of the reserve.
        self.cli_ok("send", "--to", "dev-1", "hostname")
        self.free(self.state_dir)
        wait_for("room", lambda: self.status()["journal.disk_full"] == "no")
        self.stop_swarm("dev")
        self.lose_nothing()

    # --- InfluxDB ----------------------------------------------------------------------------------------------------

    def test_influxdb_away_within_the_journals_cap_loses_nothing_and_past_it_the_hole_is_exact(self):
        self.bridge_settings = {"PNCP_INFLUX_BATCH_LINES": "100"}
        self.start_all("--journal-max-size", "2MiB")
        self.start_swarm("dev", 10, "50ms")
        self.make("dev", 100)
        self.influx.stop()
        # More than the bridge takes in beforehand, less than the cap.
        self.make("dev", 600)
        wait_for("the bridge's trouble in the status", lambda: self.status().get("error.influx-bridge"))
        self.influx.start()
        self.stop_swarm("dev")
        self.lose_nothing()
        wait_for("the end of the trouble", lambda: self.status().get("error.influx-bridge") == "")

        self.influx.stop()
        self.start_swarm("more", 10, "50ms")
        wait_for("the cap", lambda: self.number("journal.deleted_unread") > 500)
        self.assertEqual(self.status()["journal.takes_metrics"], "yes")
        # Its sockets' queues hold some thousand events beyond what it has asked for; without them the cap shows earlier.
        self.kill("bridge")
        self.start_bridge()
        self.influx.start()
        self.make("more", 100)
        self.stop_swarm("more")
        count = self.compare_exactly()
        # The journal goes on deleting while the bridge catches up, so there may be more than one.
        self.assertGreaterEqual(len(count.bridge_holes), 1)
        self.assertGreater(len(count.lost), 0)
        self.assertEqual(count.lost, count.passed_over, "the store lacks what the hole says, and nothing else")
        self.assertEqual(count.logged, count.attempted, "the log writer, which was there, has them all")

    # --- the broker --------------------------------------------------------------------------------------------------

    def test_a_broker_away_for_longer_than_spools_last_gets_the_newest_and_an_exact_gap_for_the_rest(self):
        self.start_all()
        self.start_swarm("dev", 3, "10ms")
        self.wait_for_swarm("dev")
        self.kill("broker")
        self.make("dev", 2700)  # a spool of 512 KiB holds some 700
        self.start_broker()
        self.stop_swarm("dev")
        count = self.compare_exactly()
        self.assertGreater(len(count.declared_lost), 200)
        for *_, last, reason in self.book.gaps:
            self.assertNotEqual(last, 0, "each range has an end")
            self.assertIn("dropped by", reason)
        # The oldest went: what was made just before the broker came back is there.
        for agent in {one[0] for one in count.declared_lost}:
            lost = max(number for name, _, number in count.declared_lost if name == agent)
            newest = max(number for name, _, number in count.stored if name == agent)
            self.assertGreater(newest, lost + 100)

    # --- clocks ------------------------------------------------------------------------------------------------------

    def set_clock(self, whose, seconds):
        """Shifts the wall clock of who was started with `clock_of(whose)`."""
        path = os.path.join(self.folder, whose + ".clock")
        with open(path + ".next", "w") as file:
            file.write(str(seconds))
        os.rename(path + ".next", path)

    def clock_of(self, whose):
        return {"LD_PRELOAD": os.path.join(BIN_DIR, "libshifted_clock.so"),
                "SHIFTED_CLOCK_FILE": os.path.join(self.folder, whose + ".clock"),
                # Of a sanitizer's run-time library, which likes to be the first.
                "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"}

    def start(self, name, program, *arguments, env=None):
        if name == "broker" and getattr(self, "shift_broker", False):
            env = {**(env or {}), **self.clock_of("broker")}
        return super().start(name, program, *arguments, env=env)

    def test_clocks_that_jump_and_1970_change_neither_access_nor_durations_and_samples_are_dated_by_age(self):
        began_us = time.time_ns() // 1000
        self.shift_broker = True
        self.set_clock("broker", 0)
        self.start_all()
        self.start_swarm("unset", 3, "50ms", "--unset-clock")
        self.set_clock("jumping", 0)
        self.start_swarm("jumping", 3, "50ms", env=self.clock_of("jumping"))
        for name in ("unset", "jumping"):
            self.wait_for_swarm(name)
        for shift_s in (DAY_S, -int(time.time()), 20 * 365 * DAY_S, -500 * DAY_S, 0):
            self.set_clock("jumping", shift_s)
            self.make("jumping", 60)
        self.make("unset", 60)
        # Looked at before the broker's own clock is wrong, which is what the time of events is by.
        self.assertGreater(len(self.count().stored), 360)
        times = [row["time"] for row in self.influx.query('SELECT "seq" FROM "swarm"', epoch="u")]
        self.assertGreaterEqual(min(times), began_us, "nothing is of 1970")
        self.assertLessEqual(max(times), time.time_ns() // 1000, "nor of the future")

        for shift_s in (3600, -3600, DAY_S, 0):
            self.set_clock("broker", shift_s)
            self.make("unset", 60)
            job = self.cli_ok("send", "--to", "unset-1", "--timeout", "10s", "hostname")
            self.assertIn("unset-1", job)
        for name in ("unset", "jumping"):
            self.stop_swarm(name)
        self.lose_nothing()
        states = [line["content"]["connected"] for line in self.log_lines()
                  if line.get("type") == "STATUS" and line["agent"].startswith(("unset-", "jumping-"))]
        self.assertEqual(sorted(states), [False] * 6 + [True] * 6, "nobody's session ended by a clock")


if __name__ == "__main__":
    unittest.main()
