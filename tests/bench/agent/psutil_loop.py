"""What a script of twenty lines does instead of an agent: psutil_loop.py PORT INTERVAL_S. The same readings, as JSON,
in one datagram."""
import json
import socket
import sys
import time

import psutil

port, interval = int(sys.argv[1]), float(sys.argv[2])
out = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
out.connect(("127.0.0.1", port))
due = time.monotonic()
while True:
    frequency = psutil.cpu_freq()
    sample = {
        "cpu": [times._asdict() for times in psutil.cpu_times(percpu=True)],
        "cpu_stats": psutil.cpu_stats()._asdict(),
        "cpu_freq": frequency._asdict() if frequency else None,
        "load": psutil.getloadavg(),
        "mem": psutil.virtual_memory()._asdict(),
        "swap": psutil.swap_memory()._asdict(),
        "disk": {part.mountpoint: psutil.disk_usage(part.mountpoint)._asdict() for part in psutil.disk_partitions()},
        "diskio": {name: one._asdict() for name, one in psutil.disk_io_counters(perdisk=True).items()},
        "net": {name: one._asdict() for name, one in psutil.net_io_counters(pernic=True).items()},
        "uptime": time.time() - psutil.boot_time(),
        "users": len(psutil.users()),
        "temp": {name: [one._asdict() for one in list_] for name, list_ in psutil.sensors_temperatures().items()},
    }
    out.send(json.dumps(sample).encode()[:60000])
    due += interval
    time.sleep(max(0.0, due - time.monotonic()))
