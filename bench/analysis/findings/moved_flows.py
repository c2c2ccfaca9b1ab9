"""Flows that ran on another core than the pinned one. The whole comparison is about one core."""

from __future__ import annotations

from bench.analysis.findings.facts import Facts, name_cells
from bench.words import Finding


def find(facts: Facts) -> list[Finding]:
    """Name the cells that were pinned and seen elsewhere."""
    table = facts.table
    if table.empty:
        return []
    moved = table[(table["pin"] == 1) & (table["cpus_seen"] != table["cpu_pinned"].astype(str))]
    return name_cells(list(moved["cell"]), "error", "flows were seen on another core than the pinned one:", "")
