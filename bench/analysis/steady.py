"""Does CPU per op stay where it is while a cell runs? The last three quarters of its ops against the first.

A figure that moves depends on how long one measures, so nothing is claimed of it.
"""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from bench.analysis.statistics import Estimate, estimate

MOVES = 0.1  # a change of more than a tenth, in the median over rounds
LEAST_ROUNDS = 3  # one or two cells can move by so much by chance


def later(rows: pd.DataFrame) -> Estimate | None:
    """What an op of one cell takes in the last three quarters, as a ratio to the first, over rounds; None where it is not known."""
    return estimate(rows, "D_later") if "D_later" in rows else None


def moves(rows: pd.DataFrame) -> float:
    """That ratio where it is further from 1 than a tenth, and where its interval leaves out 1, if there is one; else 1.

    `rows`: the records of one cell.
    """
    return moved(later(rows))


def moved(found: Estimate | None) -> float:
    """The same of an estimate of that ratio."""
    if found is None or found.rounds < LEAST_ROUNDS or abs(found.value - 1) <= MOVES:
        return 1.0
    return 1.0 if found.has_interval and found.low <= 1 <= found.high else found.value


def moving(table: pd.DataFrame) -> Mapping[str, float]:
    """The cells whose CPU per op moves, by name, and how: 1.2 is a fifth more later than at first."""
    if table.empty:
        return {}
    found = {str(cell): moves(rows) for cell, rows in table.groupby("cell")}
    return {cell: ratio for cell, ratio in found.items() if ratio != 1}
