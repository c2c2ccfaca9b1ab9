"""`run`: from the user's options to a finished run folder.

    from bench.campaign.options import Options
    from bench.campaign.run import run

    folder = run(Options(preset="quick"))

gives what `make quick` gives, less the report: `bench.report.report.write(folder)` writes that.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from bench.campaign.campaign import Campaign
from bench.campaign.fit import ThisMachine, fitted
from bench.campaign.ladders import LadderRunner, ladders, stop_s
from bench.campaign.lock import machine_lock
from bench.campaign.new import new_manifest
from bench.campaign.options import Options
from bench.campaign.pilot import Capacities
from bench.campaign.progress import Progress
from bench.campaign.resume import old_manifest, same_core, same_cores
from bench.campaign.runnable import reason_not_to_run
from bench.campaign.subprocesses import Subprocesses
from bench.campaign.targets import TargetLostError, Targets, reachable, targets
from bench.harness.pin import allowed_cpus, pin
from bench.machine import limits, topology
from bench.presets.rows import Row
from bench.store import manifest as manifests
from bench.store.manifest import Manifest, NotRun
from bench.words import UserError


@dataclass
class Run:
    """A run that is about to be measured: where, what, and on which cores."""

    folder: Path
    manifest: Manifest
    rows: list[Row]
    cores: topology.Cores

    def go_on_with(self, rows: list[Row], unable: Sequence[NotRun]) -> None:
        """Measure these rows only, and list what cannot run, once. Raises UserError where nothing is left to measure."""
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
    """Measure; return the run's folder. The report is somebody else's work. Raises KeyboardInterrupt after saving."""
    with machine_lock(options.resume or options.preset or "bench"):
        this, progress = prepared(options), Progress()
        progress.line(
            f"measuring on CPU {this.cores.measured}, server and campaign on CPU {this.cores.other}; run {this.folder}"
        )
        limits.raise_files_limit()
        pin(this.cores.other)  # this process and the server stay off the measured core
        began_s = time.monotonic()
        with kept(this, progress), targets(this.rows, this.cores.other, this.folder) as there:
            this.go_on_with(*reachable(this.rows, there.lost))
            runner = subprocesses(this, there, progress)
            # What was measured before stays as it was fitted: another size would be another cell.
            file = None if this.begun() else there.file
            this.go_on_with(*fitted(this.rows, ThisMachine(file, Capacities(runner, progress))))
            this.manifest.plan = [asdict(row) for row in this.rows]
            this.manifest.write(this.folder)  # whatever ends this, a run that goes on has the same cells
            climb(this, runner, progress, began_s)
            measure(this, runner, progress, there, began_s)
        progress.line(f"measured {this.manifest.rounds} rounds in {this.manifest.elapsed_s:.0f} s")
    return this.folder


def prepared(options: Options) -> Run:
    """A new run, or the one that is to go on, with its manifest on disk."""
    if options.resume is not None:
        folder, manifest, rows = old_manifest(options)
        cores = topology.choose(allowed_cpus(), same_core(manifest, options.cpu))
        same_cores(manifest, cores)
    else:
        cores = topology.choose(allowed_cpus(), options.cpu)
        folder, manifest, rows = new_manifest(options, cores)
    manifest.write(folder)
    return Run(folder, manifest, rows, cores)


def subprocesses(this: Run, there: Targets, progress: Progress) -> Subprocesses:
    """Who runs the cells of a run."""
    return Subprocesses(
        this.cores.measured,
        this.cores.allowed,
        there.port,
        there.file,
        this.manifest.seed,
        this.manifest.host,
        progress.tick,
        postgres=there.postgres,
    )


def climb(this: Run, runner: Subprocesses, progress: Progress, began_s: float) -> None:
    """Ask how many flows there can be, where the preset does."""
    LadderRunner(
        this.folder,
        this.manifest,
        lambda tick: replace(runner, tick=tick),
        progress,
        reason_not_to_run,
        stop_s(this.manifest, began_s),
    ).run(ladders(this.manifest))


def measure(this: Run, runner: Subprocesses, progress: Progress, there: Targets, began_s: float) -> None:
    """Measure blocks until all are done or the budget is spent."""
    Campaign(
        this.folder,
        this.manifest,
        this.rows,
        runner,
        progress,
        check_target=there.check,
        began_s=began_s,
    ).run()


@contextmanager
def kept(this: Run, progress: Progress) -> Iterator[None]:
    """Whatever stops a run meanwhile, say that nothing is lost, and how to go on."""
    try:
        yield
    except (KeyboardInterrupt, TargetLostError, OSError):
        if this.manifest.state == "running":  # it fell before the first round
            this.manifest.state = "incomplete"
            with suppress(OSError):  # a full disk is what may have stopped it
                this.manifest.write(this.folder)
        progress.line(f'what was recorded is safe; go on with `make bench ARGS="--resume {this.folder}"`')
        raise
