"""Instructions that single steps take, counted by callgrind: a guard against getting slower that needs no quiet
machine. Each is compared with the figure in tests/bench/instructions.json; more than 5 % above any of them exits 1.
The figures are of one compiler: with another, make your own first, on the commit to compare with (--update --file
MINE). valgrind knows no SHA instructions, so what signs counts many times what it takes on a machine that has them.
"""
import json
import os
import re
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "lib")]

import report  # noqa: E402
from processes import BIN_DIR  # noqa: E402

MOST = 1.05
# The difference of two runs is what the steps between them took.
FEW, MANY = 20, 120


def collected(program, name, times):
    with tempfile.TemporaryDirectory() as folder:
        log = os.path.join(folder, "log")
        subprocess.run(["valgrind", "--tool=callgrind", "--log-file=" + log, "--callgrind-out-file=/dev/null", program,
                        name, str(times)], check=True, stdout=subprocess.DEVNULL)
        with open(log) as file:
            return int(re.search(r"Collected : (\d+)", file.read()).group(1))


def compiler():
    return subprocess.run(["c++", "-dumpfullversion"], capture_output=True, text=True).stdout.strip()


def main():
    parser = report.parser("instructions", __doc__, 1)
    parser.add_argument("--case", action="append", metavar="NAME", help="only this one; may be repeated")
    parser.add_argument("--update", action="store_true", help="write the figures instead of comparing")
    parser.add_argument("--file", default=os.path.join(HERE, "..", "instructions.json"), help="where the figures are")
    arguments = parser.parse_args()
    program = os.path.join(BIN_DIR, "bench-count")
    names = subprocess.run([program], capture_output=True, text=True, check=True).stdout.splitlines()
    figures = {}
    if os.path.exists(arguments.file):
        with open(arguments.file) as file:
            figures = json.load(file)
    shown, counts = report.Report(arguments), {}
    for name in arguments.case or names:
        counts[name] = round((collected(program, name, MANY) - collected(program, name, FEW)) / (MANY - FEW))
        known = figures.get("instructions", {}).get(name, 0)
        shown.show(report.Case("instructions", name, 1, "instr", MOST).add(known, counts[name]))
    if arguments.update:
        kept = {**figures.get("instructions", {}), **counts}
        with open(arguments.file, "w") as file:
            json.dump({"compiler": compiler(), "instructions": {name: kept[name] for name in names if name in kept}},
                      file, indent=2)
            file.write("\n")
        return
    if figures.get("compiler") != compiler():
        print(f"the figures are of compiler {figures.get('compiler')}, this is {compiler()}", file=sys.stderr)
    unknown = [name for name in counts if name not in figures.get("instructions", {})]
    worse = [case.case for case in shown.cases if case.good() is False]
    if unknown:
        print(f"no figures for {', '.join(unknown)}: run with --update, and commit them", file=sys.stderr)
    if worse:
        print(f"more than {MOST - 1:.0%} above the figures: {', '.join(worse)}", file=sys.stderr)
    sys.exit(1 if worse or unknown else 0)


if __name__ == "__main__":
    main()
