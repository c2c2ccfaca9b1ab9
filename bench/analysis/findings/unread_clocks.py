"""Cells without CPU per op in some rounds, because their CPU clocks were read too rarely while they ran."""

from __future__ import annotations

from bench.analysis.findings.facts import Facts, cells_where, name_cells
from bench.figures import STARTS_APART_FROM
from bench.words import Finding

# Of a cell's rounds. A round that is missing now and then costs little; more, and the rounds that are left were chosen by the load.
UNREAD = 0.1


def find(facts: Facts) -> list[Finding]:
    """Name the cells whose flows were all running soon enough, but nobody can say what had been used by then."""
    if facts.worked.empty:
        return []
    t = facts.worked
    unread = (t["schema"] >= STARTS_APART_FROM) & (2 * t["running_ops"] >= t["ops_done"]) & t["start_cpu_s"].isna()
    return name_cells(
        cells_where(unread.groupby(t["cell"]).mean() > UNREAD),
        "warning",
        f"no CPU per op in more than {UNREAD * 100:.0f} % of the rounds: the CPU clocks were read too rarely from the other core, in",
        "stop other work on this machine, or give the run a second core",
    )
