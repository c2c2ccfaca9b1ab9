"""Cells without CPU per op, because most of their ops ended while flows were still starting."""

from __future__ import annotations

from bench.analysis.findings.facts import Facts, cells_where, name_cells
from bench.words import Finding


def find(facts: Facts) -> list[Finding]:
    """Name the cells of which fewer than half of the ops ended when all flows were running."""
    share = facts.medians("running_ops") / facts.medians("ops_done")
    several = facts.medians("ops_per_flow") > 1  # a flow with one op has none after its first
    return name_cells(
        cells_where((share < 1 / 2) & several),
        "warning",
        "no CPU per op: fewer than half of the ops ended after every flow had ended its first one, in",
        "ask for more ops, or read T and C, which contain the start-up",
    )
