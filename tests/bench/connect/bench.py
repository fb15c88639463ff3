"""C3: the broker is killed (SIGKILL) and started again; how long until all N agents have proven their sessions and take
commands, beside the time in which as many bare CURVE DEALERs connect to a ROUTER and get one answer each. The time
begins when the new broker is started, and includes its own start, the journal's recovery and the agents' pauses.
"""
import os
import signal
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "lib")]

import machine  # noqa: E402
import report  # noqa: E402
from fleet import DEVICES_A_SWARM, Broker  # noqa: E402
from harness import wait_for  # noqa: E402
from processes import START_S, Stage  # noqa: E402
from wire import Operator  # noqa: E402


def raw(stage, count):
    """Seconds until the last of `count` DEALERs is answered."""
    router = stage.start("router", "bench-router", "tcp://127.0.0.1:*", count, 100, "curve", talks=True)
    endpoint, key = router.line().split()
    parts = [stage.start(f"dealers-{begin}", "bench-dealers", endpoint, min(DEVICES_A_SWARM, count - begin), 100, key,
                         talks=True) for begin in range(0, count, DEVICES_A_SWARM)]
    seconds = max(int(part.expect("connected").split()[1]) / 1e9 for part in parts)
    for one in (*parts, router):
        stage.end(one, signal.SIGKILL)
    return seconds


def restart(broker, count):
    """(seconds until all are back, CPU seconds of the new broker)"""
    broker.stage.end(broker.process, signal.SIGKILL)
    begun = time.monotonic()
    broker.start()
    operator = Operator.local(broker.run_dir)
    wait_for(f"{count} agents", lambda: int(operator.status()["agents.online"]) >= count, START_S)
    operator.close()
    return time.monotonic() - begun, broker.cpu_s()


def main():
    parser = report.parser("connect", __doc__, 3)
    parser.add_argument("--n", type=int, action="append", metavar="N", help="agents (default 1000 10000)")
    arguments = parser.parse_args()
    machine.before_others()
    shown = report.Report(arguments)
    for count in arguments.n or (1000, 10000):
        case = report.Case("connect", "C3 all back, raw CURVE DEALERs", count, "s", 1.5)
        with Stage() as stage:
            broker = Broker(stage, agents=count)
            broker.start_swarm(count)
            spent = report.Case("connect", "broker's CPU for all of them", count, "s")
            for _ in range(arguments.rounds):
                theirs = raw(stage, count)
                ours, cpu = restart(broker, count)
                case.add(theirs, ours)
                spent.add(0, cpu)
            shown.show(case, spent)
            shown.peak("connect", "the broker", count, None, broker.pid)


if __name__ == "__main__":
    main()
