"""Cells beside which the other hardware thread of the measured core was busy."""

from __future__ import annotations

from bench.analysis.findings.facts import Facts, cells_where, name_cells
from bench.words import Finding

SIBLINGS = 0.1  # a share of T: two hardware threads share the core's units, so part of this time is lost to the cell


def find(facts: Facts) -> list[Finding]:
    """Name the cells beside which it was busy for more than this share."""
    return name_cells(
        cells_where(facts.medians("siblings_busy_s") / facts.medians("T") > SIBLINGS),
        "warning",
        f"the other hardware thread of the measured core was busy for more than {SIBLINGS * 100:.0f} % of the time:",
        "keep it idle, choose another core with --cpu, or switch SMT off while measuring",
    )
