"""The Influx bridge and the stores it may meet: behind HTTPS, with users and passwords, and VictoriaMetrics instead."""
import base64
import json
import os
import shutil
import signal
import socket
import ssl
import subprocess
import unittest
import urllib.parse
import urllib.request

from bridge_fleet import BridgeFleet, Victoria
from fault_proxy import FaultProxy
from harness import wait_for
from lacking import lacking


class Https(BridgeFleet):
    def certificate(self, name):
        """A self-signed certificate for an address or name: (its file, a server's context)."""
        if not shutil.which("openssl"):
            lacking("openssl is not installed")
        made, key = (os.path.join(self.folder, f"{name}.{end}") for end in ("crt", "pem"))
        kind = "IP" if name[0].isdigit() else "DNS"
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
             "-subj", f"/CN={name}", "-addext", f"subjectAltName={kind}:{name}", "-keyout", key, "-out", made],
            check=True, capture_output=True)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(made, key)
        return made, context

    def test_https_is_spoken_with_whom_the_ca_file_names(self):
        ca_file, context = self.certificate("127.0.0.1")
        self.set_up(context, PNCP_INFLUX_TLS="true", PNCP_INFLUX_CA_FILE=ca_file, PNCP_INFLUX_GZIP="always")
        self.device.make(50)
        self.proxy.plan.extend([("cut_answer", 9), ("reset",)])
        self.device.make(50)
        self.compare_exactly()
        self.assertNotIn("certificate", self.log_of("bridge"))

    def test_an_unknown_certificate_holds_everything_until_checking_is_given_up_by_name(self):
        _, context = self.certificate("127.0.0.1")
        self.set_up(context, PNCP_INFLUX_TLS="true", PNCP_INFLUX_TOKEN="the-token-is-not-for-strangers")
        self.device.make(5)
        self.said("certificate", "influx.ca_file")
        self.assertEqual(self.proxy.writes, [], "not a byte goes to a stranger")
        # It may have passed what has no lines: that operators and the bridge itself came.
        self.assertLess(self.cursor(), self.head() - self.device.made, "no sample is passed")
        self.kill("bridge", signal.SIGTERM)
        self.start_bridge(PNCP_INFLUX_TLS_VERIFY="false")
        self.said("warning", "influx.tls_verify is false")
        self.compare_exactly()

    def test_a_certificate_of_another_name_is_not_believed(self):
        ca_file, context = self.certificate("store.example")
        self.set_up(context, PNCP_INFLUX_TLS="true", PNCP_INFLUX_CA_FILE=ca_file)
        self.device.make(5)
        self.said("certificate", "not trusted")
        self.assertEqual(self.proxy.writes, [])


class Credentials(BridgeFleet):
    def start_influx(self):
        os.environ["INFLUXDB_HTTP"] = "  auth-enabled = true"
        self.addCleanup(os.environ.pop, "INFLUXDB_HTTP", None)
        super().start_influx()
        self.as_admin("CREATE USER root WITH PASSWORD 'secret of root' WITH ALL PRIVILEGES")

    def as_admin(self, text):
        parameters = urllib.parse.urlencode({"db": "pncp", "q": text, "u": "root", "p": "secret of root"})
        url = f"http://127.0.0.1:{self.influx.port}/query?{parameters}"
        with urllib.request.urlopen(url, b"", timeout=10) as answer:
            return json.load(answer)["results"][0].get("series", [])

    def count_stored(self):
        series = self.as_admin('SELECT count("n") FROM "made"')
        return series[0]["values"][0][1] if series else 0

    def test_a_wrong_password_holds_a_user_without_rights_is_told_so_and_the_right_ones_store(self):
        self.set_up(PNCP_INFLUX_USER="pncp", PNCP_INFLUX_PASSWORD="wrong-password")
        self.device.make(7)
        self.said("(answer 401", "influx.password")
        self.as_admin("CREATE USER pncp WITH PASSWORD 'right-password'")
        self.kill("bridge", signal.SIGTERM)
        self.start_bridge(PNCP_INFLUX_PASSWORD="right-password")
        self.said("may not create it")
        self.as_admin("CREATE DATABASE pncp")
        self.said("(answer 403", "influx.password")
        self.as_admin("GRANT WRITE ON pncp TO pncp")
        wait_for("the points", lambda: self.count_stored() == 7)
        self.assertEqual(self.state_file("dead"), "")
        sent = base64.b64encode(b"pncp:right-password")
        self.assertIn(b"Authorization: Basic " + sent, self.proxy.writes[-1].headers)
        self.assert_secret("right-password")

    def test_a_token_is_sent_and_shown_nowhere(self):
        self.set_up(PNCP_INFLUX_TOKEN="token-that-is-secret")
        self.proxy.always = ("status", 401, '{"error":"no"}', ())
        self.device.make(1)
        self.said("(answer 401", "influx.token")
        self.assertIn(b"Authorization: Token token-that-is-secret\r\n", self.proxy.writes[-1].headers)
        self.assert_secret("token-that-is-secret")

    def assert_secret(self, secret):
        with open(f"/proc/{self.processes['bridge'].pid}/cmdline") as file:
            self.assertNotIn(secret, file.read())
        self.assertNotIn(secret, self.log_of("bridge"))


class VictoriaMetrics(BridgeFleet):
    def set_up_victoria(self):
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        self.victoria = Victoria(os.path.join(self.folder, "victoria"), port)
        with open(self.log_file("victoria"), "ab") as log:
            self.processes["victoria"] = self.victoria.start(log)
        wait_for("VictoriaMetrics", self.victoria.is_up)
        self.proxy = FaultProxy(port)
        self.addCleanup(self.proxy.stop)
        self.settings = {"PNCP_INFLUX_STRING_FIELDS": "false"}
        self.start_broker()
        self.start_log_writer()
        self.start_bridge()

    def series(self):
        """{(name, agent, other labels): sorted values}"""
        self.victoria.get("/internal/force_flush")
        found = {}
        for line in self.victoria.get("/api/v1/export", **{"match[]": '{agent!=""}'}).splitlines():
            one = json.loads(line)
            labels = {key: value for key, value in one["metric"].items() if key not in ("__name__", "agent", "host", "db")}
            found[one["metric"]["__name__"], one["metric"]["agent"], tuple(sorted(labels.items()))] = sorted(one["values"])
        return found

    def made(self):
        """The same of what the log says that the agents sent: every number of it."""
        made = {}
        for line in self.log_lines():
            if line.get("type") != "METRICS":
                continue
            for point in line["content"]["points"]:
                measurement, tags, fields = (point[key] for key in ("measurement", "tags", "fields"))
                for name, value in fields.items():
                    if measurement != "metrics" and not isinstance(value, str):
                        key = f"{measurement}_{name}", line["agent"], tuple(sorted(tags.items()))
                        made.setdefault(key, []).append(float(value))
        return {key: sorted(values) for key, values in made.items()}

    def test_every_numeric_field_arrives(self):
        self.set_up_victoria()
        self.device = self.new_device("dev-1", ["site=lab"])
        self.device.make(100)
        self.start_agents("pi-1")
        wait_for("samples of a real agent", lambda: sum(name == "cpu_usage_idle" for name, *_ in self.made()) and any(
            len(values) >= 3 for key, values in self.made().items() if key[1] == "pi-1"))
        self.assertEqual(self.kill("pi-1", signal.SIGTERM), 0)
        made = self.made()
        tagged = {key if key[1] == "pi-1" else (*key[:2], (("site", "lab"),)): values for key, values in made.items()}
        self.assertEqual(sorted(name for name, agent, _ in made if agent == "dev-1"), ["made_half", "made_n", "made_odd"])
        self.assertEqual(made["made_n", "dev-1", ()], [float(n) for n in range(100)])

        def arrived():
            stored = self.series()
            return stored if all(len(stored.get(key, ())) >= len(values) for key, values in tagged.items()) else None

        try:
            stored = wait_for("every numeric field in VictoriaMetrics", arrived, 20)
        except AssertionError:
            stored = self.series()
        for key, values in tagged.items():
            self.assertEqual(len(stored.get(key, ())), len(values), key)
            for one, other in zip(stored[key], values):
                self.assertAlmostEqual(one, other, delta=abs(other) * 1e-9)
        print(f"VictoriaMetrics: {len(tagged)} series, {sum(map(len, tagged.values()))} values, all there")


if __name__ == "__main__":
    unittest.main()
