"""Cells whose CPU per op falls into two groups with nothing between them. Their median describes neither group."""

from __future__ import annotations

from bench.analysis.findings.facts import Facts, name_cells
from bench.analysis.states import BIMODAL, is_bimodal
from bench.analysis.statistics import by_name, column
from bench.words import Finding


def find(facts: Facts) -> list[Finding]:
    """Name the cells in which the gap is so wide, and wider than half of the whole range."""
    if facts.worked.empty:
        return []
    values = by_name(column(facts.worked, "D"), column(facts.worked, "cell"))
    named = [cell for cell, there in values.items() if is_bimodal(there)]
    return name_cells(
        named,
        "warning",
        f"bimodal: CPU per op of these cells falls into two groups, more than {BIMODAL * 100 - 100:.0f} % apart:",
        "look at the rounds in raw/: something is in one of two states, such as the heap or a neighbour",
    )
