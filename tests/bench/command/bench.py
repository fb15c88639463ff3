"""One command to N agents, journaled, until the last of N results has been shown.

C1: the time that `pncp-cli send --all hostname` takes, process and all, and the CPU the broker uses for it, beside a
round of one unsigned ROUTER and N DEALERs (100 B out, 300 B back) that decode, sign and keep nothing. Both fleets are
connected all the time, of the same number of processes, and are asked in turn.
C2: whole processes at small N: pncp-cli beside a program that sends one signed REQ and gets the round's end.
"""
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "lib")]

import machine  # noqa: E402
import report  # noqa: E402
from fleet import Broker  # noqa: E402
from processes import Stage  # noqa: E402
from rounds import Raw, command  # noqa: E402

SMALL = 50  # up to here the process itself is what takes time
FLATNESS = 1.3


def measure(count, rounds, shown):
    with Stage() as stage:
        broker = Broker(stage, agents=count)
        broker.start_swarm(count)
        raw = Raw(stage, count)
        whole = report.Case("command", "C2 whole CLI process, signed REQ process", count, "ms", 2)
        took = report.Case("command", "C1 round, raw ROUTER/DEALER", count, "ms", 1.5 if count >= 1000 else None)
        cpu = report.Case("command", "C1 broker's CPU, raw ROUTER's", count, "ms", 1.5 if count >= 1000 else None)
        raw.round()
        command(broker, count)
        for _ in range(rounds):
            # The raw round is short: several, or chance decides.
            times = [raw.round() for _ in range(3)]
            ours = command(broker, count)
            took.add(sorted(one[0] for one in times)[1] * 1000, ours[0] * 1000)
            cpu.add(sorted(one[1] for one in times)[1] * 1000, ours[1] * 1000)
            if count <= SMALL:
                whole.add(raw.process() * 1000, ours[0] * 1000)
        shown.show(*([whole] if count <= SMALL else []), took, cpu)
        shown.peak("command", "the broker, raw router", count, raw.pid, broker.pid)
        return sorted(took.pncp)[rounds // 2] / count


def main():
    parser = report.parser("command", __doc__, 9)
    parser.add_argument("--n", type=int, action="append", metavar="N", help="agents (default 1 10 50 100 1000 10000)")
    arguments = parser.parse_args()
    machine.before_others()
    shown = report.Report(arguments)
    each = {count: measure(count, arguments.rounds, shown) for count in arguments.n or (1, 10, 50, 100, 1000, 10000)}
    if 1000 in each and 10000 in each:
        shown.show(report.Case("command", "C1 time a device, at 10,000 / at 1,000", 10000, "us", FLATNESS)
                   .add(each[1000] * 1000, each[10000] * 1000))


if __name__ == "__main__":
    main()
