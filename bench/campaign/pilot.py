"""Pilots: how many ops per second a model can do, which some cells must know before they are planned."""

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
class Capacities:
    """Measures a cell's capacity when first asked for it: ops / T, of a pilot that leaves no record."""

    run_cell: CellRunner
    progress: Progress
    _known: dict[Cell, float] = field(default_factory=dict)

    def __call__(self, cell: Cell) -> float:
        """Return ops per second; 0 where the pilot was void: then there is no load to take a share of."""
        if cell not in self._known:
            self._known[cell] = max(self._measure(cell) for _ in range(PILOTS))
        return self._known[cell]

    def _measure(self, cell: Cell) -> float:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "pilot.json"
            outcome = self.run_cell(Attempt(cell, 0, 1, path, cells.time_limit_s(cell)))
            if outcome.void:
                self.progress.line(f"{cell.name}, to learn its capacity, is void: {outcome.void}")
                return 0.0
            record = records.read(path)
        return float(record.metadata["ops_done"]) / record.value_s
