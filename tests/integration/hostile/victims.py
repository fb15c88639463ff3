"""A broker with rights, agents with commands of their own, and a man in the middle where one is wanted."""
import os

import wire
from harness import Fleet
from middle import Middle

# mktemp leaves one file for each time it ran; cat shows the very words it was started with, and its parent.
COMMANDS = """
[count]
help = "Leaves one file each time it runs"
path = "/usr/bin/mktemp"
arguments = ["-p", "{folder}"]

[dump]
help = "The words it was started with"
path = "/usr/bin/cat"
arguments = ["/proc/self/stat", "/proc/self/cmdline", "{{text}}"]
[[dump.slot]]
name = "text"
type = "regex"
pattern = "(.|[[:space:]])*"

[number]
help = "Says a number"
path = "/usr/bin/printf"
arguments = ["%s", "{{number}}"]
[[number.slot]]
name = "number"
type = "int"
min = 1
max = 1000
"""


class Victims(Fleet):
    def setUp(self):
        super().setUp()
        self.ran_folder = os.path.join(self.folder, "ran")
        self.commands = os.path.join(self.folder, "commands.d")
        for folder in (self.ran_folder, self.commands):
            os.mkdir(folder, 0o755)
        with open(os.path.join(self.commands, "test.toml"), "w") as file:
            file.write(COMMANDS.format(folder=self.ran_folder))

    def start(self, name, program, *arguments, env=None):
        if program == "pncp-agent":
            arguments += ("--commands-dir", self.commands)
        if program == "pncp-broker":
            env = {"PNCP_RIGHTS_FILE": os.path.join(self.folder, "rights.toml"), **(env or {})}
        return super().start(name, program, *arguments, env=env)

    def operator(self):
        operator = wire.Operator.local(self.run_dir)
        self.addCleanup(operator.close)
        return operator

    def times_run(self):
        return len(os.listdir(self.ran_folder))

    def refused(self, operator):
        return {name: int(count) for name, count in operator.status().items() if name.startswith("refused.")}

    def start_middle(self, name="pi-1"):
        """An agent whose every frame goes through our hands."""
        key_file = self.enrol(name)
        middle = Middle(wire.Master(os.path.join(self.state_dir, "secret")), wire.PeerKey.of_file(key_file))
        self.addCleanup(middle.stop)
        self.start_agent(name, middle.key_file(key_file))
        self.wait_online(name)
        return middle
