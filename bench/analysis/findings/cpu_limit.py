"""Cells that the CPU limit of a cgroup, such as a container's, stopped for a while."""

from __future__ import annotations

from bench.analysis.findings.facts import Facts, cells_where, name_cells
from bench.words import Finding

THROTTLED = 0.01  # a share of T: a hundredth is more than the intervals of T are wide


def find(facts: Facts) -> list[Finding]:
    """Name the cells that were stopped for more than this share."""
    return name_cells(
        cells_where(facts.medians("throttled_s") / facts.medians("T") > THROTTLED),
        "warning",
        f"a cgroup's CPU limit had these cells stand still for more than {THROTTLED * 100:.0f} % of the time:",
        "give the container more CPUs than it has cores, or no limit",
    )
