"""What it costs that one thing is otherwise: the same cells with one parameter changed, in the same rounds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from bench.analysis.statistics import Estimate, ratio_of

AWAKE, UNPINNED = "?awake=1", "?pin=0"
# A ratio of two single cells is anything between 0.6 and 1.4, where D varies by 16 % between processes.
LEAST_ROUNDS = 3


@dataclass(frozen=True)
class Variant:
    """One model's CPU per op with one thing otherwise, as a multiple of what it takes by default, and its median, seconds.

    `switches`: by the kernel, per op, medians by default and otherwise; NaN where nobody counted them.
    """

    model: str
    flows: int
    times: Estimate
    demand_s: float
    switches: tuple[float, float]


def variants(table: pd.DataFrame, workload: str, models: Sequence[str], suffix: str) -> list[Variant]:
    """Compare inside each round, at the most flows that a workload was measured at in both ways; models in their order.

    `suffix` is the one parameter that differs, as a cell's name ends with it; all else must be at its default. Empty
    where it was not measured, or in fewer than three rounds.
    """
    if table.empty:
        return []
    own = table[(table["workload"] == workload) & table["D"].notna() & table["suffix"].isin({"", suffix})]
    for flows in sorted(own.loc[own["suffix"] == suffix, "flows"].unique(), reverse=True):
        there = own[own["flows"] == flows]
        found = []
        for model in models:
            cells = there[there["model"] == model].pivot_table(
                index="round", columns="suffix", values=["D", "switches_per_op"], aggfunc="last", dropna=False
            )
            times = ratio_of(cells["D"], suffix, "") if not cells.empty else None
            if times is not None and times.rounds >= LEAST_ROUNDS:
                switches = cells["switches_per_op"].median()
                found.append(
                    Variant(
                        model,
                        int(flows),
                        times,
                        float(cells["D"][suffix].median()),
                        (float(switches[""]), float(switches[suffix])),
                    )
                )
        if found:
            return found
    return []
