"""Does CPU per op depend on how long one measures? `python scripts/steady.py` measures cells and compares quarters of their ops.

Strategy: each cell is a fresh process, in random order. Its record has CPU per op by quarters of the ops that ended after all flows
were running. What must hold: the last three quarters against the first are in the median within 7 % for each cell, and within
3 % over all of them. On a machine that others share, a core is up to twice as slow for tenths of a second, so a single ratio lies
anywhere between 0.7 and 1.4. So a median has its 95 % interval, and where it lies outside but the interval reaches inside, nothing
is told: measure more cells. Under `brigade/process` the processes of one cell differ by up to three times: that is shown, and nothing is
claimed of it. It also prints the CPU of null cells, as a share of that of the cells: at most 3 % for four models. Exit status: 0 if
all hold, 1 if not.
"""

from __future__ import annotations

import argparse
import math
import random
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from bench.analysis.statistics import median_interval
from bench.figures import DERIVED, demand_of
from bench.harness.pin import allowed_cpus, pin
from bench.machine.topology import choose
from bench.store import records
from bench.targets.http_referee import http_server
from bench.words import Cell

WORKLOADS = ("sleep", "http_get", "brigade")
MODELS = ("thread", "process", "asyncio", "uvloop")
FLOWS = 100
EACH, POOLED, NULL_SHARE = 0.07, 0.03, 0.03
NO_CLAIM = ("brigade", "process")


@contextmanager
def targets(core: int) -> Iterator[list[str]]:
    """A server, as a cell's arguments name it."""
    with http_server(core) as server:
        yield ["--target", f"http={server.address[1]}"]


def run(cell: Cell, cpu: int, arguments: Sequence[str]) -> Mapping[str, float]:
    """Measure one cell; return the numbers of its record. Raises CalledProcessError where it is void."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "record.json"
        command = [sys.executable, "-m", "bench.worker.main", cell.name, "--record", str(path), "--cpu", str(cpu)]
        command += ["--seed", str(random.randrange(10**6)), *arguments]
        subprocess.run(command, check=True, cwd=ROOT, stdout=subprocess.DEVNULL)
        found = records.read(path)
    return {key: float(value) for key, value in found.metadata.items() if not isinstance(value, str)}


def later(figures: Mapping[str, float]) -> float:
    """CPU per op of the last three quarters, as a ratio to that of the first."""
    ((of, derive),) = ((of, derive) for name, of, derive in DERIVED if name == "D_later")
    return float(derive(*(figures.get(name, math.nan) for name in of)))


def ends(values: Sequence[float]) -> str:
    """The median of some values, its 95 % interval where there is one, and how many there were."""
    known = [value for value in values if not math.isnan(value)]
    if not known:
        return "none"
    found = median_interval(known)
    shown = f"({found.low:.3f} to {found.high:.3f}) " if found.has_interval else ""
    return f"{found.value:.3f} {shown}n={len(known)}"


def judge(ratios: Sequence[float], most: float) -> tuple[bool, str]:
    """Do ratios lie around 1, their median no further off than so much? And the verdict; cells without quarters are left out."""
    known = [ratio for ratio in ratios if not math.isnan(ratio)]
    if not known:
        return False, "not told"
    found = median_interval(known)
    if abs(found.value - 1) <= most:
        return True, "holds"
    reaches = not found.has_interval or (found.low <= 1 + most and found.high >= 1 - most)
    return False, "not told" if reaches else "FAILS"


def main() -> int:
    """Measure, print, judge."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cells", type=int, default=10, help="of each workload and model (default: %(default)s)")
    parser.add_argument("--nulls", type=int, default=5, help="null cells of each (default: %(default)s)")
    parser.add_argument("--only", default="", metavar="TEXT", help="only cells whose name has this in it")
    options = parser.parse_args()
    cores, order = choose(allowed_cpus()), random.Random()
    pin(cores.other)
    all_cells = [Cell(w, m, FLOWS) for w in WORKLOADS for m in MODELS]
    all_cells = [cell for cell in all_cells if options.only in cell.name]
    full: dict[Cell, list[Mapping[str, float]]] = {cell: [] for cell in all_cells}
    null: dict[Cell, list[float]] = {cell: [] for cell in all_cells}
    with targets(cores.other) as arguments:
        for turn in range(max(options.cells, options.nulls)):
            for cell in order.sample(all_cells, len(all_cells)):
                if turn < options.cells:
                    full[cell].append(run(cell, cores.measured, arguments))
                if turn < options.nulls:
                    nothing = Cell(cell.workload, cell.model, cell.flows, (("ops", 0),))
                    null[cell].append(run(nothing, cores.measured, arguments)["cpu_s"])
    holds, pooled = True, []
    print(f"{'cell':24} {'last three quarters / first':34} {'CPU per op, us':34} null cell's CPU")
    for cell, found in full.items():
        ratios = [later(figures) for figures in found]
        if claimed := (cell.workload, cell.model) != NO_CLAIM:
            pooled += ratios
        share = (
            statistics.median(null[cell]) / statistics.median(figures["cpu_s"] for figures in found)
            if null[cell]
            else 0.0
        )
        good, verdict = judge(ratios, EACH) if claimed else (True, "no claim")
        if share > NULL_SHARE:
            good, verdict = False, f"{verdict}, null cell FAILS"
        holds = holds and good
        demand = ends([demand_of(figures) * 1e6 for figures in found])
        print(f"{cell.name:24} {ends(ratios):34} {demand:34} {share:.1%}   {verdict}")
    if pooled:
        good, verdict = judge(pooled, POOLED)
        print(f"{'all':24} {ends(pooled):34} {'':34} {'':4}   {verdict}")
        holds = holds and good
    return 0 if holds else 1


if __name__ == "__main__":
    sys.exit(main())
