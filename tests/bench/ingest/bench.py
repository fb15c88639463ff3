"""I1: samples of 22 fields (650 bytes), one or ten a frame, into the broker as fast as it takes them: verified, decoded,
committed to the journal (synchronous = full), acknowledged and published to one local subscriber; beside a program
that forwards as many bytes from a ROUTER to a PUB, unsigned, undecoded and unkept. The agents' frames are encoded and
signed beforehand; CURVE is paid on both ends. The rate is of the whole machine with senders and subscriber on it; the
CPU is the broker's alone.
"""
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "lib")]

import machine  # noqa: E402
import report  # noqa: E402
from fleet import Broker  # noqa: E402
from processes import Stage  # noqa: E402


SAMPLE_BYTES = 655  # a BATCH frame of one sample
WAITING_ROWS = 60_000  # limits::kJournalQueueRows, less what else may come
FRAMES_ON_THE_WAY = 8  # limits::kBatchesInFlight


class Flow:
    """A flood from senders through `pid` to a sink."""

    def __init__(self, senders, sink, pid, count):
        self.senders, self.sink, self.pid, self.count = senders, sink, pid, count

    def counted(self):
        """(how many arrived, when the last did)"""
        line = self.sink.line()
        return tuple(int(word) for word in (self.sink.line() if line == "first" else line).split())


class Raw(Flow):
    def __init__(self, stage, senders, count, size):
        forward = stage.start("forward", "bench-forward", "tcp://127.0.0.1:*", "ipc://" + stage.path("raw"), talks=True)
        into, out = forward.line().split()
        sink = stage.start("raw-sink", "bench-sink", out, count, talks=True)
        forward.expect("subscriber")
        flood = stage.start("flood", "bench-flood", into, senders, count, size, talks=True)
        flood.expect("ready")
        super().__init__(flood, sink, forward.pid, count)

    def round(self):
        """(messages a second, CPU microseconds a message)"""
        cpu = machine.cpu_s(self.pid)
        self.senders.ask()
        begun = int(self.senders.line())
        # Nothing is dropped here, but on a busy machine the sink may see a pause and count in parts.
        arrived = 0
        while arrived < self.count:
            some, last = self.counted()
            arrived += some
        return arrived / (last - begun) * 1e9, (machine.cpu_s(self.pid) - cpu) / arrived * 1e6


class Pncp(Flow):
    def __init__(self, stage, broker, senders, count, rows):
        self.broker = broker
        sink = stage.start("sink", "bench-sink", f"ipc://{broker.run_dir}/feed.sock", count, talks=True)
        sink.expect("first")
        batches = stage.start("batches", "bench-batches", broker.ports["agents"], broker.secret, "swarm-", senders,
                              count, rows, talks=True)
        self.size = int(batches.expect("ready").split()[1])
        self.published, self.waiting = [], True
        super().__init__(batches, sink, broker.pid, count)

    def round(self):
        if not self.waiting:
            self.senders.expect("ready")
        self.waiting = False
        before, cpu = self.broker.status("rows.metrics"), machine.cpu_s(self.pid)
        self.senders.ask()
        begun, ended = (int(word) for word in self.senders.line().split())
        arrived, last = self.counted()
        cpu = machine.cpu_s(self.pid) - cpu
        kept = self.broker.status("rows.metrics") - before
        if kept != self.count:
            raise SystemExit(f"{kept} of {self.count} samples are in the journal")
        self.published.append(arrived)
        return self.count / (max(ended, last) - begun) * 1e9, cpu / self.count * 1e6


def main():
    parser = report.parser("ingest", __doc__, 5)
    parser.add_argument("--n", type=int, default=100_000, metavar="N", help="samples a round (default 100000)")
    parser.add_argument("--agents", type=int, default=2_000, metavar="N", help="that send them (default 2000)")
    parser.add_argument("--rows", type=int, action="append", metavar="N",
                        help="samples a frame (default 1, then 10: an agent that catches up sends dozens)")
    arguments = parser.parse_args()
    machine.before_others()
    shown = report.Report(arguments)
    for rows in arguments.rows or (1, 10):
        measure(arguments, rows, shown)


def measure(arguments, rows, shown):
    # More than the broker lets wait it would not take, and these senders never send again.
    agents = min(arguments.agents, arguments.n // rows, WAITING_ROWS // (FRAMES_ON_THE_WAY * rows))
    count = arguments.n // agents // rows * agents * rows
    with Stage() as stage:
        broker = Broker(stage, agents=agents, journal_max_size="8GiB")
        ours = Pncp(stage, broker, agents, count, rows)
        raw = Raw(stage, agents, count, SAMPLE_BYTES)
        how = "" if rows == 1 else f", {rows} samples a frame"
        rate = report.Case("ingest", "I1 rate, ROUTER to PUB" + how, count, "1/s", 0.5, at_least=True)
        cpu = report.Case("ingest", "I1 broker's CPU a sample, ROUTER to PUB" + how, count, "us", 3)
        raw.round()  # connects
        for _ in range(arguments.rounds):
            theirs, mine = raw.round(), ours.round()
            rate.add(theirs[0], mine[0])
            cpu.add(theirs[1], mine[1])
        shown.show(rate, cpu)
        shown.note(f"frames of {ours.size} bytes beside messages of {SAMPLE_BYTES}; all of {count} samples kept each "
                   f"round; the live feed delivered {min(ours.published)} or more of them, the rest is the subscriber's "
                   "to fetch")
        shown.peak("ingest", "the broker, forwarder", count, raw.pid, broker.pid)


if __name__ == "__main__":
    main()
