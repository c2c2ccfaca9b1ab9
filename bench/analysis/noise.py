"""The noise floor of a run: how much a cell differs from its twin, which is the same cell once more in the same block.

Twins do the same work, next to each other, in random order, like two models that are compared. A difference between
models means something in this run only where it is larger than that between twins.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from bench.analysis.frames import TWIN
from bench.analysis.statistics import Estimate, ratio


@dataclass(frozen=True)
class Pair:
    """A cell and its twin in one block. `ratio`: the twin's figure divided by the cell's."""

    block: str
    flows: int
    model: str
    figure: str
    ratio: Estimate


@dataclass(frozen=True)
class Noise:
    """The pairs of one figure."""

    pairs: tuple[Pair, ...]

    def at(self, flows: int) -> float:
        """The largest ratio between twins of this number of flows, at least 1; of all twins where none has this number."""
        near = tuple(pair for pair in self.pairs if pair.flows == flows)
        return largest(near) if near else self.most

    @property
    def most(self) -> float:
        """The largest ratio between twins of any number of flows."""
        return largest(self.pairs)


def largest(pairs: Sequence[Pair]) -> float:
    """The ratio furthest from 1, as a number of at least 1."""
    return math.exp(max((abs(math.log(pair.ratio.value)) for pair in pairs), default=0.0))


def noise(table: pd.DataFrame, figures: Sequence[str] = ("D", "T")) -> Mapping[str, Noise]:
    """Compare every cell with its twin, if it has one. Figures without a pair are left out."""
    if table.empty:
        return {}
    twins = table[table["model"].str.endswith(TWIN) & (table["ops_done"] > 0)]
    places = twins[["block", "flows", "model"]].drop_duplicates().sort_values(["block", "model"])
    found = {}
    for figure in figures:
        pairs = []
        for block, flows, twin in places.itertuples(index=False):
            model = str(twin).removesuffix(TWIN)
            estimate = ratio(table, str(block), str(twin), model, figure)
            if estimate is not None:
                pairs.append(Pair(str(block), int(flows), model, figure, estimate))
        if pairs:  # a pair with too few rounds says little, and could be the largest by chance
            found[figure] = Noise(tuple(pair for pair in pairs if pair.ratio.has_interval) or tuple(pairs))
    return found
