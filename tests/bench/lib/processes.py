"""Programs under measurement: started with a log, stopped at the end, asked over their standard streams."""
import os
import shutil
import signal
import subprocess
import sys
import tempfile

sys.path[:0] = [os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "integration")]

from harness import BIN_DIR  # noqa: E402

START_S = 120.0


class Talker:
    """A program of tests/bench/raw: lines in, lines out."""

    def __init__(self, process):
        self.process, self.pid = process, process.pid

    def line(self):
        text = self.process.stdout.readline()
        if not text:
            raise SystemExit(f"{self.process.args[0]} ended with code {self.process.wait()}")
        return text.rstrip("\n")

    def ask(self, text=""):
        self.process.stdin.write(text + "\n")
        self.process.stdin.flush()

    def expect(self, beginning):
        text = self.line()
        if not text.startswith(beginning):
            raise SystemExit(f"{self.process.args[0]} said {text!r} where {beginning!r} was expected")
        return text


class Stage:
    """A folder and the processes in it; use with `with`."""

    def __init__(self):
        self.folder, self.processes = tempfile.mkdtemp(prefix="pncp-"), []

    def __enter__(self):
        return self

    def __exit__(self, failure, *_):
        for process in reversed(self.processes):
            if process.poll() is None:
                process.send_signal(signal.SIGKILL if process.pncp else signal.SIGTERM)
        for process in reversed(self.processes):
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        if failure and failure is not SystemExit:
            for name in sorted(os.listdir(self.folder)):
                if name.endswith(".log"):
                    with open(os.path.join(self.folder, name), errors="replace") as file:
                        print(f"--- {name}\n{file.read()[-2000:]}", file=sys.stderr)
        shutil.rmtree(self.folder, ignore_errors=True)

    def path(self, name):
        return os.path.join(self.folder, name)

    def start(self, name, program, *arguments, env=None, talks=False):
        """`program` is one of ours, or a path. Settings of a real installation are kept from it."""
        command = [program if "/" in program else os.path.join(BIN_DIR, program), *map(str, arguments)]
        clean = {key: value for key, value in os.environ.items() if not key.startswith("PNCP_")}
        with open(self.path(name + ".log"), "ab") as log:
            process = subprocess.Popen(
                command, env={**clean, **(env or {})}, stderr=log, text=True if talks else None,
                stdin=subprocess.PIPE if talks else subprocess.DEVNULL, stdout=subprocess.PIPE if talks else log)
        process.pncp = Talker(process) if talks else None
        self.processes.append(process)
        return process.pncp or process

    def end(self, process, number=signal.SIGTERM):
        process = process.process if isinstance(process, Talker) else process
        process.send_signal(number)
        process.wait(60)
        self.processes.remove(process)

    def own_libraries(self, name, program):
        """A folder with copies of what `program` links, for LD_LIBRARY_PATH: nobody shares their pages with it, as
        on a machine where nothing else uses them. libc and the loader stay: every machine shares those."""
        folder = self.path("lib-" + name)
        os.mkdir(folder)
        listed = subprocess.run(["ldd", program], capture_output=True, text=True, check=True).stdout
        for line in listed.splitlines():
            words = line.split()
            if "=>" in words and words[2].startswith("/") and not words[0].startswith(("libc.so", "libm.so", "ld-")):
                copy = os.path.join(folder, words[0])
                shutil.copy(words[2], copy)
                # Until they are on the disk the kernel counts their pages as the program's private dirty memory.
                with open(copy, "rb") as file:
                    os.fsync(file.fileno())
        return {"LD_LIBRARY_PATH": folder}
