"""The whole pipeline, counted exactly: what three agents made is in the journal, in InfluxDB and in pncp_log.txt once each,
though the bridge, the log writer and the broker are killed with SIGKILL on the way.
"""
import json
import unittest

from harness import Fleet, wait_for

NAMES = ("pi-1", "pi-2", "pi-3")


class Pipeline(Fleet):
    def test_a_command_is_found_in_the_cli_in_the_log_and_in_influxdb(self):
        self.start_influx()
        self.start_broker()
        self.start_log_writer()
        self.start_bridge()
        self.start_agents(*NAMES)

        sent = self.cli_ok("send", "--all", "-o", "json", "lslogs")
        job = json.loads(sent)
        self.assertEqual(job["counts"]["ok"], 3, sent)
        outputs = {row["agent"]: row["stdout"] for row in job["results"]}
        self.assertEqual(sorted(outputs), list(NAMES))
        for text in outputs.values():
            self.assertTrue(text.strip())

        def stored():
            rows = self.influx.query('SELECT "agent"::tag, "output" FROM "lslogs"')
            return len(rows) >= 3 and {row["agent"]: row["output"] for row in rows}

        self.assertEqual(wait_for("lslogs in InfluxDB", stored), outputs)

        def logged():
            found = {line["agent"]: line["content"] for line in self.log_lines()
                     if line.get("type") == "RESULT" and line["content"]["name"] == "lslogs"}
            return len(found) == 3 and found

        for agent, content in wait_for("lslogs in the log", logged).items():
            self.assertTrue(outputs[agent].endswith(content["out"]), "the RESULT row holds the tail of the output")
        # The three queries of the original.
        wait_for("metrics", lambda: self.influx.query('SELECT "output" FROM "metrics" WHERE time > now() - 1h'))
        status = self.influx.query('SELECT "status" FROM "agent_status" WHERE "agent" = \'pi-1\' ORDER BY time DESC LIMIT 50')
        self.assertEqual(status[0]["status"], "connected")
        sample = json.loads(self.influx.query('SELECT "output" FROM "metrics" LIMIT 1')[0]["output"])
        for key in ("cpu_percent", "memory", "load_avg", "disk", "net"):
            self.assertIn(key, sample)

    def test_sigkill_of_bridge_log_writer_and_broker_loses_and_doubles_nothing(self):
        self.start_influx()
        self.start_broker()
        self.start_log_writer()
        self.start_bridge()
        self.start_agents(*NAMES, interval="200ms")
        wait_for("points", lambda: self.count_points() > 10)
        for name, again in (("bridge", self.start_bridge), ("log-writer", self.start_log_writer)):
            self.kill(name)
            before = self.head()
            wait_for("events that " + name + " misses", lambda: self.head() > before + 20)
            again()
        self.kill("broker")
        self.start_broker()
        self.wait_online(*NAMES)
        after = self.head()
        wait_for("events after the broker's restart", lambda: self.head() > after + 20)
        # A clean goodbye: every sample that was made is acknowledged, or the agent says that it is not.
        for name in NAMES:
            self.assertEqual(self.kill(name, 15), 0)
        self.compare_exactly()

    def count_points(self):
        rows = self.influx.query('SELECT count("output") FROM "metrics"')
        return rows[0]["count"] if rows else 0

    def compare_exactly(self):
        head = self.head_at_rest()
        wait_for("the log to reach the head", lambda: self.log_lines()[-1].get("seq", 0) >= head)
        events = [line for line in self.log_lines() if "seq" in line]
        sequences = [line["seq"] for line in events]
        self.assertEqual(sequences, list(range(1, len(sequences) + 1)), "every event once, in order")
        metrics = {(line["agent"], line["time"]) for line in events if line["type"] == "METRICS"}
        made = sum(line["type"] == "METRICS" for line in events)
        self.assertEqual(len(metrics), made, "no two samples of an agent share their time")
        wait_for(f"{made} samples in InfluxDB", lambda: self.count_points() >= made)
        rows = self.influx.query('SELECT "agent"::tag, "output" FROM "metrics"')
        self.assertEqual(len(rows), made)
        logged = sorted((line["agent"], point[2]["output"]) for line in events if line["type"] == "METRICS"
                        for point in self.points(line) if point[0] == "metrics")
        self.assertEqual(sorted((row["agent"], row["output"]) for row in rows), logged)
        gaps = [line for line in events if line["type"] == "GAP"]
        self.assertEqual(gaps, [], "nothing was lost, so nothing is declared")

    @staticmethod
    def points(line):
        """(measurement, tags, fields) of a METRICS line."""
        return [(point["measurement"], point["tags"], point["fields"]) if isinstance(point, dict) else point
                for point in line["content"]["points"]]

    def head_at_rest(self):
        """The journal's head once nothing is added any more but what asking for it adds."""
        heads = []

        def still():
            heads.append(self.head())
            # Each CLI call opens a session, which is two events.
            return len(heads) > 3 and heads[-1] - heads[-3] <= 4 and heads[-1]

        return wait_for("the journal to come to rest", still)


if __name__ == "__main__":
    unittest.main()
