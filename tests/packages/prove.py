#!/usr/bin/python3
"""Proves packages; scripts/package --prove calls it, as root.

    prove.py FOLDER ARCH...

This machine's architecture: the packages of FOLDER are installed by apt on an empty Debian (debootstrap), whose systemd is
booted (machine.py); then a device is enrolled, a command sent, everything upgraded, removed and purged. What is installed
first is the same made into an older version. Others: the packaged
agent runs under qemu-user with nothing but the libraries that its package depends on, against the broker of this machine's
packages. Downloads are kept in build/prove.
"""
import glob
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time

from machine import Machine

SOURCE_DIR = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
CACHE = os.path.join(SOURCE_DIR, "build", "prove")
QEMU = {"arm64": "qemu-aarch64-static", "armhf": "qemu-arm-static"}
# A Debian that can boot and be talked to, and nothing that the packages need.
BASE = "systemd,systemd-sysv,dbus,iproute2"
PROGRAMS = ("pncp-broker", "pncp-influx-bridge", "pncp-log-writer", "pncp-log-replay", "pncp-webhook", "pncp-swarm",
            "pncp-agent", "pncp-cli")
BROKER = "tcp://127.0.0.1:17471"
SHIPPED_BEFORE = "# as it was shipped before\n"


def say(text):
    print(text, flush=True)


def run(*command, check=True, **more):
    done = subprocess.run(command, capture_output=True, text=True, **more)
    if check and done.returncode != 0:
        raise AssertionError(f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return done


def deb(folder, component, arch):
    found = glob.glob(f"{folder}/pncp-{component}_*_{arch}.deb")
    if len(found) != 1:
        raise AssertionError(f"{folder} holds {len(found)} packages pncp-{component} for {arch}; run scripts/package {arch}")
    return found[0]


def field(package, name):
    return run("dpkg-deb", "-f", package, name).stdout.strip()


def base_system():
    """A folder with an empty Debian of this machine's release."""
    folder = os.path.join(CACHE, "base")
    if os.path.exists(folder + ".done"):
        return folder
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(CACHE, exist_ok=True)
    with open("/etc/os-release") as file:
        release = re.search(r"^VERSION_CODENAME=(\w+)", file.read(), flags=re.M)[1]
    targets = run("apt-get", "indextargets", "--format", "$(ORIGIN) $(CODENAME) $(REPO_URI)", "Created-By: Packages").stdout
    mirror = next(line.split()[2] for line in targets.splitlines() if line.startswith(f"Debian {release} "))
    say(f"an empty Debian ({release}), about half a minute")
    run("debootstrap", "--variant=minbase", f"--include={BASE}", release, folder, mirror)
    open(folder + ".done", "w").close()
    return folder


def made_older(package, folder):
    """The package as a version before it, which shipped other comments in its configuration and one file more."""
    tree, name = f"{folder}/tree", field(package, "Package")
    run("dpkg-deb", "-R", package, tree)
    control = f"{tree}/DEBIAN/control"
    with open(control) as file:
        text = file.read()
    with open(control, "w") as file:
        file.write(re.sub(r"^Version: (.*)$", r"Version: \1~before", text, flags=re.M))
    with open(f"{tree}/DEBIAN/conffiles") as file:
        for path in file.read().split():
            with open(tree + path, "a") as conffile:
                conffile.write(SHIPPED_BEFORE)
    os.makedirs(f"{tree}/usr/share/{name}", exist_ok=True)
    open(f"{tree}/usr/share/{name}/no-longer-shipped", "w").close()
    older = f"{folder}/{name}_before.deb"
    run("dpkg-deb", "--root-owner-group", "-b", tree, older)
    shutil.rmtree(tree)
    return older


def install(base, packages):
    """A folder to lay over `base`: what installing older versions of the packages by apt has changed there. The packages
    themselves are in it too."""
    for old in glob.glob(CACHE + "/pncp-prove-*"):
        shutil.rmtree(old)
    upper = tempfile.mkdtemp(prefix="pncp-prove-", dir=CACHE)
    for name in ("u", "w", "r"):
        os.mkdir(f"{upper}/{name}")
    os.makedirs(f"{upper}/u/var/tmp/pncp")
    os.mkdir(f"{upper}/u/var/tmp/pncp/before")
    for package in packages:
        shutil.copy(package, f"{upper}/u/var/tmp/pncp/")
        shutil.move(made_older(package, upper), f"{upper}/u/var/tmp/pncp/before/")
    names = " ".join(f"/var/tmp/pncp/before/{field(package, 'Package')}_before.deb" for package in packages)
    script = f"""set -e
mount --make-rprivate /
mount -t overlay -o lowerdir={base},upperdir={upper}/u,workdir={upper}/w overlay {upper}/r
cp /etc/resolv.conf {upper}/r/etc/resolv.conf
mount -t proc proc {upper}/r/proc
export DEBIAN_FRONTEND=noninteractive
chroot {upper}/r apt-get -qq update
chroot {upper}/r apt-get -qq -y --no-install-recommends install {names}
chroot {upper}/r apt-get clean"""
    run("unshare", "--mount", "sh", "-c", script)
    return upper


def checked(machine, *command):
    done = machine.run(*command)
    say("    " + " ".join(command) + ": ok")
    return done.stdout


def prove_installed(machine):
    """A device is enrolled on the same machine and answers."""
    for unit in ("pncp-broker.path", "pncp-broker", "pncp-log-writer", "pncp-agent"):
        assert machine.run("systemctl", "is-enabled", unit).stdout.strip() == "enabled", unit
        assert machine.show(unit, "ActiveState") == "inactive", unit + " must wait for a secret or a key"
    for unit in ("pncp-influx-bridge", "pncp-webhook"):
        assert machine.run("systemctl", "is-enabled", unit, check=False).stdout.strip() == "disabled", unit
    say("  nothing runs before there is a secret")
    for program in PROGRAMS:
        checked(machine, program, "--version")
    # As multi-user.target does, which this machine does not go up to.
    checked(machine, "systemctl", "start", "pncp-broker.path")
    checked(machine, "pncp-cli", "key", "init")
    for unit in ("pncp-broker", "pncp-log-writer"):
        machine.wait(unit + " to start by itself", lambda: machine.show(unit, "ActiveState") == "active", units=[unit])
    line = machine.run("pncp-cli", "enroll", "pi-1", "--address", "127.0.0.1").stdout.strip()
    assert "| sudo pncp-enroll" in line, "enroll prints one line"
    # This Debian has no sudo, and its shell is root's.
    say("    pncp-cli enroll pi-1, and its line: " +
        machine.shell(line.replace("| sudo ", "| ")).stdout.strip().replace("\n", "; "))
    prove_answer(machine)
    checked(machine, "systemctl", "start", "pncp-influx-bridge")
    for unit, status in (("pncp-broker", "1 online"), ("pncp-log-writer", "lines written"), ("pncp-agent", "in session")):
        machine.wait(f"{unit} to say {status}", lambda: status in machine.show(unit, "StatusText"), units=[unit])
        say(f"    {unit}: {machine.show(unit, 'ActiveState')}, \"{machine.show(unit, 'StatusText')}\"")
    assert machine.show("pncp-influx-bridge", "ActiveState") == "active", machine.journal("pncp-influx-bridge")


def prove_answer(machine):
    sent = json.loads(machine.run("pncp-cli", "send", "--all", "-o", "json", "lslogs").stdout)
    assert sent["counts"]["ok"] == 1, sent
    say(f"    send --all lslogs: {sent['counts']}")


def prove_upgraded(machine):
    """From an older version: configuration that was changed stays, other is the new one, what runs is restarted, what was
    switched off stays off."""
    before_version = machine.run("dpkg-query", "-W", "-f", "${Version}", "pncp-agent").stdout
    assert before_version.endswith("~before"), before_version
    machine.shell("echo '# mine' >> /etc/pncp/agent.toml")
    machine.run("systemctl", "disable", "--now", "pncp-log-writer")
    before = {unit: machine.show(unit, "MainPID") for unit in ("pncp-broker", "pncp-agent", "pncp-influx-bridge")}
    machine.shell("dpkg --force-confdef -i /var/tmp/pncp/*.deb </dev/null")
    for unit, pid in before.items():
        machine.wait(unit + " to be restarted", lambda: machine.show(unit, "ActiveState") == "active" and
                     machine.show(unit, "MainPID") != pid, units=[unit])
    after_version = machine.run("dpkg-query", "-W", "-f", "${Version}", "pncp-agent").stdout
    assert after_version + "~before" == before_version, after_version
    assert "# mine" in machine.run("cat", "/etc/pncp/agent.toml").stdout
    assert SHIPPED_BEFORE not in machine.run("cat", "/etc/pncp/broker.toml").stdout
    assert machine.shell("ls /usr/share/pncp-*/no-longer-shipped 2>/dev/null || true").stdout == ""
    assert machine.show("pncp-log-writer", "ActiveState") == "inactive"
    machine.wait("the agent to be back", lambda: machine.show("pncp-agent", "StatusText").startswith("in session"))
    prove_answer(machine)
    say(f"  upgraded from {before_version} to {after_version}: services restarted, the user's configuration kept, the rest "
        "replaced, what was switched off stays so")


def prove_purged(machine):
    machine.shell("apt-get -qq -y remove 'pncp-*' </dev/null")
    assert machine.run("ls", "/var/lib/pncp/journal.sqlite").returncode == 0, "removing keeps the state"
    for unit in ("pncp-broker", "pncp-agent", "pncp-influx-bridge"):
        assert machine.show(unit, "ActiveState") != "active", unit
    machine.shell("apt-get -qq -y purge pncp-controller pncp-agent pncp-cli </dev/null")
    # Ours, and what the CLI keeps for its user.
    machine.run("rm", "-rf", "/var/tmp/pncp", "/root/.cache/pncp")
    left = machine.shell("find / -xdev -name '*pncp*' -not -path '/proc/*' -not -path '/var/log/*' -not -path '/tmp/*' "
                         "-not -name 'pncp-test*'").stdout.split()
    assert left == [], left
    failed = machine.run("systemctl", "list-units", "--failed", "--plain", "--no-legend").stdout
    assert "pncp" not in failed, failed
    say("  removed and purged: nothing is left but the users")


def prove_native(folder, arch):
    packages = [deb(folder, component, arch) for component in ("controller", "agent", "cli")]
    base = base_system()
    upper = install(base, packages)
    say("  installed by apt, in versions before these: " + ", ".join(os.path.basename(package) for package in packages))
    machine = Machine(lower=f"{upper}/u:{base}")
    try:
        machine.boot()
        prove_installed(machine)
        prove_upgraded(machine)
        prove_purged(machine)
    except AssertionError:
        for unit in ("pncp-broker", "pncp-log-writer", "pncp-influx-bridge", "pncp-agent"):
            print(machine.journal(unit, 10), file=sys.stderr)
        raise
    finally:
        machine.off()
        shutil.rmtree(upper)


def libraries(package, arch):
    """A folder with what the package depends on, and itself."""
    names = [part.strip().split(" ")[0] for part in field(package, "Depends").split(",") if "|" not in part]
    root = os.path.join(CACHE, arch)
    run("bash", "-c", 'set -euo pipefail; source "$0/scripts/lib/common.sh"; source "$0/scripts/lib/sysroot.sh"; unpack_packages "$@"',
        SOURCE_DIR, arch, os.path.join(CACHE, "apt-" + arch), root, *names)
    # As dpkg does, and dpkg-deb -x does not: a link such as /lib stays one.
    run("sh", "-c", 'dpkg-deb --fsys-tarfile "$0" | tar -x -C "$1" --keep-directory-symlink --no-same-owner', package, root)
    return root


def wait_for(what, condition, seconds=90):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise AssertionError("waited in vain for " + what)
        time.sleep(0.1)


def prove_foreign(folder, arch, native):
    """The packaged agent of another architecture, emulated, answers a broker of this machine."""
    root = libraries(deb(folder, "agent", arch), arch)
    with tempfile.TemporaryDirectory(prefix="pncp-prove-") as work:
        for component in ("controller", "cli"):
            run("dpkg-deb", "-x", deb(folder, component, native), work + "/native")
        places = ["--run-dir", work + "/r", "--state-dir", work + "/s"]
        os.mkdir(work + "/s", 0o700)
        cli = [work + "/native/usr/bin/pncp-cli", *places]
        run(*cli, "key", "init")
        log = open(work + "/log", "w+")
        broker = subprocess.Popen([work + "/native/usr/bin/pncp-broker", *places, "--public-host", "127.0.0.1", "--listen-agents",
                                   "tcp://127.0.0.1:*", "--listen-control", "tcp://127.0.0.1:*", "--listen-feed",
                                   "tcp://127.0.0.1:*"], stdout=log, stderr=log)
        agent = None
        try:
            wait_for("the broker", lambda: run(*cli, "agents", check=False).returncode == 0)
            run(*cli, "key", "issue", "pi-" + arch, "--out", work + "/pi.key")
            agent = subprocess.Popen([QEMU[arch], "-L", root, root + "/usr/bin/pncp-agent", "--key-file", work + "/pi.key",
                                      "--metrics-interval", "1s", "--commands-dir", root + "/etc/pncp/commands.d"],
                                     stdout=log, stderr=log)
            wait_for("the agent to be online or to end", lambda: agent.poll() is not None or
                     '"online"' in run(*cli, "agents", "-o", "json").stdout)
            for command in ("lslogs", "metrics"):
                sent = json.loads(run(*cli, "send", "--all", "-o", "json", "--timeout", "60s", command).stdout)
                assert sent["counts"]["ok"] == 1, sent
                say(f"  {arch} under {QEMU[arch]}: send --all {command}: {sent['counts']}")
        except AssertionError:
            log.flush()
            with open(work + "/log") as file:
                print(file.read()[-3000:], file=sys.stderr)
            raise
        finally:
            for process in (agent, broker):
                if process:
                    process.terminate()
                    process.wait(30)


def main():
    if len(sys.argv) < 3:
        print(__doc__.strip(), file=sys.stderr)
        return 2
    folder, arches = os.path.abspath(sys.argv[1]), sys.argv[2:]
    native = run("dpkg", "--print-architecture").stdout.strip()
    for arch in arches:
        say(f"{arch}:")
        if arch == native:
            prove_native(folder, arch)
        else:
            prove_foreign(folder, arch, native)
    say("proved: " + " ".join(arches))
    return 0


if __name__ == "__main__":
    sys.exit(main())
