"""The pictures in the README, made from a real run: a broker, devices, and pncp-cli on a terminal.

With PNCP_SCREENS_DIR they are written there (scripts/screens); without, only what they show is tested.
"""
import os
import signal
import unittest
import xml.etree.ElementTree

from cli_terminal import Terminal
from harness import BIN_DIR, Fleet, wait_for

RELEASE = """
[release]
help = "The release of the operating system"
path = "/usr/bin/cat"
arguments = ["{file}"]
"""
OLD = "pi-4"


class Screens(Fleet):
    def start_device(self, name):
        """An agent with a command of its own; one of them was not upgraded."""
        folder = os.path.join(self.folder, name)
        os.makedirs(folder, 0o755)
        file = os.path.join(folder, "release")
        with open(file, "w") as out:
            out.write(f"Raspberry Pi OS 12.{'5' if name == OLD else '8'} (bookworm)\n")
        with open(os.path.join(folder, "release.toml"), "w") as out:
            out.write(RELEASE.format(file=file))
        os.chmod(os.path.join(folder, "release.toml"), 0o644)
        self.start(name, "pncp-agent", "--key-file", self.enrol(name), "--metrics-interval", "1s", "--commands-dir", folder)

    def start_fleet(self):
        os.chmod(self.folder, 0o755)
        self.start_broker()
        names = [f"pi-{i}" for i in range(1, 6)]
        for name in names:
            self.start_device(name)
        self.start("swarm", "pncp-swarm", "--count", "14", "--prefix", "cam-", "--run-dir", self.run_dir, "--keys-dir",
                   os.path.join(self.folder, "keys"), "--interval", "1s")
        self.wait_online(*names, *(f"cam-{i}" for i in range(1, 15)))
        self.kill("pi-2", signal.SIGTERM)
        wait_for("its goodbye", lambda: any(row["name"] == "pi-2" and row["state"] == "offline" for row in self.agents()))
        wait_for("temperatures", lambda: sum(row["temperature"] is not None for row in self.agents()) >= 14)

    def picture(self, name, columns, rows, line, shows, keys=(), end=(), but="\0"):
        """Runs `line` on a terminal, types `keys`, keeps the screen that has all of `shows` and not `but`; types `end`."""
        terminal = Terminal(self.folder, columns, rows, PATH=BIN_DIR + ":" + os.environ["PATH"], PNCP_RUN_DIR=self.run_dir,
                            PNCP_STATE_DIR=self.state_dir, XDG_CACHE_HOME=self.folder, PNCP_BROKER_TIMEOUT="20s")
        try:
            terminal.run("PS1='$ '; clear")
            terminal.wait("a clear screen", lambda text: text.strip() == "$")
            terminal.run(line)
            for each in keys:
                terminal.wait("the screen", lambda text: "online" in text)
                terminal.keys(each)
            text = terminal.wait(f"the screen of {name}", lambda text: all(each in text for each in shows)
                                 and but not in text and text)
            svg = terminal.svg(line, [(self.run_dir, "/run/pncp")])
            for each in end:
                terminal.keys(each)
            if end:
                terminal.wait("the shell", lambda screen: screen.rstrip().endswith("$"))
        finally:
            terminal.close()
        xml.etree.ElementTree.fromstring(svg)
        folder = os.environ.get("PNCP_SCREENS_DIR")
        if folder:
            with open(os.path.join(folder, name + ".svg"), "w") as out:
                out.write(svg)
        return text

    def test_what_the_readme_shows(self):
        self.start_fleet()
        sent = self.picture("send", 92, 12, "pncp-cli send --to 'pi-*' -b release",
                            ["4 ok, 1 offline", f"{OLD} (1): ok"])
        self.assertIn("pi-[1,3,5] (3): ok\n", sent)
        self.assertIn("pi-2 (1): offline", sent)
        agents = self.picture("agents", 92, 22, "pncp-cli agents --sort temp --reverse", ["NAME", "pi-2"])
        self.assertIn("offline", agents)
        top = self.picture("top", 92, 24, "pncp-cli top", ["19 agents", "*TEMP", "q quit"],
                           ["Right"] * 4 + ["Home"], ["q"], "0.0/s samples")
        self.assertTrue(all(len(line) <= 92 for line in top.splitlines()))


if __name__ == "__main__":
    unittest.main()
