"""Cells whose figures describe how their flows were started, rather than how they worked."""

from __future__ import annotations

from bench.analysis.findings.facts import Facts, cells_where, name_cells
from bench.words import Finding

# A share of the work phase, until the last flow had started. Above a half, most of what was measured is the start-up.
SLOW_START = 0.5


def find(facts: Facts) -> list[Finding]:
    """Name the cells whose last flow started later than that."""
    return name_cells(
        cells_where(facts.medians("starting") > SLOW_START),
        "warning",
        "their flows had not all started for more than half of the work phase, so their figures are about starting so many at once:",
        "do not read their CPU per op as the price of an op; with more ops each they would show it",
    )
