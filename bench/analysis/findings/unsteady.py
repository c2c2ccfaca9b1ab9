"""Cells whose rounds are so far apart that their median says little about any round.

The threshold is that of the statistics, which treat the ratios of such cells in another way.
"""

from __future__ import annotations

from bench.analysis.findings.facts import Facts, name_cells
from bench.analysis.statistics import LEAST_ROUNDS, UNSTEADY
from bench.words import Finding


def find(facts: Facts) -> list[Finding]:
    """Name the cells, and say how many times as large the largest CPU per op of one cell is as its smallest."""
    if facts.worked.empty:
        return []
    rounds = facts.worked.groupby("cell")["D"]
    spread = rounds.max() / rounds.min()
    named = spread[(spread > UNSTEADY) & (rounds.count() >= LEAST_ROUNDS)]
    return name_cells(
        list(named.index),
        "warning",
        f"unsteady: CPU per op of these cells is up to {named.max():.1f} times as much in one round as in another:",
        "read their intervals, not their medians; the rounds are in raw/",
    )
