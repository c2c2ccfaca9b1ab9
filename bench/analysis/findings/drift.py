"""CPU per op that rose or fell over the run, in all cells alike. Ratios inside a round do not see it, absolute figures do."""

from __future__ import annotations

import math

import numpy as np

from bench.analysis.findings.facts import Facts
from bench.words import Finding

DRIFT = 0.05  # relative: D is asked to be known to within as much
DRIFT_ROUNDS = 6  # the first third of fewer rounds is a single value


def find(facts: Facts) -> list[Finding]:
    """Compare the first third of the rounds with the last, each cell relative to its own median."""
    worked = facts.worked
    if worked.empty:
        return []
    kept = worked[worked.groupby("cell")["round"].transform("nunique") >= DRIFT_ROUNDS]
    if kept.empty:
        return []
    residual = np.log(kept["D"]) - np.log(kept.groupby("cell")["D"].transform("median"))
    place = kept.groupby("cell")["round"].rank(pct=True)
    change = math.exp(residual[place > 2 / 3].median() - residual[place <= 1 / 3].median()) - 1
    if not abs(change) > DRIFT:
        return []
    return [
        Finding(
            "warning",
            f"CPU per op {'rose' if change > 0 else 'fell'} by {abs(change) * 100:.0f} % over the run, in all cells taken together",
            "trust ratios, which are taken inside a round; measure again for absolute figures",
        )
    ]
