"""What findings are made from, and the two steps that many of them share: choosing cells, and naming them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from bench.analysis.statistics import column, medians
from bench.store.manifest import Manifest
from bench.words import Finding, Level, listed


@dataclass(frozen=True)
class Facts:
    """A run: the frame of its records, and its manifest. A run without records has a frame without columns."""

    table: pd.DataFrame
    manifest: Manifest

    @cached_property
    def worked(self) -> pd.DataFrame:
        """The records of cells that did ops: all but null cells."""
        return self.table if self.table.empty else self.table[self.table["ops_done"] > 0]

    def medians(self, figure: str) -> pd.Series:
        """Return the median of a figure over the rounds of each cell that did ops, by the cell's name."""
        if self.table.empty:
            return pd.Series(dtype=float)
        return pd.Series(medians(column(self.worked, figure), column(self.worked, "cell")), dtype=float)


def cells_where(holds: pd.Series) -> list[str]:
    """Return the cells of which this is true. `holds`: true or false, by the cell's name."""
    return [str(cell) for cell in holds.index[holds]]


def name_cells(cells: Collection[str], level: Level, what: str, remedy: str) -> list[Finding]:
    """Return one finding that ends with the names of these cells, or none where there are no cells."""
    return [Finding(level, f"{what} {listed(cells)}", remedy, tuple(sorted(set(cells))))] if cells else []
