"""The suite judges itself: `python -m scripts.selftest`, at most 20 minutes.

It measures three things. (1) Equal copies of a few cells, and copies with a known slowdown in one body, as many rounds as
fit. How often does it see a difference between equals, and how often one that is there? (2) Two runs of the headline cells,
one after the other. Do they agree? (3) The same cells with pyperf's defaults. How long do they take to the same width?
It also draws data with the spread just seen and a known truth. Do the intervals cover it as often as they say? It prints
each figure beside what must hold. All values go to reports/selftest/. Exit status: 0 if all holds, 1 if not.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from bench.campaign.lock import machine_lock
from bench.campaign.progress import Progress
from bench.campaign.subprocesses import CellRunner, Subprocesses
from bench.commands.arguments import seconds
from bench.harness.pin import allowed_cpus, pin
from bench.machine import host, limits, topology
from bench.machine.children import ROOT
from bench.presets import PRECISION
from bench.report.figures import Run
from bench.report.sentences import chosen
from bench.store import atomic, manifest, runs
from bench.targets.http_referee import http_server
from bench.words import UserError
from scripts.selftest import judging, pool, simulation, with_pyperf

RUN_S = 170.0  # of the headline cells alone, without processes: they have as many rounds then as in a run of all cells
RUNS = ["--workload", "sleep,http_get", "--flows", "100,1000", "--model", "thread,asyncio,uvloop"]
PYPERF_S = 4 * pool.INTERLUDE_S  # what pyperf takes
# What judging takes: 20 to 52 s of 20 minutes, on a slow machine, and more where more rounds make more unlike tries.
JUDGING_S, JUDGING_SHARE = 60.0, 0.05
TRIES = 4000
SIZES, OUTLIERS, STATES = (8, 12, 20, 30), (0.0, 0.03, 0.1), 0.3
# The drift from a run's first round to its last that is drawn: normal, with this standard deviation.
DRIFT = 0.2

# What must hold.
ALARM_P, VERDICTS, COVERED, OVERLAP = 0.05, 400, 0.93, 0.95
LONGER = "60m"  # knows D to 5 % where it varies by 16 % between processes
FOUND: dict[tuple[str, float], float] = {("T", 0.05): 0.95, ("T", 0.1): 1.0, ("D", 0.1): 0.8, ("D", 0.2): 0.95}


class Report:
    """Prints what was found, keeps it, and knows whether all holds."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.holds = True

    def line(self, text: str = "") -> None:
        """Print a line."""
        self.lines.append(text)
        print(text, flush=True)

    def must(self, text: str, *, holds: bool, excuse: str = "") -> None:
        """Print a line that says whether what must hold does; `excuse`: why it may not, where there is a reason."""
        self.holds = self.holds and holds
        self.line(f"{text:96} {'holds' if holds else f'DOES NOT HOLD{excuse}'}")


def measured(
    folder: Path, until_s: float, progress: Progress, *, by_pyperf: bool
) -> tuple[list[pool.Value], list[with_pyperf.Width]]:
    """Measure copies, equal and slowed down, until it is time, and between their rounds, where that is asked, by pyperf's
    default, the two cells that have a plain script.
    """
    cores = topology.choose(allowed_cpus())
    limits.raise_files_limit()
    pin(cores.other)
    with machine_lock("selftest"), http_server(cores.other) as server:

        def run(package: Path) -> CellRunner:
            targets, label = (f"http={server.address[1]}",), host.host_label(host.cpu_model())
            return Subprocesses(cores.measured, cores.allowed, 1, label, targets, tick=progress.tick, root=package)

        copies = pool.same(pool.COPIES, pool.with_lines("the same body, nothing added", {}))
        for change in pool.CHANGES:
            copies += pool.changed(change)
        default = partial(with_pyperf.Default, folder=folder, cpu=cores.measured, port=server.address[1])
        plain = ("sleep", "http_get") if by_pyperf else ()
        pairs = [(default(workload, "thread"), default(workload, "asyncio")) for workload in plain]
        each = [one for pair in pairs for one in pair]
        values = pool.measure(
            copies,
            run,
            until_s,
            pool.Listener(
                lambda what, left: progress.at(0, 0, 0.0, what, left),
                lambda found: atomic.write_json(folder / "values.json", [asdict(value) for value in found]),
            ),
            random.sample(each, len(each)),
        )
    widths = [with_pyperf.width(*pair) for pair in pairs]
    atomic.write_json(folder / "pyperf.json", [asdict(one) for one in widths])
    return values, widths


def run_twice(folder: Path) -> list[Run]:
    """Run the headline cells twice."""
    found = []
    for number in (1, 2):
        out = folder / f"run-{number}"
        command = [sys.executable, "-m", "bench", "run", *RUNS, "--budget", f"{RUN_S:.0f}s", "--out", str(out)]
        done = subprocess.run(
            command, check=False, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
        )
        if done.returncode not in {0, 1}:  # 1: a cell was void, which the page would say
            raise UserError(f"run {number} of the headline cells failed: {(done.stderr.splitlines() or ['?'])[-1]}")
        found.append(judged(out))
    return found


def judged(folder: Path) -> Run:
    """Read a run."""
    about = manifest.read_manifest(folder)
    return Run(about, manifest.valid_records(folder, about))


def report_alarms(report: Report, values: Sequence[pool.Value], folder: Path) -> None:
    """Equals that are called different."""
    found = judging.alarms(values, pool.COPIES) if values else None
    if found is None or not found.verdicts:
        report.must(f"False alarms: fewer than {judging.WINDOW} rounds were measured, which is none", holds=False)
        return
    report.line(f"False alarms: pairs of equal copies among all pairs, {judging.WINDOW} rounds each, T and D")
    report.must(
        f"  intervals that leave out 1: {found.intervals} of {found.verdicts} ({found.intervals / found.verdicts:.1%}; 5 % are promised), "
        f"p of such a share among {found.independent}: {found.interval_p:.2f}",
        holds=found.interval_p >= ALARM_P,
    )
    report.must(
        f"  called different: {found.different} of {found.verdicts} ({found.different / found.verdicts:.1%}; {VERDICTS} verdicts "
        f"wanted), p of so many at 5 %: {found.p:.2f}",
        holds=found.p >= ALARM_P and found.verdicts >= VERDICTS,
    )
    verdicts, alarms = with_pyperf.compare_to(values, pool.COPIES, folder)
    report.line(
        f"  pyperf compare_to on the same times: {alarms} of {verdicts} called different ({alarms / verdicts:.1%})"
    )


def report_detection(report: Report, values: Sequence[pool.Value]) -> None:
    """Known slowdowns that are found."""
    if max((value.round for value in values), default=0) < judging.WINDOW:
        report.must(f"Known slowdowns: fewer than {judging.WINDOW} rounds were measured", holds=False)
        return
    report.line(f"Known slowdowns of one body, found at the default precision ({judging.LEAST} rounds or more)")
    find = partial(judging.detection, values, copies=pool.COPIES, precision=PRECISION)
    with ProcessPoolExecutor() as workers:  # nothing is measured any more
        found = list(workers.map(find, pool.CHANGES))
    for change, detections in zip(pool.CHANGES, found, strict=True):
        for one in detections:
            text = f"  {change.name:18} {one.workload:9} came out as {one.size:+6.1%} ({one.least:+.1%} to {one.most:+.1%}), "
            text += f"found in {one.found} of {one.tries} tries of {one.rounds:g} rounds, {one.apart} of them unlike, {one.precise} precise"
            wanted = FOUND.get((change.figure, change.share))
            if wanted is None:
                report.line(text)
                continue
            few = one.precise < one.tries / 2
            report.must(
                f"{text}; {wanted:.0%} wanted",
                holds=one.found >= wanted * one.tries and one.as_called,
                excuse=(
                    f": it is not as large as it is called ({change.share:.0%})"
                    if not one.as_called
                    else f": it takes more rounds here, give it --budget {LONGER}"
                    if few
                    else ""
                ),
            )


def report_coverage(report: Report, values: Sequence[pool.Value]) -> None:
    """Intervals that hold a known truth."""
    cells: dict[tuple[str, str], list[float]] = {}
    for value in values:
        cells.setdefault((value.workload, value.copy), []).append(value.D)
    wobble = simulation.spread(list(cells.values()))
    report.line(
        f"Coverage of the 95 % intervals on drawn data: spread of D as seen here ({wobble:.1%}), drift over the run {DRIFT:.0%}, {TRIES:,} tries"
    )
    for missing in (0.0, 0.2):
        for outliers in OUTLIERS:
            found = [
                simulation.coverage(
                    simulation.World(wobble, DRIFT, outliers, missing=missing), rounds, TRIES, seed=rounds
                )
                for rounds in SIZES
            ]
            what = f"  {outliers:3.0%} of processes far off, {'one model lacks a fifth of the rounds' if missing else 'all rounds there'}: "
            shares = ", ".join(f"{c:.1%} ({n})" for n, c in zip(SIZES, found, strict=True))
            report.must(what + shares, holds=min(found) >= COVERED)
    states = [simulation.coverage(simulation.World(wobble, DRIFT, states=STATES), n, TRIES, seed=n) for n in SIZES]
    shares = ", ".join(f"{c:.1%} ({n})" for n, c in zip(SIZES, states, strict=True))
    report.must(
        f"  one model alone four times as much in {STATES:.0%} of its rounds: {shares}", holds=min(states) >= COVERED
    )
    stopped = [
        simulation.coverage(simulation.World(wobble, DRIFT, outliers), max(SIZES), TRIES, 1, PRECISION["D"])
        for outliers in OUTLIERS
    ]
    shares = ", ".join(f"{c:.1%} ({outliers:.0%} far off)" for outliers, c in zip(OUTLIERS, stopped, strict=True))
    report.must(
        f"  stopped at ±{PRECISION['D']:.0%}, {max(SIZES)} rounds at most: {shares}", holds=min(stopped) >= COVERED
    )


def report_agreement(report: Report, two: Sequence[Run]) -> None:
    """Two runs of the same."""
    found = judging.agreement(*(chosen(run) for run in two))
    rounds = " and ".join(str(run.manifest.rounds) for run in two)
    report.line(f"Two runs of the headline cells, one after the other ({rounds} rounds)")
    report.must(f"  verdicts that are reversed: {len(found.reversed)}", holds=not found.reversed)
    if not found.ratios:
        report.must("  intervals that overlap: none, there were too few rounds for intervals", holds=False)
        return
    share = found.overlap / found.ratios
    report.must(f"  intervals that overlap: {found.overlap} of {found.ratios} ({share:.1%})", holds=share >= OVERLAP)
    report.line(
        f"  ratios of which a comparison of the two would say that they changed: {found.changed} of {found.ratios} "
        "(one in twenty, if nothing but chance differs; drift adds to that)"
    )


def report_pyperf(report: Report, widths: Sequence[with_pyperf.Width], values: Sequence[pool.Value]) -> None:
    """Time to the same width."""
    report.line(
        "How well asyncio's T is known as a multiple of thread's: by pyperf's default (20 processes, 3 values), and by rounds"
    )
    ours = [judging.known(values, width.workload) for width in widths]
    for width, known in zip(widths, ours, strict=True):
        report.line(
            f"  {width.workload}: ±{width.half:.2%} in {width.seconds:.0f} s by pyperf, "
            f"±{known.half:.2%} in {known.seconds:.0f} s by {known.rounds} rounds"
        )
    half, seconds_ = statistics.median(width.half for width in widths), sum(width.seconds for width in widths)
    all_of_them = judging.Known(
        statistics.median(known.half for known in ours), ours[0].rounds, sum(known.seconds for known in ours)
    )
    took = all_of_them.seconds_to(half)
    report.line(
        f"  to the median width of ±{half:.2%}: {seconds_:.0f} s by pyperf, {took:.0f} s by rounds, which is {took / seconds_:.2f} of that "
        "(two single cells; half of it is asked on the headline cells: scripts/beside_pyperf.py)"
    )


@dataclass
class Measured:
    """What there is to judge: values of copies, widths by pyperf, two runs; where it lies."""

    folder: Path
    values: Sequence[pool.Value] = ()
    widths: Sequence[with_pyperf.Width] = ()
    two: Sequence[Run] = ()


@dataclass(frozen=True)
class Question:
    """One thing that is asked: how it is judged, and what it needs to be measured: copies, pyperf, two runs."""

    judge: Callable[[Report, Measured], None]
    needs: frozenset[str]


QUESTIONS: dict[str, Question] = {
    "alarms": Question(lambda report, m: report_alarms(report, m.values, m.folder), frozenset({"copies"})),
    "detection": Question(lambda report, m: report_detection(report, m.values), frozenset({"copies"})),
    "coverage": Question(lambda report, m: report_coverage(report, m.values), frozenset({"copies"})),
    "agreement": Question(lambda report, m: report_agreement(report, m.two), frozenset({"runs"})),
    "pyperf": Question(lambda report, m: report_pyperf(report, m.widths, m.values), frozenset({"copies", "pyperf"})),
}
# The fewest seconds that each takes; of copies, so many that there are rounds enough for an interval.
LEAST_S = {"runs": 2 * RUN_S, "pyperf": PYPERF_S, "copies": 60.0}


def chosen_questions(text: str) -> list[str]:
    """The questions that are named, in their order; raises UserError for an unknown one."""
    named = [name.strip() for name in text.split(",") if name.strip()]
    if unknown := [name for name in named if name not in QUESTIONS]:
        raise UserError(f"--only {unknown[0][:40]}: there is no such question; there are {', '.join(QUESTIONS)}")
    return [name for name in QUESTIONS if name in named or not named]


def main() -> int:
    """Measure, judge, print."""
    parser = argparse.ArgumentParser(prog="python -m scripts.selftest", description="The suite judges itself.")
    parser.add_argument(
        "--budget", type=seconds, default=1200.0, metavar="TIME", help="at most this long (default: 20m)"
    )
    parser.add_argument(
        "--only",
        default="",
        metavar="NAME[,NAME]",
        help=f"ask only this, and measure only what it needs ({', '.join(QUESTIONS)})",
    )
    parser.add_argument("--out", type=Path, metavar="FOLDER", help="where all values go (default: reports/selftest/)")
    parser.add_argument(
        "--again", type=Path, metavar="FOLDER", help="judge what an earlier one measured; measure nothing"
    )
    options = parser.parse_args()
    try:
        return judge(options)
    except UserError as error:
        print(f"selftest: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\nselftest: interrupted; nothing was judged", file=sys.stderr)
        return 130


def read_again(folder: Path, needs: Collection[str]) -> Measured:
    """What an earlier selftest has measured. Raises UserError where something that is needed is not there."""
    found = Measured(folder)
    try:
        if "copies" in needs:
            found.values = [pool.Value(**entry) for entry in json.loads((folder / "values.json").read_text())]
        if "pyperf" in needs:
            found.widths = [with_pyperf.Width(**entry) for entry in json.loads((folder / "pyperf.json").read_text())]
    except (OSError, ValueError, TypeError) as error:
        raise UserError(f"{folder} has not all that a selftest measures: {error}") from error
    if "runs" in needs:
        found.two = [judged(folder / f"run-{number}") for number in (1, 2)]
    return found


def measure_now(options: argparse.Namespace, needs: Collection[str], progress: Progress) -> Measured:
    """Measure what is needed. Raises UserError where the budget is too small for it."""
    since = time.monotonic()
    least = sum(LEAST_S[need] for need in needs) + JUDGING_S
    if options.budget < least:
        raise UserError(f"{options.budget:.0f} s are too few: what is asked takes {least:.0f} s at least")
    folder = options.out or runs.REPORTS / "selftest" / f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
    folder.mkdir(parents=True, exist_ok=True)
    found = Measured(folder.resolve())  # a link of the user's leads on, once
    if "runs" in needs:
        progress.at(0, 0, 0.0, "two runs of the headline cells", 2 * RUN_S)
        found.two = run_twice(found.folder)
    if "copies" in needs:
        judging_s = max(JUDGING_S, JUDGING_SHARE * options.budget)
        until_s = since + options.budget - judging_s
        found.values, found.widths = measured(found.folder, until_s, progress, by_pyperf="pyperf" in needs)
    return found


def judge(options: argparse.Namespace) -> int:
    """Measure, unless that was done before, and print the judgement."""
    progress, report = Progress(), Report()
    asked = [QUESTIONS[name] for name in chosen_questions(options.only)]
    needs = frozenset[str]().union(*(question.needs for question in asked))
    found = read_again(options.again, needs) if options.again else measure_now(options, needs, progress)
    for question in asked:
        question.judge(report, found)
        report.line()
    what = "everything" if len(asked) == len(QUESTIONS) else "all that was asked"
    report.line(f"{what} holds" if report.holds else f"not {what} holds")
    atomic.write_text(found.folder / "selftest.txt", "\n".join(report.lines) + "\n")
    progress.line(f"all values: {found.folder}")
    return 0 if report.holds else 1


if __name__ == "__main__":
    sys.exit(main())
