"""What it costs that the core sleeps between waits: the same cells, with cores that may and that may not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from bench.analysis.statistics import Estimate, ratio_of

AWAKE = "?awake=1"
# A ratio of two single cells is anything between 0.6 and 1.4, where D varies by 16 % between processes.
LEAST_ROUNDS = 3


@dataclass(frozen=True)
class Waking:
    """One model's CPU per op with cores kept awake, as a multiple of what it takes by default; and its median, seconds."""

    model: str
    flows: int
    times: Estimate
    awake_s: float


def waking(table: pd.DataFrame, workload: str, models: Sequence[str]) -> list[Waking]:
    """Compare inside each round, at the most flows that a workload was measured at in both ways; models in their order.

    Empty where it was not, or in fewer than three rounds. All else must be at its default.
    """
    if table.empty:
        return []
    own = table[(table["workload"] == workload) & table["D"].notna()]
    for flows in sorted(own.loc[own["suffix"] == AWAKE, "flows"].unique(), reverse=True):
        there = own[own["flows"] == flows]
        found = []
        for model in models:
            cells = there[there["model"] == model].pivot_table(
                index="round", columns="suffix", values="D", aggfunc="last"
            )
            times = ratio_of(cells, AWAKE, "")
            if times is not None and times.rounds >= LEAST_ROUNDS:
                found.append(Waking(model, int(flows), times, float(cells[AWAKE].median())))
        if found:
            return found
    return []
