"""What can be said of the units without running them: systemd reads them, their exposure stays low, what a device needs is
not taken away, and the packages' lists agree with the files.
"""
import glob
import os
import re
import shutil
import subprocess
import tempfile
import unittest

SOURCE_DIR = os.environ["PNCP_SOURCE_DIR"]
SERVICES = os.path.join(SOURCE_DIR, "scripts", "services")
UNITS = os.path.join(SERVICES, "systemd")
# Tenths of systemd's scale from 0 (safe) to 10.
EXPOSURE_MAX = {"pncp-broker": 15, "pncp-influx-bridge": 15, "pncp-log-writer": 15, "pncp-webhook": 15,
                "pncp-agent": 25}
# What libzmq and the executor call: a filter without one of them shows only when it is too late.
SYSTEM_CALLS = {
    "pncp-broker": ["sched_setscheduler", "prlimit64", "accept4", "fdatasync", "eventfd2", "getrandom"],
    "pncp-influx-bridge": ["sched_setscheduler", "connect", "clone3", "fsync"],
    "pncp-webhook": ["sched_setscheduler", "connect", "clone3"],
    "pncp-log-writer": ["sched_setscheduler", "connect", "renameat2", "fsync"],
    "pncp-agent": ["sched_setscheduler", "prlimit64", "setrlimit", "ioctl", "pidfd_open", "pidfd_send_signal", "close_range",
                   "execve", "kill", "setpgid", "prctl", "madvise", "statfs", "timerfd_create", "renameat2"]}


def settings(name):
    """The [Service] settings of a unit, each with all its values."""
    found = {}
    with open(os.path.join(UNITS, name + ".service")) as file:
        for line in file:
            match = re.match(r"([A-Za-z]+)=(.*)", line)
            if match:
                found.setdefault(match[1], []).append(match[2])
    return found


@unittest.skipUnless(shutil.which("systemd-analyze") or os.environ.get("CI"), "needs systemd-analyze")
class Units(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="pncp-units-")
        self.addCleanup(shutil.rmtree, self.folder)

    def test_there_is_a_limit_for_every_unit(self):
        names = {os.path.basename(path)[:-len(".service")] for path in glob.glob(UNITS + "/*.service")}
        self.assertEqual(names, set(EXPOSURE_MAX))

    def test_systemd_has_nothing_to_say_against_them(self):
        for name in EXPOSURE_MAX:
            with open(os.path.join(UNITS, name + ".service")) as file:
                # verify wants the programs to exist.
                text = re.sub(r"^ExecStart=\S+", "ExecStart=/bin/true", file.read(), flags=re.M)
            with open(os.path.join(self.folder, name + ".service"), "w") as file:
                file.write(text)
        for name in EXPOSURE_MAX:
            done = subprocess.run(["systemd-analyze", "verify", "--man=no", "--recursive-errors=no",
                                   os.path.join(self.folder, name + ".service")], capture_output=True, text=True)
            ours = [line for line in (done.stdout + done.stderr).splitlines() if "pncp" in line]
            self.assertEqual((done.returncode, ours), (0, []), name)

    def test_their_exposure_is_low(self):
        for name, limit in EXPOSURE_MAX.items():
            done = subprocess.run(["systemd-analyze", "security", "--offline=true", "--no-pager", f"--threshold={limit}",
                                   os.path.join(UNITS, name + ".service")], capture_output=True, text=True)
            self.assertEqual(done.returncode, 0, done.stdout.splitlines()[-1:])

    def test_the_filter_lets_through_what_the_programs_call(self):
        listed = subprocess.run(["systemd-analyze", "syscall-filter", "--no-pager"], capture_output=True, text=True, check=True)
        sets, name = {}, None
        for line in listed.stdout.splitlines():
            word = line.strip()
            if line.startswith("@"):
                name = word
                sets[name] = set()
            elif word and not word.startswith("#") and name:
                sets[name].add(word)

        def members(word):
            return set().union(*map(members, sets[word])) if word in sets else {word}

        for unit, needed in SYSTEM_CALLS.items():
            allowed = set()
            for line in settings(unit)["SystemCallFilter"]:
                calls = set().union(*(members(word) for word in line.lstrip("~").split()))
                allowed = allowed - calls if line.startswith("~") else allowed | calls
            self.assertEqual(set(needed) - allowed, set(), unit)


class Needs(unittest.TestCase):
    def test_the_agent_keeps_what_a_device_is_measured_by(self):
        agent = settings("pncp-agent")
        # /dev/vcio, the kernel's counters, other processes, mounts under /home, the key's renewal, the journal.
        self.assertIn("/dev/vcio r", agent["DeviceAllow"])
        self.assertEqual(agent["SupplementaryGroups"], ["video systemd-journal"])
        for setting, hides in (("PrivateDevices", "yes"), ("ProcSubset", "pid"), ("ProtectProc", "invisible"),
                               ("ProtectHome", "yes"), ("PrivateNetwork", "yes"), ("MemoryDenyWriteExecute", "yes")):
            self.assertNotIn(hides, agent.get(setting, []))
        for family in ("AF_UNIX", "AF_INET", "AF_INET6", "AF_NETLINK"):
            self.assertIn(family, agent["RestrictAddressFamilies"][0])
        self.assertEqual(agent["StateDirectory"], ["pncp-agent"])
        with open(os.path.join(SERVICES, "etc", "agent.toml")) as file:
            self.assertIn('\nkey_file = "/var/lib/pncp-agent/agent.key"\n', file.read())
        # One command that takes too much memory must not end the agent.
        self.assertEqual(agent["OOMPolicy"], ["continue"])

    def test_every_service_is_notified_watched_and_restarted(self):
        for name in EXPOSURE_MAX:
            unit = settings(name)
            self.assertEqual(unit["Type"], ["notify"], name)
            self.assertIn("WatchdogSec", unit)
            self.assertEqual(unit["Restart"], ["on-failure"], name)
            self.assertEqual(unit["RestartPreventExitStatus"], ["2 78"], name)
            self.assertIn("MemoryMax", unit)

    def test_secrets_come_as_credentials_and_not_as_settings(self):
        self.assertEqual(settings("pncp-broker")["LoadCredential"], ["secret:/var/lib/pncp/secret"])
        self.assertEqual(settings("pncp-influx-bridge")["LoadCredential"], ["influx-bridge.key:/run/pncp/influx-bridge.key"])
        self.assertEqual(settings("pncp-webhook")["LoadCredential"], ["webhook.key:/etc/pncp/webhook.key"])
        for path in glob.glob(SERVICES + "/etc/*.toml"):
            with open(path) as file:
                self.assertEqual([line for line in file if re.match(r"\s*(password|token|secret|url)\s*=", line)], [], path)

    def test_users_and_folders_agree_with_the_units(self):
        for part, names in (("controller", ("pncp-broker", "pncp-log-writer", "pncp-influx-bridge", "pncp-webhook")),
                            ("agent", ("pncp-agent",))):
            with open(f"{SERVICES}/sysusers/pncp-{part}.conf") as file:
                users = set(re.findall(r"^u (\S+)", file.read(), flags=re.M))
            self.assertEqual({settings(name)["User"][0] for name in names}, users)
            with open(f"{SERVICES}/tmpfiles/pncp-{part}.conf") as file:
                folders = set(re.findall(r"^d /var/lib/(\S+)", file.read(), flags=re.M))
            self.assertEqual({folder for name in names for folder in settings(name).get("StateDirectory", [])}, folders)


if __name__ == "__main__":
    unittest.main()
