"""How many flows of a model can there be? Ever larger cells, until all are there that were asked for, or something stops.

Strategy: each step of a ladder is a cell like any other, with a record. What stops it is no fault but an answer: it is
kept in the manifest by name and value, as read when it stopped. No cell may take more than half of the memory that is
free. What a step took of it, and how long, says what the next one would. After each step the machine must be as well as
before.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench import cells
from bench.campaign.progress import Progress
from bench.campaign.subprocesses import Attempt, CellRunner
from bench.machine import limits
from bench.presets import PRESETS
from bench.presets.rows import Ladder, Preset
from bench.store import manifest as manifests
from bench.store import records
from bench.store.manifest import Manifest, Rung, Void
from bench.words import NOT_ENDED, Cell, Finding

MOST_MEMORY = 0.5  # of what is free
DOUBT = 1.25  # a step can take more than its share: 8,000 processes took 2.2 times what 4,000 had
STEP_S = 120.0  # a step may take at least so long: many thousand flows get in each other's way
# What may be left of a step, in tasks and as a share of memory; and how long to wait until no more is.
MOST_LEFT_TASKS, MOST_LEFT_MEMORY, PATIENCE_S = 50, 0.05, 30.0


def ladders(manifest: Manifest) -> list[Ladder]:
    """The preset's ladders, of what the user asked for; none where a number of flows was named."""
    asked = PRESETS[manifest.preset].ladders if manifest.ladders else ()
    return [ladder for ladder in asked if ladder.workload in manifest.workloads and ladder.model in manifest.models]


def stop_s(manifest: Manifest, began_s: float) -> float:
    """When ladders must stop in a run that began at `began_s`: they have a share of its budget."""
    return began_s + share(PRESETS[manifest.preset]) * manifest.budget_s


def share(preset: Preset) -> float:
    """The share of a preset's budget that its ladders have."""
    return preset.ladders_s / preset.budget_s


@dataclass
class MemoryWatch:
    """The least free memory that was seen while a cell ran, bytes."""

    free: Callable[[], int] = limits.free_memory_bytes
    least: int = 0

    def start(self) -> int:
        """Begin again; return what is free now."""
        self.least = self.free()
        return self.least

    def look(self) -> None:
        """Look again."""
        self.least = min(self.least, self.free())


@dataclass
class LadderRunner:
    """Measures the ladders of a run. `runner`, `clock`, `watch`, `tasks` and `pause` can be scripted by tests."""

    folder: Path
    manifest: Manifest
    runner: Callable[[Callable[[], None]], CellRunner]  # who runs cells, and calls this meanwhile
    progress: Progress
    reason: Callable[[Cell], str]  # why a cell cannot run here, or nothing
    stop_s: float  # on `clock`
    clock: Callable[[], float] = time.monotonic
    watch: MemoryWatch | None = None
    tasks: Callable[[], int] = limits.tasks_there
    pause: Callable[[float], None] = time.sleep

    def __post_init__(self) -> None:
        self._watch = self.watch or MemoryWatch()
        self._run = self.runner(self._tick)

    def _tick(self) -> None:
        self._watch.look()
        self.progress.tick()

    def run(self, ladders: Sequence[Ladder]) -> None:
        """Climb each ladder that was not climbed before, as far as it goes."""
        for ladder in ladders:
            self._climb(ladder, {rung.cell: rung for rung in self.manifest.scale})

    def _climb(self, ladder: Ladder, known: dict[str, Rung]) -> None:
        below: tuple[Cell, Rung] | None = None
        for cell in ladder.cells():
            if cell.name not in known:
                rung = self._step(cell, below)
                self.manifest.scale.append(rung)
                self.manifest.write(self.folder)
                if rung.stopped:
                    self.progress.line(f"{cell.name}: {rung.stopped}")
            else:
                rung = known[cell.name]
            if rung.stopped:
                return
            below = cell, rung

    def _step(self, cell: Cell, below: tuple[Cell, Rung] | None) -> Rung:
        """Make a step, unless it cannot be made, or what the one below took says that it would take too much."""
        stopped = self.reason(cell)
        if below is not None and not stopped:
            factor = cell.flows / below[0].flows
            stopped = self._too_much(below[1].bytes * factor, below[1].seconds * factor)
        if stopped:
            return Rung(cell.name, stopped)
        since, free, tasks = self.clock(), self._watch.start(), self.tasks()
        stopped = self._measure(cell, min(max(STEP_S, cells.time_limit_s(cell)), max(1.0, self.stop_s - since)))
        rung = Rung(cell.name, stopped, self.clock() - since, max(0, free - self._watch.least))
        self._recover(cell, free, tasks)
        return rung

    def _too_much(self, bytes_: float, seconds: float) -> str:
        """Why a step that would take so much is not made."""
        free = self._watch.free()
        if bytes_ * DOUBT > MOST_MEMORY * free:
            return (
                f"memory: it would take about {bytes_ / 2**30:.1f} GiB, more than half of the {free / 2**30:.1f} GiB "
                "that are free"
            )
        if self.clock() + seconds > self.stop_s:
            return f"time: it would take about {seconds:.0f} s, more than is left for this question"
        return ""

    def _measure(self, cell: Cell, limit_s: float) -> str:
        """Run a cell; return what stopped it."""
        self.progress.at(0, 0, 0.0, f"how many flows? {cell.name}", self.stop_s - self.clock())
        path = self.folder / manifests.RAW / f"{records.record_id(cell, 1, 1)}.json"
        outcome = self._run(Attempt(cell, 1, 1, path, limit_s))
        if outcome.void:
            path.unlink(missing_ok=True)  # what is void here is an answer, and no record of a cell
            if not (outcome.stopped or outcome.lost or outcome.void.startswith(NOT_ENDED)):
                self.manifest.void.append(Void(path.stem, cell.name, 1, 1, outcome.void))  # it is a fault
        return outcome.void

    def _recover(self, cell: Cell, free: int, tasks: int) -> None:
        """Wait until what the cell took is given back; what is not is a finding."""
        end = self.clock() + PATIENCE_S
        while self.clock() < end:
            lost = 1 - self._watch.free() / max(1, free)
            if lost < MOST_LEFT_MEMORY and self.tasks() < tasks + MOST_LEFT_TASKS:
                return
            self.pause(0.2)
        self.manifest.findings.append(
            Finding(
                "warning",
                f"after {cell.name} the machine was not as before: {self.tasks():,} tasks where there had been "
                f"{tasks:,}, {self._watch.free() / 2**30:.1f} GiB free of {free / 2**30:.1f}",
                "look for what is left of it",
            )
        )
