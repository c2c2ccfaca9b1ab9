"""The noise floor of a run: how much a cell differs from its twin, which is the same cell once more in the same block.

Twins do the same work, next to each other, in random order, like two models that are compared. A difference between
models means something in this run only where it is larger than that between twins.

There is a floor for each regime. Where flows mostly wait, time is what the waits take, and varies little; where the core is
full, it is what computing takes, and varies as CPU per op does. So twins of one regime say nothing about the other.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import pandas as pd

from bench.analysis.frames import TWIN
from bench.analysis.statistics import (
    Columns,
    Estimate,
    column,
    columns_by,
    columns_by_round,
    medians,
    quotients,
    ratio_of,
)

Regime = Literal["waiting", "core full"]
# A share of the work phase, used by the flows themselves: above it the core was full.
FULL = 0.95


@dataclass(frozen=True)
class Regimes:
    """How busy each model of a block kept the core: the median share of the work phase."""

    busy: Mapping[str, float]

    @classmethod
    def of(cls, block: Columns) -> Regimes:
        """Read it off a block's records; nothing where they do not say what CPU they used."""
        if "cpu_s" not in block:
            return cls({})
        return cls(medians(quotients(block, "cpu_s", "T"), column(block, "model")))

    def regime(self, *models: str) -> Regime:
        """Was the core full under one of these? What was not counted, as where flows are made, has no waits: it was."""
        shares = [self.busy.get(model, math.nan) for model in models]
        return "core full" if any(not share < FULL for share in shares) else "waiting"


@dataclass(frozen=True)
class Pair:
    """A cell and its twin in one block. `ratio`: the twin's figure divided by the cell's."""

    block: str
    flows: int
    model: str
    figure: str
    ratio: Estimate
    regime: Regime = "waiting"


@dataclass(frozen=True)
class Noise:
    """The pairs of one figure."""

    pairs: tuple[Pair, ...]

    def at(self, flows: int, regime: Regime) -> float:
        """The largest ratio between twins of this regime, at least 1: of those with this number of flows, if there are any.

        Without twins of the regime it is 1: nothing is known, and nothing is said about a floor.
        """
        alike = tuple(pair for pair in self.pairs if pair.regime == regime)
        return largest(tuple(pair for pair in alike if pair.flows == flows) or alike)

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
    blocks = columns_by(table[table["block"].isin(places["block"])], "block")
    found = {}
    for figure in figures:
        pairs = []
        for block, flows, twin in places.itertuples(index=False):
            model, cells = str(twin).removesuffix(TWIN), blocks[block]
            estimate = ratio_of(columns_by_round(cells, str(block), figure)[1], str(twin), model)
            if estimate is not None:
                regime = Regimes.of(cells).regime(model, str(twin))
                pairs.append(Pair(str(block), int(flows), model, figure, estimate, regime))
        if pairs:  # a pair with too few rounds says little, and could be the largest by chance
            found[figure] = Noise(tuple(pair for pair in pairs if pair.ratio.has_interval) or tuple(pairs))
    return found
