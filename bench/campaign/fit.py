"""Fitting a plan to this machine: each workload says how its cells are fitted, from what the machine can do."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from bench import cells
from bench.presets.rows import Row
from bench.store.manifest import NotRun
from bench.targets.disk_file import DiskFile, size_that_takes
from bench.words import Cell, UnfitError, Value
from bench.workloads import load_workload


def no_share(_cell: Cell) -> float:
    """Nothing is measured: loads stay shares of what was served at once."""
    return 0.0


@dataclass(frozen=True)
class ThisMachine:
    """Implements bench.harness.fitting.Machine: its disk is measured by reading `file`, its models by `capacity`."""

    file: DiskFile | None  # None: reads are not to be fitted
    capacity: Callable[[Cell], float]
    share_used: Callable[[Cell], float] = no_share
    _sizes_kib: dict[float, int] = field(default_factory=dict)  # by the seconds that a read is to take

    def ops_per_s(self, cell: Cell) -> float:
        """Measure how many ops per second a cell does; 0 where it did not do its work."""
        return self.capacity(cell)

    def busy(self, cell: Cell) -> float:
        """Measure what share of the work phase a cell uses the core; 0 where it did not do its work."""
        return self.share_used(cell)

    def read_kib(self, seconds: float) -> int | None:
        """Measure how much one read of the file must ask for to take so long; None where reads are not to be fitted."""
        if self.file is None:
            return None
        if seconds not in self._sizes_kib:
            self._sizes_kib[seconds] = size_that_takes(self.file, seconds)
        return self._sizes_kib[seconds]


def fitted(rows: Sequence[Row], machine: ThisMachine) -> tuple[list[Row], list[NotRun]]:
    """Fit the cells of rows to this machine; return the rows, and the cells that could not be fitted.

    Where the models of a row get different parameters, they part: a row for each of these.
    """
    fitted_rows, unable = [], []
    for row in rows:
        by_parameters: dict[tuple[tuple[str, Value], ...], list[str]] = {}
        for model in row.models:
            cell = Cell(row.workload, model, row.flows, row.parameters)
            try:
                parameters = load_workload(row.workload).fit(cell, cells.parameters(cell), machine)
            except UnfitError as error:
                unable.append(NotRun(cell.name, str(error)))
            else:
                by_parameters.setdefault(parameters, []).append(model)
        fitted_rows += [replace(row.of(models), parameters=some) for some, models in by_parameters.items()]
    return fitted_rows, unable
