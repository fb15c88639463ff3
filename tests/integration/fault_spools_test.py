"""Devices whose spools are on a disk: their ledgers against InfluxDB and pncp_log.txt, exactly, when they are killed,
stopped, or have no room.

What a device wrote survives it; what it had only in memory is declared. The swarm has the agent's own disk code.
"""
import os
import signal
import unittest

from harness import wait_for
from ledger_fleet import LedgerFleet

SPILL = ("--spool-spill-after", "300ms")


class FaultSpools(LedgerFleet):
    def setUp(self):
        super().setUp()
        self.disk = os.path.join(self.folder, "spools")
        os.mkdir(self.disk, 0o700)

    def start_devices(self, *more, interval="50ms"):
        self.start_swarm("dev", 5, interval, "--spool-path", self.disk, *SPILL, *more)

    def on_disk(self):
        """Bytes of rows that the devices have written."""
        return sum(os.path.getsize(os.path.join(folder, name)) for folder, _, names in os.walk(self.disk)
                   for name in names if ".m0" in name)

    def without_a_broker(self):
        """The devices, whose broker goes away; the rows that were there before are acknowledged."""
        self.start_all()
        self.start_devices()
        self.wait_for_swarm("dev")
        self.make("dev", 50)
        self.kill("broker")

    def spools(self):
        return {spool for _, spool, _ in self.ledgers().made}

    def test_kill_9_loses_what_was_only_in_memory_and_declares_it(self):
        self.without_a_broker()
        self.make("dev", 300)
        wait_for("rows on the disk", lambda: self.on_disk() > 0)
        written, before = self.on_disk(), self.ledgers()
        wait_for("more rows on the disk", lambda: self.on_disk() > written)
        self.kill("dev")
        first = self.spools()
        # Killed once more before it has met the broker, so that there are two to be handed over, and one empty.
        self.start_devices()
        self.make("dev", 20)
        self.kill("dev")
        self.start_broker()
        self.start_devices()
        self.wait_for_swarm("dev")
        self.make("dev", 50)
        self.stop_swarm("dev")
        count = self.compare_exactly()
        self.assertEqual({reason for *_, reason in self.book.gaps}, {"spool lost"})
        # What was made without a broker and was on the disk before the kill is there all the same.
        saved = {one for one in count.stored if one[1] in first and one not in before.acknowledged}
        self.assertGreater(len(saved), 200)
        # A disk has a spool's beginning, so only its end can be lost.
        newest = {}
        for agent, spool, number in count.stored:
            newest[agent, spool] = max(newest.get((agent, spool), 0), number)
        for agent, spool, number in count.declared_lost:
            self.assertGreater(number, newest.get((agent, spool), 0))

    def test_a_clean_stop_without_a_broker_loses_nothing(self):
        self.without_a_broker()
        self.make("dev", 200)
        self.assertEqual(self.kill("dev", signal.SIGTERM), 0)
        self.start_broker()
        self.start_devices()
        self.wait_for_swarm("dev")
        self.stop_swarm("dev")
        self.lose_nothing()
        self.assertEqual(self.on_disk(), 0, "what was handed over is deleted")

    def test_a_full_disk_costs_nothing_that_fits_into_memory(self):
        self.mount(self.disk, "1m")
        self.without_a_broker()
        self.make("dev", 50)
        wait_for("rows on the disk", lambda: self.on_disk() > 0)
        self.fill(self.disk)
        self.make("dev", 300)
        self.free(self.disk)
        self.start_broker()
        self.wait_for_swarm("dev")
        self.stop_swarm("dev")
        self.lose_nothing()

    def test_a_full_disk_and_full_memory_drop_the_oldest_and_declare_them(self):
        self.mount(self.disk, "1m")
        self.start_all()
        self.start_devices("--spool-bytes", "128KiB", interval="10ms")
        self.wait_for_swarm("dev")
        self.kill("broker")
        self.make("dev", 50)
        wait_for("rows on the disk", lambda: self.on_disk() > 0)
        self.fill(self.disk)
        self.make("dev", 3000)
        self.start_broker()
        self.wait_for_swarm("dev")
        self.free(self.disk)
        self.stop_swarm("dev")
        count = self.compare_exactly()
        self.assertGreater(len(count.declared_lost), 0)
        self.assertNotIn("spool lost", {reason for *_, reason in self.book.gaps})


if __name__ == "__main__":
    unittest.main()
