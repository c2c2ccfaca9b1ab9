"""Does the harness add anything? `python scripts/crosscheck.py` runs a plain script of each loop and the cell in
turn.

Strategy: pairs in random order, on the same core, against the same server, with the same waits. It goes on until the 95 %
interval of the ratio (cell / plain) is narrow enough, or --most pairs were run. What must hold: T is within 1 % (10 %
for file_read, where T is all disk, and where the core is full, because T is N k D there). From 100 flows on, the interval of the ratio of D is inside 0.9 to 1.1. For one flow, D is
within 10 us. A thousand threads differ from process to process by up to four times, and most of their ops are over before the last
of them runs. So there the distributions of C / ops are compared (Kolmogorov and Smirnov, at 1 %), start-up included. A cell's D rests on clocks read from another core; the plain script has each flow read
the clock at the end of its first op. With --inject-us N, N microseconds of CPU are burnt in each op of a copy of the bodies: then the
check must fail. With --arranged, the plain script has the suite's two differences that a thousand coroutines feel: each body is
awaited by one more coroutine, and stamps go to one mapping. On a busy machine cells have no D, and T is late: run it on a quiet one, in pieces with --only and --flows.
Exit status: 0 if all hold, 1 if not.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from bench import cells
from bench.analysis.statistics import Estimate, median_interval
from bench.figures import demand_of
from bench.harness.pin import allowed_cpus, pin
from bench.machine.topology import choose
from bench.store import records
from bench.targets import load_target
from bench.targets.disk_file import DiskFile, disk_file
from bench.targets.http_referee import HttpReferee, http_server
from bench.words import Cell
from scripts.plain import ACCOUNT

LEAST, AT_A_TIME, MOST_LOST = 8, 4, 5
FULL = 0.95  # of T, CPU: from there on the core is full
CASES = [(w, m, n) for w in ("sleep", "http_get", "file_read") for m in ("thread", "asyncio") for n in (1, 100)]
MANY = [(w, m, 1000) for w in ("sleep", "http_get") for m in ("thread", "asyncio")]
LOTTERY = ("thread", 1000)  # from process to process, such a cell and such a script are one thing or another
LOTTERY_LEAST, REJECTED = 20, 1.63  # pairs; Kolmogorov and Smirnov's statistic at 1 %, times the root of n m / (n + m)
CELLS = [*(Cell(*case) for case in (*CASES, *MANY)), Cell("http_get", "asyncio", 100, (("heap", "trimmed"),))]


@dataclass(frozen=True)
class Targets:
    """What both sides wait for: the http server's port, and the file."""

    port: int
    file: DiskFile


@dataclass(frozen=True)
class Pair:
    """T, D and C / ops, in seconds, of the cell and of the plain script, one run each."""

    cell_t: float
    cell_d: float
    cell_c: float
    plain_t: float
    plain_d: float
    plain_c: float


Costs = tuple[float, float, float]


def run_cell(cell: Cell, seed: int, cpu: int, targets: Targets, package: Path) -> Costs:
    """Run one cell from the package in a folder; return T, D and C / ops."""
    with tempfile.TemporaryDirectory() as folder:
        record = Path(folder) / "record.json"
        command = [sys.executable, "-m", "bench.worker.main", cell.name, "--record", str(record)]
        command += ["--cpu", str(cpu), "--seed", str(seed), "--target", f"http={targets.port}"]
        command += ["--target", f"file={load_target('file').to_text(targets.file)}"]
        subprocess.run(command, check=True, cwd=package, stdout=subprocess.DEVNULL)
        found = records.read(record)
    whole = float(found.metadata["cpu_s"]) / float(found.metadata["ops_done"])
    return found.value_s, demand_of(found.metadata), whole


def run_plain(cell: Cell, seed: int, cpu: int, targets: Targets, more: Sequence[str]) -> Costs:
    """Run the plain script of the same cell, with more arguments; return T, D and C / ops."""
    p = cells.parameters(cell)
    command = [sys.executable, str(ROOT / "scripts/plain.py"), cell.workload, cell.model, str(cell.flows)]
    command += [str(p["ops"]), str(p["wait_ms"]), str(seed), str(cpu), str(targets.port), str(targets.file.path)]
    command += [str(p.get("heap", "roomy")), *more]
    found = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return found["T"], found["D"], found["C"] / operations(cell)


def inject(us: int, folder: Path) -> Path:
    """Copy the package and burn CPU before every stamp of its bodies: the cheat that must be caught."""
    shutil.copytree(ROOT / "bench", folder / "bench", ignore=shutil.ignore_patterns("__pycache__"))
    burn = (
        "\n\ndef _burn():\n    from time import thread_time_ns\n"
        f"    until = thread_time_ns() + {us * 1000}\n    while thread_time_ns() < until:\n        pass\n"
    )
    for workload in {cell.workload for cell in CELLS}:
        path = folder / "bench" / "workloads" / f"{workload}.py"
        text, times = re.subn(r"^( +)(stamps\[op\] = .*)$", r"\1_burn()\n\1\2", path.read_text(), flags=re.MULTILINE)
        if times < 2 or times % 2:
            raise RuntimeError(f"{path}: {times} stamps found, expected as many in each body")
        path.write_text(text + burn)
    return folder


def apart(one: list[float], other: list[float]) -> float:
    """How far two samples' distributions are apart at most (Kolmogorov & Smirnov), as a multiple of what chance makes of it."""

    def share(values: list[float], most: float) -> float:
        return sum(value <= most for value in values) / len(values)

    most = max(abs(share(one, at) - share(other, at)) for at in (*one, *other))
    return most * math.sqrt(len(one) * len(other) / (len(one) + len(other)))


def operations(cell: Cell) -> int:
    """How many ops all flows of a cell do."""
    return cell.flows * int(cells.parameters(cell)["ops"])


def with_demand(pairs: list[Pair]) -> list[Pair]:
    """The pairs in which both have CPU per op: a cell has none whose clocks were read too rarely, as on a busy machine."""
    return [pair for pair in pairs if not math.isnan(pair.cell_d) and not math.isnan(pair.plain_d)]


def judge_lottery(cell: Cell, pairs: list[Pair]) -> tuple[bool, bool, str]:
    """The same for a cell whose values have no centre."""
    cells, plains = ([getattr(p, name) * 1e6 for p in pairs] for name in ("cell_c", "plain_c"))
    far = apart(cells, plains)
    holds = far <= REJECTED
    ends = ", ".join(f"{who} {min(v):.1f} to {max(v):.1f}" for who, v in (("cell", cells), ("plain", plains)))
    row = (
        f"{cell.name:34} {len(pairs):5}   C / ops, us: {ends}; distributions {far:.2f} apart, at most {REJECTED}   "
        f"{'not told' if len(pairs) < LOTTERY_LEAST else 'holds' if holds else 'FAILS'}"
    )
    return len(pairs) >= LOTTERY_LEAST, holds, row


def judge(cell: Cell, pairs: list[Pair]) -> tuple[bool, bool, str]:
    """Return whether the intervals tell, whether what must hold holds, and the row of the table."""
    if (cell.model, cell.flows) == LOTTERY:
        return judge_lottery(cell, pairs)
    t = exp(median_interval([math.log(p.cell_t / p.plain_t) for p in pairs]))
    known = with_demand(pairs)
    if len(known) < LEAST:
        return (
            False,
            False,
            f"{cell.name:34} {len(pairs):5}   {len(known)} with CPU per op: the machine is too busy   not told",
        )
    d = exp(median_interval([math.log(p.cell_d / p.plain_d) for p in known]))
    us = median_interval([(p.cell_d - p.plain_d) * 1e6 for p in known])
    full = median(p.plain_c * operations(cell) / p.plain_t for p in pairs) >= FULL
    off = 0.1 if full or cell.workload == "file_read" else 0.01
    t_holds, t_fails = inside(t, 1 - off, 1 + off)
    d_holds, d_fails = inside(us, -10, 10) if cell.flows == 1 else inside(d, 0.9, 1.1)
    told = (t_holds or t_fails) and (d_holds or d_fails)
    row = (
        f"{cell.name:34} {len(pairs):5}   {t.value:.4f} ({t.low:.4f} to {t.high:.4f})   "
        f"{d.value:.3f} ({d.low:.3f} to {d.high:.3f})   {us.value:+7.1f} ({us.low:+.1f} to {us.high:+.1f})   "
        f"{'holds' if t_holds and d_holds else 'FAILS' if t_fails or d_fails else 'not told'}"
    )
    return told or t_fails or d_fails, t_holds and d_holds, row


def inside(e: Estimate, low: float, high: float) -> tuple[bool, bool]:
    """Return whether an interval lies wholly inside the limits, and whether wholly outside."""
    return low <= e.low and e.high <= high, e.low > high or e.high < low


def exp(e: Estimate) -> Estimate:
    """Take an estimate of logarithms back."""
    return Estimate(math.exp(e.value), math.exp(e.low), math.exp(e.high), e.rounds)


def main() -> int:
    """Compare case by case; print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--most", type=int, default=60, help="pairs per case at most (default: %(default)s)")
    parser.add_argument("--inject-us", type=int, default=0, metavar="N", help="burn so much CPU in each op of the cell")
    parser.add_argument("--only", default="", metavar="TEXT", help="only cases whose name has this in it")
    parser.add_argument("--flows", type=int, nargs="*", metavar="N", help="only cases of so many flows")
    parser.add_argument("--arranged", action="store_true", help="the plain script as the suite arranges its flows")
    options = parser.parse_args()
    more = ["--arranged"] if options.arranged else []
    cores, order, all_hold = choose(allowed_cpus()), random.Random(), True
    pin(cores.other)
    print(
        f"{'cell / plain':34} {'pairs':>5}   {'T, ratio (95 %)':29} {'D, ratio (95 %)':24}   D, difference in us (95 %)"
    )
    with tempfile.TemporaryDirectory() as folder, http_server(cores.other) as server, disk_file() as file:
        referee = HttpReferee(server.address)  # kept: what it has announced is served until it hangs up
        referee.open(ACCOUNT)
        targets = Targets(server.address[1], file)
        package = inject(options.inject_us, Path(folder)) if options.inject_us else ROOT
        for cell in CELLS:
            pairs: list[Pair] = []
            lost = 0
            if options.only not in cell.name or (options.flows and cell.flows not in options.flows):
                continue
            while True:
                for _ in range(AT_A_TIME):
                    seed, figures = order.randrange(10**6), {}
                    arguments = (cell, seed, cores.measured, targets)
                    try:
                        for who in order.sample(("cell", "plain"), 2):
                            figures[who] = (
                                run_cell(*arguments, package) if who == "cell" else run_plain(*arguments, more)
                            )
                    except subprocess.CalledProcessError:  # a void cell: on a busy machine, the server gave other waits
                        lost += 1
                        if lost > MOST_LOST:
                            raise
                        continue
                    pairs.append(Pair(*figures["cell"], *figures["plain"]))
                if len(pairs) >= LEAST:
                    told, holds, row = judge(cell, pairs)
                    if told or len(pairs) >= options.most:
                        break
            print(row, flush=True)
            all_hold = all_hold and holds
    return 0 if all_hold else 1


if __name__ == "__main__":
    sys.exit(main())
