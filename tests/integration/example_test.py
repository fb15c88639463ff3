"""The example subscriber does what the README says, on the feed of a real broker and on one with holes."""
import os
import subprocess
import unittest

import msgpack
import zmq

from harness import DEADLINE_S, SOURCE_DIR, Fleet

EXAMPLE = os.path.join(SOURCE_DIR, "scripts", "examples", "subscriber.py")


class Example(Fleet):
    def run_example(self, *arguments):
        return subprocess.run(["/usr/bin/python3", EXAMPLE, *arguments], stdin=subprocess.DEVNULL, capture_output=True,
                              text=True, timeout=DEADLINE_S)

    def test_it_shows_the_metrics_of_an_agent(self):
        self.start_broker()
        self.start_agents("pi-1")
        done = self.run_example(self.run_dir, "--count", "2")
        self.assertEqual(done.returncode, 0, done.stderr)
        samples = [line for line in done.stdout.splitlines() if line.startswith("pi-1 ")]
        self.assertEqual(len(samples), 2, done.stdout)
        self.assertIn("    metrics: output={", done.stdout)
        self.assertIn("    cpu,cpu=cpu-total: ", done.stdout)
        self.assertNotIn("hole", done.stdout)

    def test_it_says_what_is_missing(self):
        os.mkdir(self.run_dir)
        feed = zmq.Context.instance().socket(zmq.XPUB)
        self.addCleanup(feed.close, 0)
        feed.setsockopt(zmq.RCVTIMEO, int(DEADLINE_S * 1000))
        feed.bind(f"ipc://{self.run_dir}/feed.sock")
        example = subprocess.Popen(["/usr/bin/python3", EXAMPLE, self.run_dir, "--count", "4"], text=True,
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.addCleanup(example.communicate)
        self.addCleanup(example.kill)
        self.assertEqual(feed.recv(), b"\x01metrics/", "its subscription has arrived, so nothing is sent in vain")
        for number in (7, 8, 11, 1):
            body = msgpack.packb({"points": [["mem", {}, {"used": number}]]})
            event = msgpack.packb({"class_seq": number, "time_ns": 10**18, "agent": "pi-1", "body": body})
            feed.send_multipart([b"metrics/pi-1/", bytes(36) + event + bytes(32)])
        out, err = example.communicate(timeout=DEADLINE_S)
        self.assertEqual(example.returncode, 0, err)
        self.assertEqual([line for line in out.splitlines() if not line.startswith(("pi-1", "    "))], [
            "hole: 2 events of metrics/ did not arrive; the broker's journal has them (FETCH)",
            "the numbers begin anew: the broker has a new journal"])
        self.assertIn("    mem: used=11", out)

    def test_without_a_broker_it_says_so(self):
        done = self.run_example(self.run_dir)
        self.assertEqual(done.returncode, 1)
        self.assertIn("is pncp-broker running", done.stderr)


if __name__ == "__main__":
    unittest.main()
