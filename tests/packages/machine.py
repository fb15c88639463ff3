"""A machine of its own for a test: systemd as PID 1 on a copy-on-write root, with its own network, processes and devices.

Needs root and namespaces, on Linux with overlayfs. Where that is not to be had, `why_not` says why: the test is skipped by
name with that reason, and fails instead in CI (lacking.py).
"""
import os
import shutil
import subprocess
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
TARGET = "pncp-test.target"
UNIT = """[Unit]
Description=What a test needs of a machine
Requires=basic.target
After=basic.target
AllowIsolate=yes
"""
NAMESPACES = ["--mount", "--pid", "--net", "--uts", "--ipc", "--cgroup"]
BOOT_S = 60


def why_not():
    """None if a machine can be made here, else the reason."""
    if os.geteuid() != 0:
        return "needs root"
    for program in ("unshare", "nsenter", "/lib/systemd/systemd", "ip"):
        if shutil.which(program) is None:
            return f"needs {program}"
    tried = subprocess.run(["unshare", *NAMESPACES, "--fork", "sh", "-c",
                            "mount --make-rprivate / && mount -t tmpfs tmpfs /mnt && mkdir /mnt/u /mnt/w /mnt/r && "
                            "mount -t overlay -o lowerdir=/,upperdir=/mnt/u,workdir=/mnt/w overlay /mnt/r"],
                           capture_output=True, text=True)
    return None if tried.returncode == 0 else "needs namespaces and overlayfs: " + tried.stderr.strip()


class DoesNotBoot(AssertionError):
    """Its bare systemd did not come up, before anything of ours was begun: in a chroot, for one."""


class Machine:
    """`seed` (self.seed) is a folder whose content is laid over the root before boot()."""

    def __init__(self, lower="/"):
        self.lower, self.process, self.pid = lower, None, None
        self.work = tempfile.mkdtemp(prefix="pncp-machine-")
        self.seed = self.work + ".seed"
        self.write("/etc/systemd/system/" + TARGET, UNIT)
        # The host's own services are none of ours.
        os.makedirs(self.seed + "/etc/systemd/system-preset", exist_ok=True)

    def write(self, path, text, mode=0o644):
        """A file of the seed."""
        os.makedirs(os.path.dirname(self.seed + path), exist_ok=True)
        with open(self.seed + path, "w") as file:
            file.write(text)
        os.chmod(self.seed + path, mode)

    def boot(self):
        self.log = open(self.work + ".log", "w+")
        self.process = subprocess.Popen(
            ["unshare", *NAMESPACES, "--fork", "--kill-child", os.path.join(HERE, "boot.sh"), self.lower, self.work, TARGET],
            stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log)
        end = time.monotonic() + BOOT_S
        while time.monotonic() < end:
            if self.process.poll() is not None:
                raise DoesNotBoot("the machine does not boot: " + self.console())
            self.pid = self._init()
            if self.pid and self.run("systemctl", "is-active", TARGET, check=False).stdout.strip() == "active":
                return
            time.sleep(0.05)
        raise DoesNotBoot("the machine does not come up: " + self.console())

    def _init(self):
        path = f"/proc/{self.process.pid}/task/{self.process.pid}/children"
        try:
            with open(path) as file:
                child = file.read().split()[0]
            # boot.sh becomes systemd; before that there is nothing to ask.
            with open(f"/proc/{child}/comm") as file:
                return child if file.read().strip() == "systemd" else None
        except (OSError, IndexError):
            return None

    def console(self):
        self.log.flush()
        with open(self.work + ".log") as file:
            return file.read()[-3000:]

    def run(self, *command, text="", check=True, timeout=60):
        """Runs a command in there, as its root; `text` is its standard input."""
        done = subprocess.run(["nsenter", "--target", self.pid, "--all", "env", "-i", "PATH=/usr/sbin:/usr/bin:/sbin:/bin",
                               "HOME=/root", "LANG=C.UTF-8", *command], input=text, capture_output=True, text=True, timeout=timeout)
        if check and done.returncode != 0:
            raise AssertionError(f"{command} ended with {done.returncode}: {done.stdout}{done.stderr}")
        return done

    def shell(self, line, **more):
        return self.run("sh", "-c", line, **more)

    def show(self, unit, *properties):
        """Properties of a unit, as systemctl show has them."""
        return self.run("systemctl", "show", "--value", "--property=" + ",".join(properties), unit).stdout.strip()

    def journal(self, unit, lines=30):
        return self.run("journalctl", "--no-pager", "-n", str(lines), "-u", unit, check=False).stdout

    def wait(self, what, condition, seconds=30, units=()):
        """Polls until `condition` holds; at the deadline fails with the journals of `units`."""
        end = time.monotonic() + seconds
        while True:
            value = condition()
            if value:
                return value
            if time.monotonic() > end:
                raise AssertionError(f"waited {seconds} s in vain for {what}\n" + "".join(map(self.journal, units)))
            time.sleep(0.05)

    def off(self):
        if self.process and self.process.poll() is None:
            self.process.kill()  # --kill-child: PID 1 goes too, and everything with it
            self.process.wait()
            self.log.close()
        for path in (self.work, self.seed):
            shutil.rmtree(path, ignore_errors=True)
        if os.path.exists(self.work + ".log"):
            os.unlink(self.work + ".log")
