"""Cases and how they are shown. A round measures the reference and PNCP in turn (or side by side), the ratio is taken
within the round, and the median over the rounds counts."""
import argparse
import json
import statistics

import machine


class Case:
    """One line of the table: `benchmark`, what was measured, for how many, in which unit, and what is wanted.

    `reference` and `pncp` are one value a round. A target is the largest good ratio; with `at_least` the smallest.
    Without a reference (`bound`) it is the bound itself that PNCP is compared with, and the target is 1.
    """

    def __init__(self, benchmark, case, n, unit, target=None, at_least=False):
        self.benchmark, self.case, self.n, self.unit = benchmark, case, n, unit
        self.target, self.at_least = target, at_least
        self.reference, self.pncp = [], []

    def add(self, reference, pncp):
        self.reference.append(reference)
        self.pncp.append(pncp)
        return self

    def ratio(self):
        ratios = [ours / theirs for theirs, ours in zip(self.reference, self.pncp) if theirs]
        return statistics.median(ratios) if ratios else None

    def good(self):
        """True, False, or None where nothing is wanted."""
        if self.target is None:
            return None
        if self.ratio() is None:  # beside nothing at all, only as little is good
            return max(self.pncp) <= self.target
        return self.ratio() >= self.target if self.at_least else self.ratio() <= self.target

    def as_json(self):
        ratio = self.ratio()
        return {"benchmark": self.benchmark, "case": self.case, "n": self.n,
                "reference": rounded(statistics.median(self.reference)), "pncp": rounded(statistics.median(self.pncp)),
                "unit": self.unit, "ratio": None if ratio is None else rounded(ratio), "target": self.target,
                "rounds": len(self.pncp)}


def rounded(value):
    return float(f"{value:.4g}")


def number(value):
    if value == 0:
        return "0"
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def spread(values):
    """"median (least..most)"."""
    middle = number(statistics.median(values))
    if len(values) == 1:
        return middle
    return f"{middle} ({number(min(values))}..{number(max(values))})"


class Report:
    """Shows cases as they come: a table, or one JSON object a line."""

    def __init__(self, arguments):
        self.json, self.headed, self.cases = arguments.json, False, []

    def show(self, *cases):
        for case in cases:
            if not case.pncp:
                continue
            self.cases.append(case)
            if self.json:
                print(json.dumps(case.as_json()), flush=True)
            else:
                self.row(case)

    def row(self, case):
        if not self.headed:
            self.headed = True
            print(machine.text())
            print(f"{'case':50} {'n':>6} {'unit':>9} {'reference (least..most)':>28} {'PNCP (least..most)':>28} "
                  f"{'ratio':>6}  target")
        ratio, good = case.ratio(), case.good()
        wanted = "" if case.target is None else f"{'>=' if case.at_least else '<='} {case.target:g}"
        verdict = {None: "", True: "reached", False: "NOT REACHED"}[good]
        print(f"{case.case:50} {case.n:6} {case.unit:>9} {spread(case.reference):>28} {spread(case.pncp):>28} "
              f"{'' if ratio is None else f'{ratio:.2f}':>6}  {wanted:7} {verdict}", flush=True)

    def peak(self, benchmark, what, n, reference_pid, pncp_pid):
        """The most memory that either has had; without a reference process its figure is 0."""
        theirs = machine.memory_kib(reference_pid)["VmHWM"] / 1024 if reference_pid else 0
        self.show(Case(benchmark, f"peak RSS of {what}", n, "MiB").add(theirs, machine.memory_kib(pncp_pid)["VmHWM"] / 1024))

    def note(self, text):
        if not self.json:
            print("  " + text, flush=True)


def parser(name, description, rounds):
    made = argparse.ArgumentParser(prog=f"scripts/bench {name}", description=description,
                                   formatter_class=argparse.RawDescriptionHelpFormatter)
    made.add_argument("--rounds", type=int, default=rounds, metavar="N", help=f"(default {rounds})")
    made.add_argument("--json", action="store_true", help="one line a case")
    return made
