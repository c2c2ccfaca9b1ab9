"""Cells that waited less than they were asked to. The threshold is that of the verdicts, which allow for it."""

from __future__ import annotations

from bench.analysis.findings.facts import Facts, cells_where, name_cells
from bench.analysis.verdicts import EARLY_SHARE
from bench.words import Finding


def find(facts: Facts) -> list[Finding]:
    """Name the cells in which a larger share of the ops ended early."""
    return name_cells(
        cells_where(facts.medians("early_share") > EARLY_SHARE),
        "hint",
        "these waited less than they were asked to, in part of their ops (early timers, see early_ops):",
        "where they are faster than others, a difference in time is claimed only beyond 1 ms an op",
    )
