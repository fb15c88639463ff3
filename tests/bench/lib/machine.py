"""What the kernel says of processes and of this machine. Nothing here waits."""
import glob
import os
import platform


def cpu_s(pid):
    """Seconds of CPU that all threads alive have used, to the nanosecond (utime and stime count in ticks)."""
    total = 0
    for path in glob.glob(f"/proc/{pid}/task/*/schedstat"):
        try:
            with open(path) as file:
                total += int(file.read().split()[0])
        except FileNotFoundError:
            pass
    return total / 1e9


def _numbers(path):
    """Lines "Name:   123 kB" of a file of /proc, as {name: 123}."""
    found = {}
    with open(path) as file:
        for line in file:
            words = line.split()
            if len(words) >= 2 and words[0].endswith(":") and words[1].isdigit():
                found[words[0][:-1]] = int(words[1])
    return found


def memory_kib(pid):
    """{"Rss", "Pss", "Private_Dirty", ..., "VmHWM"} in KiB."""
    return {**_numbers(f"/proc/{pid}/smaps_rollup"), "VmHWM": _numbers(f"/proc/{pid}/status")["VmHWM"]}


def heap_kib(pid):
    """Private memory without a file behind it, in KiB: what grows when something leaks."""
    return _numbers(f"/proc/{pid}/status")["RssAnon"]


def wake_ups(pid):
    """How often the main thread went to sleep of its own accord."""
    return _numbers(f"/proc/{pid}/status")["voluntary_ctxt_switches"]


def disk_bytes_written(pid):
    return _numbers(f"/proc/{pid}/io")["write_bytes"]


def threads(pid):
    return _numbers(f"/proc/{pid}/status")["Threads"]


def load():
    return os.getloadavg()[0]


def text():
    """One line about this machine."""
    model = platform.machine()
    with open("/proc/cpuinfo") as file:
        for line in file:
            if line.startswith(("model name", "Model")):
                model = line.split(":", 1)[1].strip()
                break
    return f"{os.cpu_count()} cores of {model}, Linux {platform.release()}, load {load():.1f}"


def before_others():
    """Both sides of a ratio run at a better priority than whatever else the machine does, where that is allowed."""
    try:
        os.setpriority(os.PRIO_PROCESS, 0, -10)
    except PermissionError:
        pass
