"""Pilots: how many ops per second a model can do, and how busy it is at a load, which some cells must know before they are planned."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from bench import cells
from bench.campaign.progress import Progress
from bench.campaign.subprocesses import Attempt, CellRunner
from bench.store import records
from bench.words import Cell

PILOTS = 2  # the better one counts: what disturbs a pilot only ever makes it slower


@dataclass(frozen=True)
class Measured:
    """What a pilot came to: ops / T, and the share of T in which it used the core. A void one: 0."""

    ops_per_s: float = 0.0
    busy: float = 0.0


@dataclass(frozen=True)
class Capacities:
    """Measures a cell's capacity when first asked for it: ops / T, of a pilot that leaves no record."""

    run_cell: CellRunner
    progress: Progress
    _known: dict[Cell, float] = field(default_factory=dict)

    def __call__(self, cell: Cell) -> float:
        """Return ops per second; 0 where the pilot was void: then there is no load to take a share of."""
        if cell not in self._known:
            found = [self._measure(cell) for _ in range(PILOTS)]
            self._known[cell] = max(found, key=lambda one: one.ops_per_s).ops_per_s
        return self._known[cell]

    def busy(self, cell: Cell) -> float:
        """Return the share of the work phase in which the cell used the core; 0 where it was void."""
        return self._measure(cell).busy

    def _measure(self, cell: Cell) -> Measured:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "pilot.json"
            outcome = self.run_cell(Attempt(cell, 0, 1, path, cells.time_limit_s(cell)))
            if outcome.void:
                self.progress.line(f"{cell.name}, to learn its capacity, is void: {outcome.void}")
                return Measured()
            record = records.read(path)
        ops, cpu_s = (float(record.metadata.get(key, 0)) for key in ("ops_done", "cpu_s"))
        return Measured(ops / record.value_s, cpu_s / record.value_s)
