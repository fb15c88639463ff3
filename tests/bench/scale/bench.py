"""I2 and I3: a round of `hostname` to N agents and the broker's memory with N agents in session, per agent, for N from
10 to 10,000; beside the round and the memory of an unsigned ROUTER. --svg FILE draws both as curves.

Memory is the broker's private memory after rounds, less what it had with nobody connected (and the same list of peers).
"""
import os
import statistics
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "lib"), os.path.join(HERE, "..")]

import machine  # noqa: E402
import plot  # noqa: E402
import report  # noqa: E402
from fleet import Broker  # noqa: E402
from processes import Stage  # noqa: E402
from rounds import Raw, command  # noqa: E402

KIB_AN_AGENT = 40  # I2, at 10,000


def measure(count, rounds):
    """(round, memory): cases per agent."""
    took = report.Case("scale", "I3 round, an agent, raw ROUTER/DEALER", count, "us")
    with Stage() as stage:
        broker = Broker(stage, agents=count)
        alone = machine.heap_kib(broker.pid)
        broker.start_swarm(count)
        command(broker, count)
        held = machine.heap_kib(broker.pid) - alone
        with Stage() as other:
            raw = Raw(other, count)
            raw.round()
            for _ in range(rounds):
                took.add(raw.round()[0] / count * 1e6, command(broker, count)[0] / count * 1e6)
        wanted = 1 if count == 10_000 else None
        memory = report.Case("scale", "I2 memory of the broker an agent, 40 KiB", count, "KiB", wanted)
        return took, memory.add(KIB_AN_AGENT, held / count)


def draw(path, counts, measured):
    middle = {count: tuple(statistics.median(case.pncp) for case in measured[count]) for count in counts}
    raw = {count: statistics.median(measured[count][0].reference) for count in counts}
    with open(path, "w") as file:
        file.write(plot.svg("agents", [
            plot.Panel("time of one command, microseconds an agent",
                       {"PNCP, whole process": [(count, middle[count][0]) for count in counts],
                        "raw ZeroMQ": [(count, raw[count]) for count in counts]}),
            plot.Panel("memory of the broker, KiB an agent",
                       {"PNCP": [(count, middle[count][1]) for count in counts]})]))


def main():
    parser = report.parser("scale", __doc__, 5)
    parser.add_argument("--n", type=int, action="append", metavar="N", help="(default 10 100 1000 5000 10000)")
    parser.add_argument("--svg", metavar="FILE", help="draw the curves")
    arguments = parser.parse_args()
    counts = arguments.n or [10, 100, 1000, 5000, 10000]
    machine.before_others()
    shown = report.Report(arguments)
    measured = {}
    for count in counts:
        measured[count] = measure(count, arguments.rounds)
        shown.show(*measured[count])
    if 1000 in measured and 10000 in measured:
        for index, what, unit in ((0, "time", "us"), (1, "memory", "KiB")):
            small, large = (statistics.median(measured[count][index].pncp) for count in (1000, 10000))
            shown.show(report.Case("scale", f"I3 {what} an agent, at 10,000 / at 1,000", 10000, unit, 1.3)
                       .add(small, large))
    if arguments.svg:
        draw(arguments.svg, counts, measured)
        shown.note(f"curves: {arguments.svg}")


if __name__ == "__main__":
    main()
