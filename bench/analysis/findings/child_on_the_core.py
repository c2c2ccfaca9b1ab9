"""Cells that have started a process of their own, such as a server, which worked on the measured core."""

from __future__ import annotations

from bench.analysis.findings.facts import Facts, cells_where, name_cells
from bench.words import Finding


def find(facts: Facts) -> list[Finding]:
    """Name the cells and the processes: their CPU is in no figure of the cell."""
    if facts.table.empty or "beside" not in facts.table:
        return []
    named = facts.worked[facts.worked["beside"].notna()]
    names = sorted({name for text in named["beside"] for name in str(text).split(", ")})
    return name_cells(
        cells_where(named.groupby("cell").size() > 0),
        "warning",
        f"the cell itself has started {' and '.join(names)}, which worked on the measured core beside its flows:",
        "have the suite start it, with SERVE in your file: then it runs on another core, and its CPU is on the page",
    )
