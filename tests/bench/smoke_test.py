"""The instruments work: each benchmark runs at its smallest, and says what it should in the form it should. Times are
nobody's business here: the machine that runs tests does other things too."""
import json
import os
import subprocess
import sys
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "lib"), HERE]

import plot  # noqa: E402
import report  # noqa: E402

KEYS = ["benchmark", "case", "n", "reference", "pncp", "unit", "ratio", "target", "rounds"]
LIMIT_S = 120


class Smoke(unittest.TestCase):
    def run_bench(self, name, *words):
        """The cases, each checked for its form."""
        done = subprocess.run([sys.executable, os.path.join(HERE, name, "bench.py"), "--rounds", "1", "--json", *words],
                              capture_output=True, text=True, timeout=LIMIT_S, stdin=subprocess.DEVNULL)
        if "SkipTest" in done.stderr:
            self.skipTest(done.stderr.splitlines()[-1])
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        rows = [json.loads(line) for line in done.stdout.splitlines()]
        for row in rows:
            self.assertEqual(list(row), KEYS)
            self.assertEqual(row["benchmark"], name)
            self.assertGreaterEqual(row["rounds"], 1)
            for key in ("reference", "pncp"):
                self.assertGreaterEqual(row[key], 0, row)
        return rows

    def cases(self, rows):
        return [row["case"].split(",")[0] for row in rows]

    def test_command(self):
        self.assertEqual(self.cases(self.run_bench("command", "--n", "5")),
                         ["C2 whole CLI process", "C1 round", "C1 broker's CPU", "peak RSS of the broker"])

    def test_ingest(self):
        rows = self.run_bench("ingest", "--n", "200", "--agents", "4")
        self.assertEqual(self.cases(rows), 2 * ["I1 rate", "I1 broker's CPU a sample", "peak RSS of the broker"])
        self.assertEqual([row["n"] for row in rows], 6 * [200])

    def test_agent(self):
        rows = self.run_bench("agent", "--seconds", "2", "--warm-up", "1", "--interval", "1")
        found = self.cases(rows)
        for wanted in ("A1 CPU at 1 s", "A2 RSS", "A2 private dirty", "A2 PSS", "A3 written to disk at 1 s"):
            self.assertIn(wanted, found)

    def test_connect(self):
        self.assertEqual(self.cases(self.run_bench("connect", "--n", "5")), ["C3 all back", "broker's CPU for all of them", "peak RSS of the broker"])

    def test_bridge(self):
        rows = self.run_bench("bridge", "--n", "200")
        self.assertEqual(self.cases(rows), ["B1 samples stored", "B1 bridge's CPU a sample",
                                            "B1 stored while they come in", "broker's CPU a sample that is fetched",
                                            "peak RSS of the bridge"])

    def test_scale_and_its_picture(self):
        picture = os.path.join(os.environ.get("TMPDIR", "/tmp"), f"pncp-scale-{os.getpid()}.svg")
        self.addCleanup(lambda: os.path.exists(picture) and os.remove(picture))
        rows = self.run_bench("scale", "--n", "2", "--n", "5", "--svg", picture)
        self.assertEqual(len(rows), 4)
        with open(picture) as file:
            self.assertIn("</svg>", file.read())

    def test_a_ratio_is_the_median_of_the_rounds_ratios(self):
        case = report.Case("b", "c", 1, "ms", 2)
        for reference, pncp in ((1, 1), (10, 30), (2, 3)):
            case.add(reference, pncp)
        self.assertEqual(case.ratio(), 1.5)
        self.assertTrue(case.good())
        self.assertEqual(list(case.as_json()), KEYS)

    def test_beside_nothing_only_as_little_is_good(self):
        self.assertTrue(report.Case("b", "c", 1, "bytes", 0).add(0, 0).good())
        self.assertFalse(report.Case("b", "c", 1, "bytes", 0).add(0, 4096).good())
        self.assertIsNone(report.Case("b", "c", 1, "bytes").add(0, 0).good())

    def test_curves_of_one_decade_and_of_many_are_drawn(self):
        text = plot.svg("n", [plot.Panel("t", {"a": [(1, 2)], "b": [(10, 20), (10000, 0.5)]})])
        self.assertEqual(text.count("<circle"), 3)


if __name__ == "__main__":
    unittest.main()
