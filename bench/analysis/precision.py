"""How narrow the intervals of a run's headline ratios are, beside how narrow they were asked to be.

A headline ratio is one between two Python models that run flows at the same time, in a block that may grow. Stopping
looks at widths, never at what the ratio is; but an interval is narrow by chance, too, and one that is stopped at then
covers the truth a little less often (92 to 94 % in simulations, where 95 was meant). So the last three rounds are held back: a
block has enough when its intervals were narrow enough without them. tests/unit/test_precision.py shows on data with a
known truth that coverage is then 93 % and more.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass

import pandas as pd

from bench.analysis.frames import TWIN
from bench.analysis.statistics import ratio
from bench.words import JUDGED

HELD_BACK = 3  # rounds that do not decide whether there are enough
AS_OFTEN = 0.8  # of the rounds of its block; a model that was measured more seldom is not waited for


@dataclass(frozen=True)
class Width:
    """Half the interval's width of a ratio, relative: 0.01 is one per cent. NaN with too few rounds."""

    block: str
    figure: str
    model: str
    reference: str
    half: float


def widths(
    table: pd.DataFrame, blocks: Collection[str], kinds: Mapping[str, str], figures: Collection[str], held_back: int = 0
) -> list[Width]:
    """Every model of these blocks against the first one there, in the order of `kinds`; without the last rounds, as
    many as are held back.
    """
    found = []
    for block in sorted(blocks):
        rows = table[(table["block"] == block) & (table["ops_done"] > 0)] if len(table) else table
        rows = rows[rows["round"] <= rows["round"].max() - held_back] if len(rows) else rows
        if rows.empty:
            continue
        rounds = rows.groupby("model")["round"].nunique()
        often = set(rounds.index[rounds >= AS_OFTEN * rounds.max()])
        there = [m for m, kind in kinds.items() if m in often and kind in JUDGED and not m.endswith(TWIN)]
        for figure in figures:
            for model in there[1:]:
                r = ratio(rows, block, model, there[0], figure)
                if r is not None:
                    half = (math.log(r.high) - math.log(r.low)) / 2 if r.has_interval else math.nan
                    found.append(Width(block, figure, model, there[0], half))
    return found


def too_wide(found: Collection[Width], asked: Mapping[str, float]) -> dict[str, float]:
    """By block, how many times wider than asked its widest ratio is; blocks that are narrow enough are left out.

    `asked`: relative half width by figure. A ratio without an interval counts as infinitely wide.
    """
    worst: dict[str, float] = {}
    for width in found:
        times = math.inf if math.isnan(width.half) else width.half / asked[width.figure]
        worst[width.block] = max(times, worst.get(width.block, 0.0))
    return {block: times for block, times in worst.items() if times > 1}
