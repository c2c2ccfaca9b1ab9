"""How much of the difference between models remains with a real client library around the same wait."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from bench.analysis.statistics import Estimate, ratio


@dataclass(frozen=True)
class Left:
    """One model's CPU per op as a multiple of another's: through the client, and without it."""

    model: str
    reference: str
    flows: int
    client: Estimate
    bare: Estimate


def left(table: pd.DataFrame, client: str, bare: str, models: Sequence[str]) -> list[Left]:
    """Compare a workload with the same one inside a client, at the largest number of flows that both were measured at.

    Each of `models` that was measured in both workloads is compared with the first that was. Empty where there are no
    two such models. Only cells with every parameter at its default count.
    """
    if table.empty:
        return []
    plain = table[(table["suffix"] == "") & table["model"].isin(models)]
    there = {w: plain[plain["workload"] == w] for w in (client, bare)}
    for flows in sorted(set(there[client]["flows"]) & set(there[bare]["flows"]), reverse=True):
        both = set.intersection(*(set(cells.loc[cells["flows"] == flows, "model"]) for cells in there.values()))
        reference, *others = [m for m in models if m in both] or [""]
        found = []
        for model in others:
            with_, without = (ratio(plain, f"{w}/{flows}", model, reference, "D") for w in (client, bare))
            if with_ is not None and without is not None:
                found.append(Left(model, reference, int(flows), with_, without))
        if found:
            return found
    return []
