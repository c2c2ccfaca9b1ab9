"""Cells whose time is to a noticeable part the release of their flows, and not their work."""

from __future__ import annotations

from bench.analysis.findings.facts import Facts, name_cells
from bench.analysis.frames import MADE, MEMORY
from bench.analysis.statistics import column, medians
from bench.words import Finding

GATE_SHARE = 1 / 20  # of T: a release that takes more shows in the first two digits of T


def find(facts: Facts) -> list[Finding]:
    """Compare the T of each cell with that of the null cell, which has no ops, of the same model and number of flows."""
    table, worked = facts.table, facts.worked
    if table.empty:
        return []
    null = table[table["ops_done"] == 0]
    release_s = {key: float(rows["T"].median()) for key, rows in null.groupby(["model", "flows"])}
    # Those that are about making flows, or about flows that are parked, leave no gate that matters.
    timed = worked[~worked["measure"].isin([MADE, MEMORY])]
    seconds = medians(column(timed, "T"), column(timed, "cell"))
    cells = set(zip(*(column(timed, name) for name in ("model", "flows", "cell")), strict=True))
    return name_cells(
        [
            str(cell)
            for model, flows, cell in sorted(cells)
            if release_s.get((model, flows), 0.0) > seconds[cell] * GATE_SHARE
        ],
        "hint",
        "gate-bound: leaving the gate takes more than a twentieth of the work phase of",
        "compare their CPU per op rather than their time, or ask for more ops",
    )
