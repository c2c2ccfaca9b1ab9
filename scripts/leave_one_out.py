"""Does another run lie where the pooled ones say? Every run is left out in turn, and held against what the others say together.

`python3 scripts/environment.py scripts/leave_one_out.py --out FOLDER [--runs 10] [--budget 4m] [options of bench run]` makes runs
of one plan, one after the other. With `--again FOLDER` it judges those that are there. Headline figures: CPU per op and time of
every cell that is judged, and every ratio to the reference model. Exit status: 0 if at least 90 of 100 lie inside, else 1.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from bench.analysis.estimates import Estimate
from bench.analysis.frames import TWIN
from bench.analysis.pooled import LEAST_TO_PREDICT, Pooled, pool, usable
from bench.commands.arguments import seconds
from bench.report.compare.sides import against, reference_of
from bench.report.figures import Run
from bench.report.machine.pooling import alike, figures_of
from bench.store import manifest as manifests
from bench.words import FIGURES, RunFailedError, UserError

INSIDE = 0.9  # of the figures of a run that was left out
Headlines = dict[tuple[str, ...], Estimate]


def headlines(run: Run, reference: str) -> Headlines:
    """The figures and the ratios of a run that have an interval, by what they are."""
    found: Headlines = {
        ("ratio", v.figure, v.block, v.model): v.ratio
        for v in against(run.verdicts, reference)
        if not v.withheld and TWIN not in v.model
    }
    found |= {("cell", figure, block, model): e for (block, figure, model), e in figures_of(run).items()}
    return {what: e for what, e in found.items() if usable(e)}


@dataclass(frozen=True)
class Tried:
    """One figure of a run that was left out, and what the others say of it."""

    what: tuple[str, ...]
    run: int
    value: float
    pooled: Pooled
    single: Estimate  # of the run before it: what one would say without pooling

    @property
    def inside(self) -> bool:
        """Does it lie in the interval for another run?"""
        return self.pooled.other_low <= self.value <= self.pooled.other_high

    @property
    def in_mean(self) -> bool:
        """Does it lie in the interval of the mean?"""
        return self.pooled.low <= self.value <= self.pooled.high

    @property
    def in_single(self) -> bool:
        """Does it lie in the interval of one other run?"""
        return self.single.low <= self.value <= self.single.high


def tries(runs: Sequence[Mapping[tuple[str, ...], Estimate]]) -> list[Tried]:
    """Leave out each run in turn, and try each of its figures that at least four others have."""
    found = []
    for i, run in enumerate(runs):
        others = [*runs[i + 1 :], *runs[:i]]  # the last one is the one before it
        for what, e in run.items():
            there = [other[what] for other in others if what in other]
            if (pooled := pool(there)) is not None and pooled.runs >= LEAST_TO_PREDICT:
                found.append(Tried(what, i, e.value, pooled, there[-1]))
    return found


def share(lies: Sequence[bool]) -> str:
    """How many of them, in words."""
    return f"{sum(lies):4} of {len(lies):4} ({sum(lies) / len(lies):.1%})" if lies else "none"


def told(found: Sequence[Tried]) -> list[str]:
    """The lines that say how many lie inside."""
    lines = []
    for kind in ("ratio", "cell"):
        for figure, words in FIGURES.items():
            there = [t for t in found if t.what[:2] == (kind, figure)]
            where = "ratios to the reference" if kind == "ratio" else "cells"
            lines.append(f"{words} of {where}: {share([t.inside for t in there])} inside")
    lines += [f"  outside: {' '.join(t.what)}, run {t.run + 1}: {outside(t)}" for t in found if not t.inside]
    lines += [
        f"all, in the interval of one other run: {share([t.in_single for t in found])}",
        f"all, in the interval of the mean:      {share([t.in_mean for t in found])}",
        f"all, in the interval for another run:  {share([t.inside for t in found])}; {INSIDE:.0%} wanted",
    ]
    return lines


def outside(t: Tried) -> str:
    """Where a figure lies that is outside."""
    return f"{t.value:.4g}, not in {t.pooled.other_low:.4g} to {t.pooled.other_high:.4g}"


def measure(folder: Path, count: int, budget_s: float, options: Sequence[str]) -> None:
    """Make so many runs below a folder; those that are there already are left. Raises RunFailedError."""
    for number in range(1, count + 1):
        out = folder / f"run-{number}"
        if (out / manifests.FILE).exists():
            continue
        command = [sys.executable, "-m", "bench", "run", "--budget", f"{budget_s:.0f}s", "--out", str(out), *options]
        done = subprocess.run(
            command, check=False, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
        )
        if done.returncode not in {0, 1}:  # 1: a cell was void, and the others count
            raise RunFailedError(f"run {number} failed: {(done.stderr.splitlines() or ['?'])[-1]}")
        print(f"run {number} of {count} done", flush=True)


def read(folder: Path) -> list[Run]:
    """The runs below a folder, the largest group of one machine, plan and code. Raises UserError where those are too few."""
    folders = sorted((path.parent for path in folder.glob(f"*/{manifests.FILE}")), key=lambda p: (len(p.name), p.name))
    about = [manifests.read_manifest(one) for one in folders]
    group = max(alike(about), key=len, default=[])
    if len(group) <= LEAST_TO_PREDICT:
        raise UserError(
            f"{folder}: {len(group)} runs of one machine, plan and code are too few: leaving one out takes {LEAST_TO_PREDICT + 1}"
        )
    return [Run(about[i], manifests.valid_records(folders[i], about[i])) for i in group]


def main() -> int:
    """Measure where that is asked for, judge, print."""
    parser = argparse.ArgumentParser(description="leave each run out, and see whether it lies where the others say")
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument(
        "--out", type=Path, metavar="FOLDER", help="where the runs go; those that are there are not made again"
    )
    where.add_argument("--again", type=Path, metavar="FOLDER", help="judge the runs that are there; measure nothing")
    parser.add_argument("--runs", type=int, default=10, metavar="N", help="how many runs (default: 10)")
    parser.add_argument(
        "--budget", type=seconds, default=240.0, metavar="TIME", help="of each run, at most (default: 4m)"
    )
    options, more = parser.parse_known_args()
    folder = (options.again or options.out).resolve()
    try:
        if options.out:
            measure(folder, options.runs, options.budget, more)
        runs = read(folder)
    except (UserError, RunFailedError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2 if isinstance(error, UserError) else 1
    reference = reference_of(runs)
    found = tries([headlines(run, reference) for run in runs])
    print(f"{len(runs)} runs of one machine, {runs[0].manifest.preset}; rounds: {runs[0].manifest.rounds}")
    print("\n".join(told(found)))
    return 0 if found and sum(t.inside for t in found) >= INSIDE * len(found) else 1


if __name__ == "__main__":
    sys.exit(main())
