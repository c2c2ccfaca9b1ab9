"""What one changed parameter costs: the same cells with and without the change, in the same rounds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from bench.analysis.statistics import Estimate, ratio_of

AWAKE, UNPINNED, CONSTANT = "?awake=1", "?pin=0", "?wait=constant"
UNIX, RENO = "?transport=unix", "?congestion=reno"
PLACE = ("workload", "model", "flows", "suffix", "round")
# Where D varies by 16 % between processes, a ratio of two single cells lies anywhere between 0.6 and 1.4.
LEAST_ROUNDS = 3


@dataclass(frozen=True)
class Variant:
    """One model's CPU per op with one parameter changed: as a multiple of the default, and its median, seconds.

    `switches`: the kernel's per op, medians by default and with the change; NaN where they were not counted.
    """

    model: str
    flows: int
    times: Estimate
    demand_s: float
    switches: tuple[float, float]


def variants(table: pd.DataFrame, workload: str, models: Sequence[str], suffix: str) -> list[Variant]:
    """Compare inside each round, at the largest number of flows that was measured both ways; models in their order.

    `suffix` is the one parameter that differs, as it stands at the end of a cell's name. All others must be at their
    defaults. Empty where there are fewer than three rounds.
    """
    if table.empty or not (table["suffix"] == suffix).any():
        return []
    table = table[[*PLACE, "D", "switches_per_op"]]  # a filter copies all columns that there are
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
