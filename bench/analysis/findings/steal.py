"""Cells during which the hypervisor gave the measured core to another virtual machine."""

from __future__ import annotations

from bench.analysis.findings.facts import Facts, cells_where, name_cells
from bench.words import Finding

STEAL = 0.01  # a share of T: a hundredth is more than the intervals of T are wide


def find(facts: Facts) -> list[Finding]:
    """Name the cells that lost more than this share."""
    return name_cells(
        cells_where(facts.medians("steal") / facts.medians("T") > STEAL),
        "warning",
        f"the hypervisor took more than {STEAL * 100:.0f} % of the measured core:",
        "measure on a quieter host",
    )
