"""The services as systemd runs them: real units, real sandbox, real programs, on a machine of their own (machine.py). What
the sandbox would break shows here: the key's rotation, commands, the journal, the Pi's firmware device, the bridge.
"""
import json
import os
import stat
import subprocess
import sys
import unittest

import machine

SOURCE_DIR = os.environ["PNCP_SOURCE_DIR"]
sys.path.insert(0, os.path.join(SOURCE_DIR, "tests", "integration"))

from lacking import lacking  # noqa: E402

BUILD_DIR = os.path.dirname(os.environ["PNCP_BIN_DIR"])
BROKER = "tcp://127.0.0.1:17471"
SERVICES = ("pncp-broker", "pncp-log-writer", "pncp-influx-bridge", "pncp-webhook", "pncp-agent")
EXAMPLES = os.path.join(SOURCE_DIR, "scripts", "services", "commands.d")

# What a command of the device may do, and may not.
COMMANDS = """
[firmware]
help = "Asks the firmware's device by ioctl"
path = "/usr/bin/python3"
arguments = ["-c", "import fcntl, os; print(fcntl.ioctl(os.open('/dev/vcio', os.O_RDONLY), 0x800454CF, bytes(4)).hex())"]

[other-device]
help = "Opens another device of group video"
path = "/usr/bin/python3"
arguments = ["-c", "import os; os.open('/dev/framebuffer-of-somebody', os.O_RDONLY)"]

[write-etc]
help = "Writes where it must not"
path = "/usr/bin/touch"
arguments = ["/etc/pncp/commands.d/more.toml"]

[read-thermal]
help = "Lists what the sampler reads"
path = "/usr/bin/ls"
arguments = ["/sys/class/thermal", "/proc/1/stat", "/proc/stat", "/sys/devices/system/cpu"]

[python]
help = "A command in Python"
path = "/usr/bin/python3"
arguments = ["-c", "import ctypes, socket; print(ctypes.sizeof(ctypes.c_void_p), socket.gethostname())"]
"""


def fetched_influxd():
    """The path of an influxd, or None."""
    script = os.path.join(SOURCE_DIR, "scripts", "influxdb")
    cache = os.environ.get("PNCP_INFLUX_CACHE", os.path.join(SOURCE_DIR, "build", "influxdb"))
    done = subprocess.run([script, "fetch", cache], capture_output=True, text=True)
    return done.stdout.strip() if done.returncode == 0 else None


def install_into(seed):
    """What the packages install, by the same rules; and what their postinst makes."""
    for component in ("controller", "agent", "cli"):
        subprocess.run(["cmake", "--install", BUILD_DIR, "--prefix", "/usr", "--component", component], check=True,
                       stdout=subprocess.DEVNULL, env=dict(os.environ, DESTDIR=seed))


class Services(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        reason = machine.why_not()
        if reason:
            lacking("a machine of its own " + reason)
        cls.m = machine.Machine()
        cls.addClassCleanup(cls.m.off)
        install_into(cls.m.seed)
        cls.m.write("/etc/pncp/commands.d/test.toml", COMMANDS)
        with open(os.path.join(EXAMPLES, "journal-tail.toml.example")) as file:
            cls.m.write("/etc/pncp/commands.d/journal-tail.toml", file.read())
        cls.influxd = fetched_influxd()
        try:
            cls.m.boot()
        except machine.DoesNotBoot as error:
            lacking(str(error))
        cls.m.run("systemd-sysusers", "pncp-controller.conf", "pncp-agent.conf")
        cls.m.run("systemd-tmpfiles", "--create", "pncp-controller.conf", "pncp-agent.conf")
        # The firmware's device of a Pi, played by one (tun) that answers an ioctl (TUNGETFEATURES) and that systemd allows
        # nobody by itself; and one (loop-control) that is nobody's business.
        for name, minor in (("vcio", 200), ("framebuffer-of-somebody", 237)):
            cls.m.shell(f"mknod /dev/{name} c 10 {minor} && chgrp video /dev/{name} && chmod 0660 /dev/{name}")
        cls.m.run("systemctl", "daemon-reload")
        cls.start_all(cls)

    def start_all(self):
        self.before = {}
        for unit in SERVICES:
            self.m.run("systemctl", "start", unit, check=False)
            self.before[unit] = self.m.show(unit, "ActiveState", "ConditionResult", "Result").split()
        self.m.run("systemctl", "enable", "pncp-broker.path", "pncp-broker", "pncp-log-writer")
        self.m.run("systemctl", "start", "pncp-broker.path")
        self.m.run("pncp-cli", "key", "init")
        # By themselves: making the secret is all that there is to do.
        for unit in ("pncp-broker", "pncp-log-writer"):
            self.m.wait(unit + " to start", lambda: self.m.show(unit, "ActiveState") == "active", units=[unit])
        self.m.run("pncp-cli", "key", "issue", "pi-1", "--out", "/root/pi-1.key")
        self.enrolled = self.enrol(self)

    def enrol(self, key="/root/pi-1.key", **more):
        file, *options = key.split()
        return self.m.shell(f"pncp-enroll --broker {BROKER} {' '.join(options)} < {file}", **more)

    def tearDown(self):
        failed = any(test is self for test, _ in self._outcome.result.failures + self._outcome.result.errors)
        if failed:
            print("".join(self.m.journal(unit) for unit in SERVICES), file=sys.stderr)

    def send(self, *words):
        done = self.m.run("pncp-cli", "send", "--to", "pi-1", "-o", "json", *words, check=False)
        return json.loads(done.stdout)["results"][0]

    def in_session(self):
        return self.m.show("pncp-agent", "StatusText").startswith("in session")

    def test_before_there_is_a_secret_or_a_key_nothing_starts_and_nothing_fails(self):
        for unit, state in self.before.items():
            self.assertEqual(sorted(state), ["inactive", "no", "success"], unit)

    def test_enrolling_places_the_key_starts_the_agent_and_says_that_it_is_in_session(self):
        self.assertIn("placed the key of pi-1", self.enrolled.stdout)
        self.assertIn("in session with the broker", self.enrolled.stdout)
        self.assertEqual(self.m.run("stat", "-c", "%U %a", "/var/lib/pncp-agent/agent.key").stdout, "pncp-agent 600\n")
        self.assertEqual(self.m.run("systemctl", "is-enabled", "pncp-agent").stdout.strip(), "enabled")
        self.assertEqual(self.m.run("ls", "/var/lib/pncp-agent").stdout, "agent.key\n", "nothing else is left there")

    def test_each_service_says_how_it_is(self):
        self.m.wait("the broker's status", lambda: self.m.show("pncp-broker", "StatusText").startswith("1 online"))
        self.m.wait("the log writer's, with a broker", lambda: self.m.show("pncp-log-writer", "StatusText").endswith("events behind"))
        for unit in ("pncp-broker", "pncp-log-writer", "pncp-agent"):
            self.assertEqual(self.m.show(unit, "Type", "ActiveState").split(), ["notify", "active"], unit)

    def test_the_agent_answers_from_inside_its_sandbox(self):
        self.assertEqual(self.send("lslogs")["outcome"], "ok")
        sample = json.loads(self.send("metrics")["stdout"])
        for key in ("cpu_percent", "memory", "load_avg", "disk", "net", "uptime"):
            self.assertIn(key, sample)

    def test_commands_reach_what_they_need_and_nothing_else(self):
        for command in ("firmware", "read-thermal", "python"):
            result = self.send(command)
            # A machine without thermal zones has no such folder; then the rest was listed.
            allowed = (0,) if command != "read-thermal" or os.path.exists("/sys/class/thermal") else (0, 2)
            self.assertIn(result["exit_code"], allowed, result)
        self.assertNotEqual(self.send("write-etc")["exit_code"], 0)
        tail = self.send("journal-tail", "pncp-broker.service", "5")
        self.assertEqual(tail["exit_code"], 0, tail)
        self.assertIn("pncp-broker", tail["stdout"])

    def test_only_the_firmware_of_all_devices_is_open(self):
        self.assertEqual(self.m.show("pncp-agent", "DevicePolicy"), "closed")
        self.assertEqual(len(self.send("firmware")["stdout"].strip()), 8, "the ioctl's answer")
        refused = self.send("other-device")
        self.assertIn("Operation not permitted", refused["stderr"], "by systemd's filter, as the group may open it")

    def test_the_key_is_rotated_within_the_sandbox(self):
        generation = "sed -n 's/^generation = //p' /var/lib/pncp-agent/agent.key"
        before = int(self.m.shell(generation).stdout)
        self.m.run("pncp-cli", "key", "rotate", "pi-1")
        self.m.wait("the next key in its file", lambda: int(self.m.shell(generation).stdout) == before + 1)
        self.m.wait("the agent to be back", self.in_session)

    def test_the_master_secret_is_roots_alone(self):
        self.assertEqual(self.m.run("stat", "-c", "%U %a", "/var/lib/pncp/secret").stdout, "root 600\n")
        for user in ("pncp", "pncp-bridge", "pncp-agent", "nobody"):
            self.assertNotEqual(self.m.run("runuser", "-u", user, "cat", "/var/lib/pncp/secret", check=False).returncode, 0, user)

    def test_the_group_pncp_may_operate_and_others_may_not(self):
        self.m.run("useradd", "--groups", "pncp", "ada")
        self.assertIn("pi-1", self.m.run("runuser", "-u", "ada", "pncp-cli", "agents").stdout)
        refused = self.m.run("runuser", "-u", "nobody", "pncp-cli", "agents", check=False)
        self.assertNotEqual(refused.returncode, 0)

    def test_the_log_is_written_and_verifies(self):
        self.send("uptime")
        self.m.wait("the command in the log", lambda: '"RESULT"' in self.m.run("cat", "/var/lib/pncp/pncp_log.txt").stdout)
        self.m.run("pncp-cli", "log", "verify")

    def test_a_key_that_is_none_changes_nothing(self):
        before = self.m.run("cat", "/var/lib/pncp-agent/agent.key").stdout
        self.m.run("pncp-cli", "key", "issue", "eve", "--role", "operator", "--out", "/root/eve.key")
        for line in ("echo hello", "cat /root/eve.key", "true", "head -c 10000 /dev/zero"):
            done = self.m.shell(line + " | pncp-enroll", check=False)
            self.assertEqual(done.returncode, 78, done.stdout + done.stderr)
        self.assertEqual(self.m.run("cat", "/var/lib/pncp-agent/agent.key").stdout, before)
        self.assertEqual(self.m.run("ls", "/var/lib/pncp-agent").stdout, "agent.key\n")
        self.assertEqual(self.m.shell("pncp-enroll --broker nonsense < /root/eve.key", check=False).returncode, 2)

    def test_no_command_of_the_enrolment_has_the_key_among_its_arguments(self):
        key = self.m.shell("sed -n 's/^key = //p' /root/pi-1.key").stdout.strip()
        self.assertEqual(len(key), 64)
        # Every command that the script runs, with its arguments, is traced.
        traced = self.m.shell(f"sh -x /usr/sbin/pncp-enroll --no-start --broker {BROKER} < /root/pi-1.key")
        self.assertIn("--check-config", traced.stderr)
        self.assertNotIn(key, traced.stderr + traced.stdout)

    def test_a_device_is_renamed_by_enrolling_it_again(self):
        self.m.run("pncp-cli", "key", "issue", "pi-9", "--out", "/root/pi-9.key")
        again = self.enrol("/root/pi-9.key")
        self.assertIn("this device was pi-1 before", again.stdout)
        self.assertIn("key revoke pi-1", again.stdout)
        self.assertIn("in session", self.enrol().stdout)  # and back

    def test_a_card_that_was_stolen_or_replaced_is_enrolled_anew_and_its_key_is_good_no_more(self):
        self.m.run("pncp-cli", "key", "issue", "pi-5", "--out", "/root/stolen.key")
        self.m.run("pncp-cli", "key", "revoke", "pi-5")
        self.m.run("pncp-cli", "key", "issue", "pi-5", "--out", "/root/pi-5.key")
        self.assertIn("pi-5 is in session", self.enrol("/root/pi-5.key").stdout)
        self.assertEqual(self.enrol("/root/stolen.key --no-start").returncode, 0)
        self.m.run("systemctl", "restart", "pncp-agent")
        self.m.wait("the stolen key to be refused", lambda: self.m.show("pncp-agent", "StatusText").startswith("no session"))
        self.assertIn("pi-1 is in session", self.enrol().stdout)  # and back

    def test_the_line_that_enroll_prints_places_a_new_card_and_shuts_out_the_old_one(self):
        line = self.m.run("pncp-cli", "enroll", "--again", "pi-1", "--address", "127.0.0.1").stdout
        self.m.wait("the old card to be shut out", lambda: self.m.show("pncp-agent", "StatusText").startswith("no session"))
        # The line as it is, but for sudo, which a small machine lacks.
        self.assertIn("pi-1 is in session", self.m.run("sh", text=line.replace("sudo ", "")).stdout)
        self.m.run("cp", "/var/lib/pncp-agent/agent.key", "/root/pi-1.key")  # for the other tests

    def test_the_secret_and_the_list_of_peers_are_all_that_a_restore_needs(self):
        self.m.shell("mkdir /root/backup /root/lost && cp -a /var/lib/pncp/secret /var/lib/pncp/peers /root/backup/")
        self.m.run("systemctl", "stop", "pncp-influx-bridge", "pncp-log-writer", "pncp-broker")
        self.m.shell("mv /var/lib/pncp/* /root/lost/ && cp -a /root/backup/* /var/lib/pncp/")
        self.m.run("systemctl", "start", "pncp-broker", "pncp-log-writer")
        self.m.wait("the agent to come back by itself", self.in_session, units=["pncp-broker", "pncp-agent"])
        self.assertEqual(self.send("uptime")["outcome"], "ok")

    def test_a_service_that_is_killed_or_hangs_comes_back(self):
        self.m.run("mkdir", "-p", "/run/systemd/system/pncp-agent.service.d")
        self.m.shell("printf '[Service]\\nWatchdogSec=1s\\nRestartSec=100ms\\n' > /run/systemd/system/pncp-agent.service.d/quick.conf")
        self.m.run("systemctl", "daemon-reload")
        self.m.run("systemctl", "restart", "pncp-agent")
        for unit in ("pncp-broker", "pncp-log-writer", "pncp-agent"):
            before = self.m.show(unit, "MainPID")
            self.m.run("systemctl", "kill", "--signal=KILL", unit)
            self.m.wait(unit + " to be back", lambda: self.m.show(unit, "ActiveState") == "active" and
                        self.m.show(unit, "MainPID") not in ("0", before), units=[unit])
        before = self.m.show("pncp-agent", "MainPID")
        self.m.run("systemctl", "kill", "--signal=STOP", "pncp-agent")
        self.m.wait("the watchdog", lambda: self.m.show("pncp-agent", "ActiveState") == "active" and
                    self.m.show("pncp-agent", "MainPID") not in ("0", before), units=["pncp-agent"])
        self.m.wait("the agent to be in session", self.in_session)

    def test_the_bridge_stores_without_the_operators_key_or_the_broker_s_folders(self):
        if not self.influxd:
            lacking("no influxd to be had")
        self.m.run("mkdir", "-p", "/opt/influx")
        with open(self.influxd, "rb") as file:
            subprocess.run(["nsenter", "--target", self.m.pid, "--all", "sh", "-c", "cat > /usr/bin/influxd-test"],
                           stdin=file, check=True)
        self.m.shell("chmod 755 /usr/bin/influxd-test; printf 'reporting-disabled = true\\n[meta]\\ndir = \"/opt/influx/meta\"\\n"
                     "[data]\\ndir = \"/opt/influx/data\"\\nwal-dir = \"/opt/influx/wal\"\\n' > /opt/influx/conf")
        self.m.run("systemd-run", "--unit=influx", "influxd-test", "-config", "/opt/influx/conf")
        self.m.run("systemctl", "start", "pncp-influx-bridge")
        ask = ("import urllib.request as r, urllib.parse as p; print(r.urlopen('http://127.0.0.1:8086/query?' + "
               "p.urlencode({'db': 'pncp', 'q': 'SELECT last(status) FROM agent_status'})).read().decode())")
        self.m.wait("a point in InfluxDB", lambda: "connected" in self.m.run("python3", "-c", ask, check=False).stdout,
                    units=["pncp-influx-bridge", "influx"])
        self.assertEqual(stat.S_IMODE(int(self.m.run("stat", "-c", "%a", "/var/lib/pncp-bridge").stdout, 8)), 0o700)
        pid = self.m.show("pncp-influx-bridge", "MainPID")
        seen = self.m.run("ls", f"/proc/{pid}/root/run/pncp", check=False)
        self.assertEqual(seen.stdout, "", "the bridge sees nothing of the broker's folder")

    def test_the_webhook_reaches_the_broker_from_its_sandbox(self):
        self.m.run("pncp-cli", "key", "issue", "webhook", "--role", "subscriber", "--out", "/etc/pncp/webhook.key")
        self.m.shell("printf '[webhook]\\nurl = \"http://127.0.0.1:9/hook\"\\n' >> /etc/pncp/webhook.toml && "
                     "chown root:pncp-webhook /etc/pncp/webhook.toml && chmod 640 /etc/pncp/webhook.toml")
        self.m.run("systemctl", "start", "pncp-webhook")
        self.m.wait("the webhook's session", lambda: "connected to the broker" in self.m.journal("pncp-webhook"),
                    units=["pncp-webhook"])
        self.assertEqual(self.m.show("pncp-webhook", "ActiveState"), "active")

    def test_a_wrong_configuration_is_said_once_and_not_tried_for_ever(self):
        self.m.shell("echo 'nonsense = 1' > /etc/pncp/log-writer.toml")
        done = self.m.run("systemctl", "restart", "pncp-log-writer", check=False)
        self.assertNotEqual(done.returncode, 0)
        self.m.wait("it to have failed", lambda: self.m.show("pncp-log-writer", "ActiveState") == "failed")
        self.assertEqual(self.m.show("pncp-log-writer", "ExecMainStatus"), "78")
        self.m.shell("echo > /etc/pncp/log-writer.toml && systemctl restart pncp-log-writer")


if __name__ == "__main__":
    unittest.main()
