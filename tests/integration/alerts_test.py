"""Alerts with real processes: a sample and an absence raise them, their command runs, the webhook gets each of them
whatever happens to it or to the receiver, and a restart of the broker raises none anew."""
import http.server
import json
import os
import signal
import threading
import unittest

import harness
from harness import wait_for

RULES = """
[[alert]]
name = "used"
when = "mem.used_percent > 0"
send = ["uptime"]

[[alert]]
name = "gone"
when = "offline > 2s"
"""


class Receiver(http.server.ThreadingHTTPServer):
    """What a chat service does: takes posts, now and then answers that it can't."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.lock = threading.Lock()
        self.status = 200
        self.taken = []
        self.refused = 0
        threading.Thread(target=self.serve_forever, daemon=True).start()


class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with self.server.lock:
            status = self.server.status
            if status == 200:
                self.server.taken.append((self.path, self.headers["Content-Type"], self.headers.get("Authorization"), body))
            else:
                self.server.refused += 1
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


class Alerts(harness.Fleet):
    def setUp(self):
        super().setUp()
        self.receiver = Receiver()
        self.addCleanup(self.receiver.server_close)
        self.addCleanup(self.receiver.shutdown)
        self.rules = os.path.join(self.folder, "alerts.toml")
        self.write_rules(RULES)

    def write_rules(self, text):
        with open(self.rules, "w") as file:
            file.write(text)

    def start(self, name, program, *arguments, env=None):
        if name == "broker":
            arguments += ("--alerts-file", self.rules)
        return super().start(name, program, *arguments, env=env)

    def start_webhook(self):
        self.start("webhook", "pncp-webhook", "--key-file", self.webhook_key, "--run-dir", self.run_dir,
                   env={"PNCP_WEBHOOK_URL": f"http://127.0.0.1:{self.receiver.server_port}/hook?x=1",
                        "PNCP_WEBHOOK_TOKEN": "sesame"})

    def stored(self):
        """Alerts in the journal, in order."""
        return [(line["content"]["rule"], line["content"]["agent"], line["content"]["active"])
                for line in self.log_lines() if line.get("type") == "ALERT"]

    def posted(self):
        with self.receiver.lock:
            return [(body["rule"], body["agent"], body["active"]) for _, _, _, body in self.receiver.taken]

    def test_from_the_sample_to_the_chat(self):
        self.start_broker()
        self.start_log_writer()
        self.webhook_key = self.enrol("webhook", "subscriber")
        self.receiver.status = 503
        self.start_webhook()
        wait_for("the webhook to follow: it posts what begins from then on", lambda: "webhook" in self.cli_ok("status"))
        self.start_agents("pi-1", "pi-2")
        wait_for("both agents' samples to raise it", lambda: sorted(self.stored()) == [("used", "pi-1", True), ("used", "pi-2", True)])
        wait_for("the command of the alert to have run on both", lambda: 2 == sum(
            line.get("type") == "RESULT" and line["content"]["name"] == "uptime" and line["content"]["outcome"] == "finished"
            for line in self.log_lines()))

        wait_for("the receiver to have refused one", lambda: self.receiver.refused > 0)
        self.assertEqual(self.posted(), [])
        self.kill("webhook")
        self.receiver.status = 200
        self.start_webhook()
        wait_for("every alert to be posted", lambda: set(self.posted()) == set(self.stored()))

        self.kill("pi-2")
        wait_for("the absence", lambda: ("gone", "pi-2", True) in self.stored())
        before = self.stored()
        self.kill("broker")
        self.start_broker()
        self.wait_online("pi-1")
        self.start_agent("pi-2", os.path.join(self.folder, "pi-2.key"))
        wait_for("its end", lambda: ("gone", "pi-2", False) in self.stored())
        self.assertEqual([each for each in self.stored() if each not in before], [("gone", "pi-2", False)],
                         "a restart raises nothing anew")

        self.write_rules("")
        self.cli_ok("reload")
        wait_for("alerts of rules that are gone to end", lambda: self.stored()[-2:] in (
            [("used", "pi-1", False), ("used", "pi-2", False)], [("used", "pi-2", False), ("used", "pi-1", False)]))
        wait_for("all of it to be posted", lambda: self.posted()[-1:] == self.stored()[-1:])
        path, content_type, authorization, body = self.receiver.taken[0]
        self.assertEqual((path, content_type, authorization), ("/hook?x=1", "application/json", "Bearer sesame"))
        self.assertIn("used: pi-", body["text"])
        # At least once, in order: without repetitions it is the journal's list.
        unique = []
        for each in self.posted():
            if not unique or unique[-1] != each:
                unique.append(each)
        self.assertEqual(unique, self.stored())
        self.assertNotIn("sesame", self.log_of("webhook"))

        self.write_rules('[[alert]]\nname = "hot"\nwhen = "temp"\n')
        done = self.cli("reload")
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("alerts.toml:3: the condition 'temp' compares nothing", done.stderr)
        self.assertEqual(self.kill("webhook", signal.SIGTERM), 0)


if __name__ == "__main__":
    unittest.main()
