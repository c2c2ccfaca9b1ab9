"""What of a model's CPU per op is the other end's network work, and what it would be if each end paid for its own.

Strategy: the kernel's receiving is timed in cells of their own (softirq=1), because timing costs time. CPU per op is that of the
ordinary cell of the same round: less what was received for the other end, plus what the other end received for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from bench.analysis.statistics import Estimate, ratio_of
from bench.analysis.variants import LEAST_ROUNDS

TIMED = "?softirq=1"
HERE, THERE = "received_here_per_op", "received_there_per_op"


@dataclass(frozen=True)
class OtherEnd:
    """One model's part in it: what it received for the other end and the other end for it, medians per op, seconds.

    `accounted`, `put_right`: its CPU per op as a multiple of the first model's, inside each round; None for the first itself.
    """

    model: str
    flows: int
    here_s: float
    there_s: float
    accounted: Estimate | None
    put_right: Estimate | None


def other_end(table: pd.DataFrame, workload: str, models: Sequence[str]) -> list[OtherEnd]:
    """Compare inside each round, at the largest number of flows at which any model was measured both ways in three rounds.

    Models are in their order, and compared with the first of them. Empty where none was measured so.
    """
    if table.empty or HERE not in table or not (table["suffix"] == TIMED).any():
        return []
    own = table[table["workload"] == workload]
    for flows in sorted(own.loc[own["suffix"] == TIMED, "flows"].unique(), reverse=True):
        there = own[own["flows"] == flows]
        rounds = {model: by_round(there[there["model"] == model]) for model in models}
        known = {model: found for model, found in rounds.items() if len(found) >= LEAST_ROUNDS}
        if known:
            return [compared(model, int(flows), known) for model in known]
    return []


def by_round(cells: pd.DataFrame) -> pd.DataFrame:
    """One model's figures in the rounds that have both cells; CPU per op as accounted and put right, seconds."""
    plain = cells[cells["suffix"] == ""].groupby("round")["D"].last().rename("accounted")
    timed = cells[cells["suffix"] == TIMED].groupby("round")[[HERE, THERE]].last()
    both = timed.join(plain, how="inner").dropna()
    both["put_right"] = both["accounted"] - both[HERE] + both[THERE]
    return both


def compared(model: str, flows: int, rounds: dict[str, pd.DataFrame]) -> OtherEnd:
    """One model against the first."""
    first, found = next(iter(rounds)), rounds[model]
    accounted, put_right = (
        ratio_of(pd.DataFrame({name: one[figure] for name, one in rounds.items()}), model, first)
        if model != first
        else None
        for figure in ("accounted", "put_right")
    )
    return OtherEnd(model, flows, float(found[HERE].median()), float(found[THERE].median()), accounted, put_right)
