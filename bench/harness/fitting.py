"""What a workload may ask of a machine, to fit a cell's parameters to it before a run measures the cell."""

from __future__ import annotations

from typing import Protocol

from bench.words import Cell


class Machine(Protocol):
    """The machine that a run is about to measure."""

    def ops_per_s(self, cell: Cell) -> float:
        """Measure how many ops per second a cell does; 0 where it did not do its work."""

    def busy(self, cell: Cell) -> float:
        """Measure what share of the work phase a cell uses the core; 0 where it did not do its work."""

    def read_kib(self, seconds: float) -> int | None:
        """Measure how much one read of the file must ask for to take so long; None where there is nothing to measure.

        In a run that goes on there is not: another size would be another cell.
        """
