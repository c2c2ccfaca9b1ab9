"""Cells whose CPU per op falls into two groups with nothing between them. Their median describes neither group."""

from __future__ import annotations

import math

import numpy as np

from bench.analysis.findings.facts import Facts, name_cells
from bench.words import Finding

BIMODAL = 1.2  # how many times apart the groups are: rounds of one cell are 5 to 8 % apart
BIMODAL_LEAST = 3  # rounds in each group: one or two are outliers
BIMODAL_ROUNDS = 8  # in all: 1 % of eight normal values have such a gap by chance, 3 % of six (simulated)


def find(facts: Facts) -> list[Finding]:
    """Name the cells in which the gap is so wide, and wider than half of the whole range."""
    if facts.worked.empty:
        return []
    named = []
    for cell, rows in facts.worked.groupby("cell"):
        values = np.sort(np.log(rows["D"].dropna().to_numpy(dtype=float)))
        if len(values) < BIMODAL_ROUNDS:
            continue
        gaps = np.diff(values)[BIMODAL_LEAST - 1 : len(values) - BIMODAL_LEAST]  # only those between two large groups
        widest = gaps.max(initial=0.0)
        if widest > math.log(BIMODAL) and widest > (values[-1] - values[0]) / 2:
            named.append(str(cell))
    return name_cells(
        named,
        "warning",
        f"bimodal: CPU per op of these cells falls into two groups, more than {BIMODAL * 100 - 100:.0f} % apart:",
        "look at the rounds in raw/: something is in one of two states, such as the heap or a neighbour",
    )
