"""The sampler's numbers are those that psutil reads on the same machine: between two of its looks, or next to them."""
import json
import os
import subprocess
import time
import unittest

try:
    import psutil
except ImportError:
    psutil = None

BIN_DIR = os.environ["PNCP_BIN_DIR"]
DUMP = os.path.join(os.path.dirname(BIN_DIR), "tests", "sampler_dump")
MIB = 1 << 20


@unittest.skipIf(psutil is None, "no psutil to compare with: apt install python3-psutil")
class Psutil(unittest.TestCase):
    def setUp(self):
        self.dump = subprocess.Popen([DUMP], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.addCleanup(self.dump.communicate)

    def sample(self):
        """One sample: measurement -> [(tags, fields)]."""
        self.dump.stdin.write("\n")
        self.dump.stdin.flush()
        points = {}
        while line := self.dump.stdout.readline().strip():
            point = json.loads(line)
            points.setdefault(point["measurement"], []).append((point["tags"], point["fields"]))
        self.assertTrue(points, "sampler_dump printed nothing")
        return points

    def bracketed(self, look):
        """psutil before, the sampler, psutil after."""
        before = look()
        return before, self.sample(), look()

    def assert_between(self, before, value, after, what, slack=0):
        low, high = min(before, after) - slack, max(before, after) + slack
        self.assertTrue(low <= value <= high, f"{what}: {low} <= {value} <= {high}")

    def try_until_same(self, compare):
        """Gauges move between two looks on a busy machine; one calm moment in twenty is enough."""
        for attempt in range(20):
            try:
                return compare()
            except AssertionError:
                if attempt == 19:
                    raise

    def test_memory_and_swap(self):
        def compare():
            before, points, after = self.bracketed(lambda: (psutil.virtual_memory(), psutil.swap_memory()))
            mem, swap = points["mem"][0][1], points["swap"][0][1]
            self.assertEqual(mem["total"], before[0].total)
            for ours, theirs in (("available", "available"), ("free", "free"), ("buffered", "buffers"), ("cached", "cached")):
                self.assert_between(getattr(before[0], theirs), mem[ours], getattr(after[0], theirs), ours, MIB)
            self.assert_between(before[0].percent, mem["used_percent"], after[0].percent, "used_percent", 0.2)
            self.assertEqual(swap["total"], before[1].total)
            self.assert_between(before[1].used, swap["used"], after[1].used, "swap used", MIB)
        self.try_until_same(compare)

    def test_kernel_counters(self):
        before, points, after = self.bracketed(psutil.cpu_stats)
        kernel = points["kernel"][0][1]
        self.assert_between(before.ctx_switches, kernel["context_switches"], after.ctx_switches, "context switches")
        self.assert_between(before.interrupts, kernel["interrupts"], after.interrupts, "interrupts")
        self.assertAlmostEqual(kernel["boot_time"], psutil.boot_time(), delta=1)

    def test_processor_shares_of_the_same_interval(self):
        fields = {"user": "usage_user", "system": "usage_system", "idle": "usage_idle", "iowait": "usage_iowait"}

        def compare():
            psutil.cpu_times_percent(percpu=True)
            self.sample()
            time.sleep(2)  # the interval that is measured
            points, theirs = self.sample(), psutil.cpu_times_percent(percpu=True)
            ours = [(tags["cpu"], values) for tags, values in points["cpu"] if tags["cpu"] != "cpu-total"]
            self.assertEqual(len(ours), len(theirs))
            for (core, values), expected in zip(ours, theirs):
                for name, field in fields.items():
                    self.assertAlmostEqual(values[field], getattr(expected, name), delta=4, msg=f"{core} {name}")
        self.try_until_same(compare)

    def test_load_uptime_and_cores(self):
        before, points, after = self.bracketed(psutil.getloadavg)
        system = points["system"][0][1]
        for i, name in enumerate(("load1", "load5", "load15")):
            self.assert_between(before[i], system[name], after[i], name, 0.01)
        self.assertAlmostEqual(system["uptime"], time.clock_gettime(time.CLOCK_BOOTTIME), delta=2)
        self.assertEqual(system["n_cpus"], psutil.cpu_count())
        with open("/proc/sys/kernel/random/boot_id") as file:
            self.assertEqual(system["boot_id"], file.read().strip())

    def test_disks(self):
        def compare():
            before, points, after = self.bracketed(
                lambda: {one.mountpoint: psutil.disk_usage(one.mountpoint) for one in psutil.disk_partitions()})
            ours = {tags["path"]: values for tags, values in points["disk"]}
            self.assertTrue(set(ours) & set(before) or not before)
            for path in set(ours) & set(before):
                self.assertEqual(ours[path]["total"], before[path].total, path)
                for name in ("used", "free"):
                    self.assert_between(getattr(before[path], name), ours[path][name], getattr(after[path], name), path, MIB)
                self.assert_between(before[path].percent, ours[path]["used_percent"], after[path].percent, path, 0.1)
                inodes = os.statvfs(path)
                self.assertEqual(ours[path]["inodes_total"], inodes.f_files, path)
        self.try_until_same(compare)

    def test_disk_traffic(self):
        before, points, after = self.bracketed(lambda: psutil.disk_io_counters(perdisk=True, nowrap=False))
        fields = {"reads": "read_count", "writes": "write_count", "read_bytes": "read_bytes", "write_bytes": "write_bytes",
                  "read_time": "read_time", "write_time": "write_time", "io_time": "busy_time",
                  "merged_reads": "read_merged_count", "merged_writes": "write_merged_count"}
        used = [name for name, one in before.items() if one.read_count + one.write_count > 0
                and os.path.exists("/sys/block/" + name) and not name.startswith(("loop", "ram"))]
        ours = {tags["name"]: values for tags, values in points.get("diskio", [])}
        self.assertEqual(sorted(ours), sorted(used))
        for name in used:
            for field, theirs in fields.items():
                self.assert_between(getattr(before[name], theirs), ours[name][field], getattr(after[name], theirs),
                                    f"{name} {field}")

    def test_network(self):
        before, points, after = self.bracketed(lambda: psutil.net_io_counters(pernic=True, nowrap=False))
        fields = {"bytes_sent": "bytes_sent", "bytes_recv": "bytes_recv", "packets_sent": "packets_sent",
                  "packets_recv": "packets_recv", "err_in": "errin", "err_out": "errout", "drop_in": "dropin",
                  "drop_out": "dropout"}
        ours = {tags["interface"]: values for tags, values in points["net"]}
        self.assertEqual(sorted(ours), sorted(before))
        speeds = {name: one.speed for name, one in psutil.net_if_stats().items()}
        for name, values in ours.items():
            for field, theirs in fields.items():
                self.assert_between(getattr(before[name], theirs), values[field], getattr(after[name], theirs), f"{name} {field}")
            if "speed" in values:
                self.assertEqual(values["speed"], speeds[name], name)

    def test_processes(self):
        def compare():
            before, points, after = self.bracketed(lambda: len(psutil.pids()))
            values = points["processes"][0][1]
            self.assert_between(before, values["total"], after, "processes")
            states = ("running", "sleeping", "blocked", "idle", "stopped", "zombies", "dead", "paging", "unknown")
            self.assertEqual(sum(values[state] for state in states), values["total"])
        self.try_until_same(compare)

    def test_frequency_of_each_core(self):
        theirs = psutil.cpu_freq(percpu=True)
        points = self.sample()
        if not theirs or "linux_cpu" not in points:
            self.skipTest("this machine tells no frequency by cpufreq")
        self.assertEqual(len(points["linux_cpu"]), len(theirs))
        for tags, values in points["linux_cpu"]:
            self.assertAlmostEqual(values["scaling_cur_freq"] / 1000, theirs[int(tags["cpu"])].current, delta=2000)

    def test_temperatures(self):
        sensors = psutil.sensors_temperatures()
        points = self.sample()
        if not sensors or "temp" not in points:
            self.skipTest("this machine tells no temperature")
        theirs = [one.current for chip in sensors.values() for one in chip]
        for tags, values in points["temp"]:
            self.assertTrue(any(abs(values["temp"] - one) <= 5 for one in theirs), f"{tags}: {values} among {theirs}")


if __name__ == "__main__":
    unittest.main()
