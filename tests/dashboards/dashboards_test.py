"""Every query of every panel and variable, and a public set of Telegraf's, against a real InfluxDB filled by a real run: each
must return rows with a value in every column. The recipe that keeps a year is applied, and the dashboards shown from it.
"""
import glob
import json
import os
import re
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, os.path.join(os.environ["PNCP_SOURCE_DIR"], "tests", "integration"))

from filled_store import TroubledPi  # noqa: E402
from harness import SOURCE_DIR, Fleet, wait_for  # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))
FOLDER = os.path.join(SOURCE_DIR, "scripts", "dashboards")
# Those of Grafana's units that the dashboards use; an unknown one would be printed as a suffix.
UNITS = {"none", "short", "percent", "bytes", "Bps", "pps", "dBm", "celsius", "hertz", "volt", "s", "d", "dtdurations", "ops",
         "rowsps"}
VARIABLE = re.compile(r"\$(?:\{(\w+)[^}]*\}|(\w+))")
GRAFANAS_OWN = {"timeFilter", "__interval", "tag_agent", "col", "__data", "__url_time_range", "__to"}


def boards():
    found = {}
    for path in sorted(glob.glob(FOLDER + "/grafana/dashboards/*.json")):
        with open(path) as file:
            found[os.path.basename(path)] = json.load(file)
    return found


def panels(board):
    return [panel for panel in board["panels"] if panel["type"] != "row"]


def substituted(text, **values):
    """As Grafana would send it; every query looks back an hour, a minute a point unless said otherwise."""
    values = {"agent": "pi-hot", "rp": "autogen", "hot": "70", "full": "90", "command": "lslogs", "host": "pi-hot",
              "timeFilter": "time > now() - 65m", "__interval": "1m", "__to": str(time.time_ns() // 1_000_000), **values}
    return VARIABLE.sub(lambda match: values[match[1] or match[2]], text)


class Files(unittest.TestCase):
    def test_the_generator_makes_what_is_there(self):
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run([FOLDER + "/generate", folder], check=True, env=dict(os.environ, PYTHONDONTWRITEBYTECODE="1"))
            for name, board in boards().items():
                with open(os.path.join(folder, name)) as file:
                    self.assertEqual(json.load(file), board, name + ": run scripts/dashboards/generate")

    def test_ids_are_fixed_and_unique_and_no_datasource_is_named(self):
        self.assertEqual({name: board["uid"] for name, board in boards().items()},
                         {"device.json": "pncp-device", "fleet.json": "pncp-fleet", "pncp.json": "pncp-itself"})
        for name, board in boards().items():
            self.assertNotIn("id", board, "Grafana gives that")
            ids = [panel["id"] for panel in board["panels"]]
            self.assertEqual(len(set(ids)), len(ids), name)
            sources = [each["datasource"] for panel in panels(board) for each in [panel, *panel["targets"]]]
            sources += [each["datasource"] for each in board["templating"]["list"] if "datasource" in each]
            for source in sources:
                self.assertEqual(source, {"type": "influxdb", "uid": "${datasource}"})

    def test_every_panel_has_a_unit_a_place_of_its_own_and_known_variables(self):
        for name, board in boards().items():
            taken = set()
            for panel in board["panels"]:
                place = panel["gridPos"]
                cells = {(x, y) for x in range(place["x"], place["x"] + place["w"]) for y in range(place["y"], place["y"] + place["h"])}
                self.assertFalse(cells & taken, (name, panel["title"]))
                self.assertLessEqual(place["x"] + place["w"], 24)
                taken |= cells
            known = {each["name"] for each in board["templating"]["list"]} | GRAFANAS_OWN
            for panel in panels(board):
                self.assertIn(panel["fieldConfig"]["defaults"]["unit"], UNITS, panel["title"])
                for target in panel["targets"]:
                    for braced, plain in VARIABLE.findall(target["query"]):
                        self.assertIn(braced or plain, known, panel["title"])

    def test_links_lead_to_dashboards_that_are_there(self):
        uids = {board["uid"] for board in boards().values()}
        for name, board in boards().items():
            linked = re.findall(r'"/d/([\w-]+)', json.dumps(board))
            self.assertTrue(linked, name)
            self.assertLessEqual(set(linked), uids)

    def test_the_provisioned_data_source_is_the_default_one(self):
        with open(FOLDER + "/grafana/provisioning/datasources/pncp.yaml") as file:
            text = file.read()
        self.assertIn("uid: pncp-influxdb\n", text)
        self.assertNotIn("version: Flux", text)
        for board in boards().values():
            source = next(each for each in board["templating"]["list"] if each["type"] == "datasource")
            self.assertEqual(source["current"]["value"], "pncp-influxdb")

    def test_the_three_queries_of_the_original_are_there(self):
        queries = [substituted(target["query"], agent="pi-1") for panel in panels(boards()["device.json"])
                   for target in panel["targets"]]
        for query in ('SELECT "output" FROM "metrics" WHERE time > now() - 1h',
                      'SELECT "status" FROM "agent_status" WHERE "agent" = \'pi-1\' ORDER BY time DESC LIMIT 50',
                      'SELECT "output" FROM "lslogs"'):
            self.assertIn(query, queries)


class Queries(Fleet):
    def start_broker(self):
        """With its own numbers, which the harness switches off."""
        start = self.start

        def with_numbers(name, program, *arguments, **more):
            return start(name, program, *("500ms" if each == "0s" else each for each in arguments), **more)

        self.start = with_numbers
        super().start_broker()
        self.start = start

    def fill(self):
        self.start_influx()
        self.start_broker()
        self.start_log_writer()
        self.start_bridge()
        self.start_agents("pi-hot-not", interval="500ms")
        self.start("swarm", "pncp-swarm", "-n", "2", "--interval", "300ms", "--run-dir", self.run_dir, "--keys-dir",
                   os.path.join(self.folder, "swarm-keys"))
        pi = TroubledPi(self.enrol("pi-hot"))
        self.addCleanup(pi.close)
        pi.begin()  # a second session with another spool: a gap, as after a power cut
        pi.send_an_hour()
        for command in ("lslogs", "uptime"):
            self.cli_ok("send", "--to", "pi-hot-not", command)
        # The broker's own numbers twice after the last of all that, so that rates can be told.
        head = self.head()
        wait_for("the broker's numbers", lambda: self.newest("journal_head") >= head and self.count("gaps_of_reason") > 1)
        seen = self.count("journal_head")
        wait_for("more of them", lambda: self.count("journal_head") > seen + 4)
        wait_for("the device's last sample", lambda: len(self.influx.query('SELECT "uptime" FROM "system" WHERE "agent" = \'pi-hot\'')) == 50)

    def newest(self, field):
        rows = self.influx.query(f'SELECT last("{field}") AS "v" FROM "pncp"')
        return rows[0]["v"] if rows else -1

    def count(self, field):
        rows = self.influx.query(f'SELECT count("{field}") AS "v" FROM "pncp"')
        return rows[0]["v"] if rows else 0

    def check(self, title, text):
        rows = self.influx.query(text)
        self.assertTrue(rows, f"{title} has no rows: {text}")
        for column in set(rows[0]) - {"consumer"}:  # a gap is an agent's or a consumer's
            self.assertTrue(any(row[column] is not None for row in rows), f"{title} has no {column}: {text}")

    def values_of(self, name, panel):
        """What the variables stand for in this panel."""
        if name == "fleet.json":
            return {"agent": ".*"}
        if name == "pncp.json":
            return {"__interval": "1s"}
        # Outputs are those of the real agent.
        return {"agent": "pi-hot-not"} if panel["title"].startswith("Output of $") else {}

    def check_boards(self):
        for name, board in boards().items():
            for panel in panels(board):
                for target in panel["targets"]:
                    self.check(f"{name}: {panel['title']}", substituted(target["query"], **self.values_of(name, panel)))
            for variable in board["templating"]["list"]:
                if variable["type"] == "query":
                    rows = self.influx.query(variable["query"])
                    self.assertLessEqual({"pi-hot", "pi-hot-not"}, {row["value"] for row in rows})

    def check_simulated(self):
        """pncp-swarm fills the boards as devices do; but for outputs, as nobody has sent it a command."""
        for panel in panels(boards()["device.json"]):
            for target in panel["targets"]:
                if not panel["title"].startswith("Output of"):
                    self.check("swarm: " + panel["title"], substituted(target["query"], agent="swarm-1", __interval="1s"))

    def check_long_connected(self):
        """Who has been connected since before what is shown is shown as connected."""
        later = {"timeFilter": "time > now() - 1ms", "agent": "pi-hot-not"}
        for name, title in (("device.json", "Agent"), ("fleet.json", "Connections"), ("fleet.json", "Devices")):
            panel = next(each for each in panels(boards()[name]) if each["title"] == title)
            rows = self.influx.query(substituted(panel["targets"][0]["query"], **later))
            self.assertEqual(rows[-1].get("status", rows[-1].get("Status")), "connected", title)

    def check_telegraf(self):
        with open(os.path.join(HERE, "telegraf.iql")) as file:
            for line in file:
                if not line.startswith("#"):
                    self.check("Telegraf", substituted(line.strip()))

    def check_troubles(self):
        """The counts are of devices: one of two is in trouble, and with higher limits none is."""
        for title in ("Hot", "Throttled or under-voltage", "Low disk"):
            panel = next(each for each in panels(boards()["fleet.json"]) if each["title"] == title)
            for target in panel["targets"]:
                self.assertEqual(self.influx.query(substituted(target["query"], hot="84", full="96"))[0]["count"], 1, title)
                if "$" in target["query"]:
                    self.assertEqual(self.influx.query(substituted(target["query"], hot="200", full="200")), [], title)

    def retention(self, *words):
        return subprocess.run([FOLDER + "/retention", "--url", f"http://127.0.0.1:{self.influx.port}", *words],
                              capture_output=True, text=True)

    def check_year(self):
        self.assertEqual(self.retention("backfill", "1d").returncode, 1, "there is nothing to fill from yet")
        for _ in range(2):  # twice is as once
            applied = self.retention("apply")
            self.assertEqual(applied.returncode, 0, applied.stderr)
        policies = {row["name"]: row["duration"] for row in self.influx.query('SHOW RETENTION POLICIES ON "pncp"')}
        self.assertEqual(policies, {"autogen": "720h0m0s", "year": "8784h0m0s"})
        filled = self.retention("backfill", "1d")
        self.assertEqual(filled.returncode, 0, filled.stderr)
        for line in filled.stdout.splitlines():
            self.assertRegex(line, r"^year_\w+: [1-9][0-9]* points$")
        for name, board in boards().items():
            for panel in panels(board):
                for target in panel["targets"]:
                    if "$rp" in target["query"]:
                        values = {**self.values_of(name, panel), "rp": "year", "__interval": "10m"}
                        self.check(f"{name}: {panel['title']} of the year", substituted(target["query"], **values))
        self.assertEqual(self.retention("nonsense").returncode, 2)
        self.assertEqual(self.retention("remove").returncode, 0)
        self.assertEqual(self.retention("backfill", "1d").returncode, 1)

    def test_every_query_returns_rows(self):
        self.fill()
        self.check_boards()
        self.check_simulated()
        self.check_long_connected()
        self.check_telegraf()
        self.check_troubles()
        self.check_year()


if __name__ == "__main__":
    unittest.main()
