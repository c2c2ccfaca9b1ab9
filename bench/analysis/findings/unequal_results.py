"""Cells of a user's file whose ops returned something else than those of other models in the same round."""

from __future__ import annotations

from bench.analysis.findings.facts import Facts, name_cells
from bench.words import Finding


def find(facts: Facts) -> list[Finding]:
    """Name all cells of a block where two differ: which of them is right, nobody can know.

    A record has a checksum over what the small check before its timed ops returned. Tasks differ from round to round.
    """
    if facts.table.empty or "results" not in facts.table:
        return []
    known = facts.worked[facts.worked["results"].notna()]
    several = known.groupby(["block", "round"])["results"].transform("nunique") > 1
    return name_cells(
        sorted({str(cell) for cell in known["cell"][several]}),
        "error",
        "the bodies do not do the same work: for the same tasks, their ops returned different results in",
        "have both return the same, or nothing; `bench verify --workload` says which differ",
    )
