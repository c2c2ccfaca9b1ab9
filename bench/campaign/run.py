"""`run`: from the user's options to a finished run folder.

    from bench.campaign.options import Options
    from bench.campaign.run import run

    folder = run(Options(preset="quick"))

gives what `make quick` gives, without the report. `bench.report.report.write(folder)` writes that.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from bench.campaign import ladders, reports
from bench.campaign.attempts import Attempts
from bench.campaign.budget import Least, first_cells
from bench.campaign.campaign import Campaign
from bench.campaign.fit import ThisMachine, fitted
from bench.campaign.ladders import LadderRunner
from bench.campaign.lock import machine_lock
from bench.campaign.new import new_manifest
from bench.campaign.options import Options
from bench.campaign.pilot import Capacities
from bench.campaign.plan import Plan
from bench.campaign.progress import Progress
from bench.campaign.reports import ReportCost
from bench.campaign.resume import old_manifest, same_core, same_cores
from bench.campaign.runnable import reason_not_to_run
from bench.campaign.subprocesses import Subprocesses
from bench.campaign.targets import TargetLostError, Targets, reachable, targets
from bench.campaign.templates import Templates
from bench.harness.pin import allowed_cpus, pin
from bench.machine import limits, topology
from bench.presets import PRESETS
from bench.presets.rows import Row
from bench.store import manifest as manifests
from bench.store.manifest import Manifest, NotRun
from bench.words import UserError


@dataclass
class Setup:
    """A run that is about to be measured: where, what, and on which cores."""

    folder: Path
    manifest: Manifest
    rows: list[Row]
    cores: topology.Cores
    report: ReportCost

    def go_on_with(self, rows: list[Row], unable: Sequence[NotRun]) -> None:
        """Measure these rows only, and list what cannot run, once. Raises UserError where nothing is left to measure.

        Raises TargetLostError in a run that goes on, where what it began with cannot be had: the plan must stay what it is.
        """
        if unable and self.begun():
            lost = unable[0]
            raise TargetLostError(f"{lost.cell} could run when this run began, and cannot now: {lost.reason}")
        self.rows = rows
        self.manifest.not_run += [entry for entry in unable if entry not in self.manifest.not_run]
        if not rows:
            self.manifest.state = "failed"
            self.manifest.write(self.folder)
            raise UserError(f"nothing of this can run here: {unable[0].cell}: {unable[0].reason}")

    def begun(self) -> bool:
        """Has anything been recorded?"""
        return any((self.folder / manifests.RAW).iterdir())


def run(options: Options) -> Path:
    """Measure; return the run's folder. Raises KeyboardInterrupt, when interrupted, after saving what was measured."""
    with machine_lock(options.resume or options.preset or "bench"):
        began_s = time.monotonic()
        setup, progress = set_up(options), Progress()
        progress.line(
            f"measuring on CPU {setup.cores.measured}, server and campaign on CPU {setup.cores.other}; run {setup.folder}"
        )
        limits.raise_files_limit()
        pin(setup.cores.other)  # this process and the server stay off the measured core
        with (
            kept(setup, progress),
            targets(setup.rows, setup.cores.other, setup.folder) as started,
            Templates() as templates,
        ):
            setup.go_on_with(*reachable(setup.rows, started.lost))
            runner = replace(subprocesses(setup, started, progress, templates), debug=options.debug)
            # What was measured before stays as it was fitted: another size would be another cell.
            file = None if setup.begun() else started.place("file")
            capacities = Capacities(runner, progress)
            setup.go_on_with(*fitted(setup.rows, ThisMachine(file, capacities, capacities.cost_s)))
            setup.manifest.plan = [asdict(row) for row in setup.rows]
            setup.manifest.write(setup.folder)  # if the run is stopped, it goes on with the same cells
            climb(setup, runner, progress, began_s)
            measure(setup, runner, progress, started, began_s)
        progress.line(f"measured {setup.manifest.rounds} rounds in {setup.manifest.elapsed_s:.0f} s")
    return setup.folder


def set_up(options: Options) -> Setup:
    """A new run, or the one that is to go on, with its manifest on disk."""
    if options.resume is not None:
        folder, manifest, rows = old_manifest(options)
        cores = topology.choose(allowed_cpus(), same_core(manifest, options.cpu))
        same_cores(manifest, cores)
        if options.budget_s is not None:
            check_rest(folder, manifest, rows, options.budget_s)
    else:
        cores = topology.choose(allowed_cpus(), options.cpu)
        folder, manifest, rows = new_manifest(options, cores)
    manifest.write(folder)
    return Setup(folder, manifest, rows, cores, reports.here(manifest.host))


def check_rest(folder: Path, manifest: Manifest, rows: list[Row], budget_s: float) -> None:
    """Raise UserError where a budget is too small to go on with a run."""
    first = first_cells(Plan(rows, manifest.seed), Attempts(folder, manifest).done)
    share = ladders.share(PRESETS[manifest.preset]) if ladders.ladders(manifest) else 0.0
    Least(rows, first, reports.here(manifest.host), reports.count(folder), share).check(budget_s)


def subprocesses(setup: Setup, started: Targets, progress: Progress, templates: Templates) -> Subprocesses:
    """The runner of a run's cells."""
    return Subprocesses(
        setup.cores.measured,
        setup.cores.allowed,
        setup.manifest.seed,
        setup.manifest.host,
        started.arguments,
        progress.tick,
        templates=templates,
    )


def climb(setup: Setup, runner: Subprocesses, progress: Progress, began_s: float) -> None:
    """Ask how many flows there can be, where the preset does."""
    LadderRunner(
        setup.folder,
        setup.manifest,
        lambda tick: replace(runner, tick=tick),
        progress,
        reason_not_to_run,
        ladders.stop_s(setup.manifest, began_s),
    ).run(ladders.ladders(setup.manifest))


def measure(setup: Setup, runner: Subprocesses, progress: Progress, started: Targets, began_s: float) -> None:
    """Measure blocks until all are done or the budget is spent."""
    Campaign(
        setup.folder,
        setup.manifest,
        setup.rows,
        runner,
        progress,
        check_target=started.check,
        began_s=began_s,
        report=setup.report,
    ).run()


@contextmanager
def kept(setup: Setup, progress: Progress) -> Iterator[None]:
    """Where something stops a run, say that nothing is lost, and how to go on."""
    try:
        yield
    except (KeyboardInterrupt, TargetLostError, OSError):
        if setup.manifest.state == "running":  # it was stopped before the first round
            setup.manifest.state = "incomplete"
            with suppress(OSError):  # a full disk is what may have stopped it
                setup.manifest.write(setup.folder)
        progress.line(f'what was recorded is safe; go on with `make bench ARGS="--resume {setup.folder}"`')
        raise
