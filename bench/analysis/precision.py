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
# Of the work phase, used by the flows themselves: the core was full. T is then what they computed, C = N k D, and no better
# known than D, however long one measures.
FULL = 0.95
AS_OFTEN = 0.8  # of the rounds of its block; a model that was measured more seldom is not waited for


@dataclass(frozen=True)
class Width:
    """Half the interval's width of a ratio, relative: 0.01 is one per cent. NaN with too few rounds.

    `full`: the core was, under one of the two models.
    """

    block: str
    figure: str
    model: str
    reference: str
    half: float
    full: bool = False

    def times(self, asked: Mapping[str, float]) -> float:
        """How many times as wide as asked it is. T is asked for as D is where the core was full."""
        wanted = max(asked[self.figure], asked.get("D", 0.0)) if self.full else asked[self.figure]
        return math.inf if math.isnan(self.half) else self.half / wanted


def widths(
    table: pd.DataFrame, blocks: Collection[str], kinds: Mapping[str, str], figures: Collection[str], held_back: int = 0
) -> list[Width]:
    """Every model of these blocks against the first one there, in the order of `kinds`; without the last rounds, as
    many as are held back.
    """
    found = []
    for block in sorted(blocks):
        rows = table[(table["block"] == block) & (table["ops_done"] > 0)] if len(table) else table
        there = sorted(rows["round"].unique()) if len(rows) else []  # some may be left out, as disturbed
        rows = rows[rows["round"].isin(there[: max(0, len(there) - held_back)])] if there else rows
        if rows.empty:
            continue
        rounds = rows.groupby("model")["round"].nunique()
        often = set(rounds.index[rounds >= AS_OFTEN * rounds.max()])
        there = [m for m, kind in kinds.items() if m in often and kind in JUDGED and not m.endswith(TWIN)]
        busy = (rows["cpu_s"] / rows["T"]).groupby(rows["model"]).median()
        for figure in figures:
            for model in there[1:]:
                r = ratio(rows, block, model, there[0], figure)
                if r is not None:
                    half = (math.log(r.high) - math.log(r.low)) / 2 if r.has_interval else math.nan
                    full = bool(max(busy[model], busy[there[0]]) >= FULL)
                    found.append(Width(block, figure, model, there[0], half, full))
    return found


def too_wide(found: Collection[Width], asked: Mapping[str, float]) -> dict[str, float]:
    """By block, how many times wider than asked its widest ratio is; blocks that are narrow enough are left out.

    `asked`: relative half width by figure. A ratio without an interval counts as infinitely wide.
    """
    worst: dict[str, float] = {}
    for width in found:
        worst[width.block] = max(width.times(asked), worst.get(width.block, 0.0))
    return {block: times for block, times in worst.items() if times > 1}


@dataclass(frozen=True)
class Wanted:
    """What it would take to know ratios as well as was asked: seconds more, and blocks that may not have rounds enough."""

    seconds: float
    never: tuple[str, ...]


def wanted(table: pd.DataFrame, wide: Mapping[str, float], most: Mapping[str, int], elapsed_s: float) -> Wanted:
    """What blocks that are so many times too wide still need, by what they took so far.

    A width falls with the root of the rounds, and the last three do not decide. `most`: how many rounds a block may have.
    `elapsed_s`: what the rounds took, of which each has a share by how long its processes lived. Seconds are NaN where a
    ratio has no interval yet.
    """
    seconds, never = 0.0, []
    lived_s = table["duration"] if "duration" in table else table["T"]
    for block, times in wide.items():
        by_round = lived_s[table["block"] == block].groupby(table["round"]).sum()
        there = len(by_round)
        one_s = (
            float(by_round.iloc[there // 2 :].mean() / lived_s.sum()) * elapsed_s
        )  # some models are in the first ones only
        rounds = there * times**2 + HELD_BACK if math.isfinite(times) else math.nan
        if rounds > most[block]:
            never.append(block)
            rounds = most[block]
        seconds += one_s * (rounds - there)
    return Wanted(seconds, tuple(sorted(never)))
