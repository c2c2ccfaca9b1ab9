"""Does a cell from a template measure what a cell from nothing measures? `python scripts/template_proof.py`: an hour for 20 pairs.

Strategy: in each round a new template, as in a campaign; each cell is measured twice, from the template and as an interpreter of its
own, one directly after the other in random order. Printed for each cell: how many times the one is of the other, for D (CPU per op)
and T (the work phase), by Hodges and Lehmann over the rounds with a 95 % interval; then all cells pooled. What must hold: the
pooled interval within 4 % of 1, each estimate within 8 %. `--control` compares cells from nothing with themselves: what the
machine alone does to such ratios. Exit status: 0 if all hold, 1 if not, 2 where a cell is void again and again.
"""

from __future__ import annotations

import argparse
import math
import random
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from bench import cells
from bench.analysis.statistics import centre_interval
from bench.campaign.lock import machine_lock
from bench.campaign.subprocesses import Attempt, Subprocesses
from bench.campaign.targets import targets
from bench.campaign.templates import Templates
from bench.figures import demand_of
from bench.harness.pin import allowed_cpus, pin
from bench.machine.limits import raise_files_limit
from bench.machine.topology import choose
from bench.presets.rows import Row
from bench.store import records
from bench.words import Cell, RunFailedError

WORKLOADS = ("sleep", "http_get", "brigade")
MODELS = ("thread", "process", "asyncio", "uvloop", "native_thread", "native_epoll")
FLOWS = 100
POOLED, EACH = 1.04, 1.08
TRIES = 3

Pair = tuple[Mapping[str, float], Mapping[str, float]]  # the figures from the template, and from nothing


@dataclass(frozen=True)
class Sitting:
    """Where cells are run, from a template or from nothing."""

    folder: Path
    forked: Subprocesses
    fresh: Subprocesses
    pairs: dict[Cell, list[Pair]] = field(default_factory=dict)

    def figures(self, cell: Cell, round_: int, runner: Subprocesses) -> Mapping[str, float]:
        """D and T of one cell, in seconds. Raises RunFailedError where it is void every time."""
        path, void = self.folder / "record.json", ""
        for attempt in range(1, TRIES + 1):
            void = runner(Attempt(cell, round_, attempt, path, cells.time_limit_s(cell))).void
            if not void:
                record = records.read(path)
                return {"D": demand_of(record.metadata), "T": record.value_s}
        raise RunFailedError(f"{cell.name}: {void}")

    def measure(self, cell: Cell, round_: int, order: random.Random) -> None:
        """Measure a cell both ways, in random order."""
        found = {}
        for side in order.sample((0, 1), 2):
            found[side] = self.figures(cell, round_, (self.forked, self.fresh)[side])
        self.pairs.setdefault(cell, []).append((found[0], found[1]))


def logs(pairs: Sequence[Pair], figure: str) -> list[float]:
    """The log ratios of one figure."""
    return [math.log(ours[figure] / theirs[figure]) for ours, theirs in pairs]


def row(what: str, values: Sequence[float]) -> tuple[float, float, float]:
    """Print a ratio; return it with its interval."""
    estimate = centre_interval(values)
    value, low, high = (math.exp(x) for x in (estimate.value, estimate.low, estimate.high))
    spread = math.exp(math.sqrt(sum(x * x for x in values) / len(values)))
    print(f"{what:32} {value:.3f} ({low:.3f} to {high:.3f})   rms of single pairs {spread:.3f}", flush=True)
    return value, low, high


def judged(pairs: Mapping[Cell, Sequence[Pair]]) -> bool:
    """Print all ratios; return whether they are what they must be."""
    holds = True
    for figure in ("D", "T"):
        for cell, there in pairs.items():
            value = row(f"{figure} {cell.name}", logs(there, figure))[0]
            holds &= 1 / EACH <= value <= EACH
        pooled = [value for there in pairs.values() for value in logs(there, figure)]
        _, low, high = row(f"{figure} of all", pooled)
        holds &= 1 / POOLED <= low <= high <= POOLED
    print("holds" if holds else "FAILS")
    return holds


def main() -> int:
    """Measure all pairs, and judge them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=20, help="of each cell (default: %(default)s)")
    parser.add_argument("--ops", type=int, help="of each flow (default: the workload's own)")
    parser.add_argument("--workloads", default=",".join(WORKLOADS), help="likewise (default: %(default)s)")
    parser.add_argument(
        "--models", default=",".join(MODELS), help="names with commas between them (default: %(default)s)"
    )
    parser.add_argument("--control", action="store_true", help="start both sides from nothing")
    options = parser.parse_args()
    cores = choose(allowed_cpus())
    raise_files_limit()
    pin(cores.other)
    parameters = (("ops", options.ops),) if options.ops else ()
    models, workloads = tuple(options.models.split(",")), tuple(options.workloads.split(","))
    every = [Cell(workload, model, FLOWS, parameters) for workload in workloads for model in models]
    wanted = [cell for cell in every if not cells.not_here(cell)]
    rows = [Row(workload, FLOWS, models, 1, 1) for workload in workloads]
    order = random.Random()
    with (
        machine_lock("template_proof"),
        tempfile.TemporaryDirectory() as folder,
        targets(rows, cores.other, Path(folder)) as started,
        Templates() as templates,
    ):
        fresh = Subprocesses(cores.measured, cores.allowed, 0, "here", started.arguments)
        forked = fresh if options.control else replace(fresh, templates=templates)
        sitting = Sitting(Path(folder), forked, fresh)
        try:
            for round_ in range(1, options.pairs + 1):
                for cell in order.sample(wanted, len(wanted)):
                    sitting.measure(cell, round_, order)
        except RunFailedError as error:
            print(f"template_proof: {error}", file=sys.stderr)
            return 2
    return 0 if judged({cell: sitting.pairs[cell] for cell in wanted}) else 1


if __name__ == "__main__":
    sys.exit(main())
