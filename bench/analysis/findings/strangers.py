"""Cells during which somebody else asked the http server."""

from __future__ import annotations

from bench.analysis.findings.facts import Facts, cells_where, name_cells
from bench.words import Finding


def find(facts: Facts) -> list[Finding]:
    """Name the cells with a stranger in any round: one is enough, since a server that is asked is busy for a moment."""
    if facts.table.empty or "strangers" not in facts.table:
        return []
    most = facts.worked.groupby("cell")["strangers"].max()
    return name_cells(
        cells_where(most > 0),
        "warning",
        f"the http server refused strangers (up to {most.max():,.0f} in one cell), who cost it time, during:",
        "find out what asks ports on 127.0.0.1, such as a scanner, and measure while it does not",
    )
