"""Estimates with intervals. The round is the unit of replication; models are compared inside a block of a round.

The interval is the one of Hettmansperger and Sheather (Statistics & Probability Letters 4 (1986) 75-79): a
nonparametric interval for the median, interpolated between order statistics so that its level is close to 95 % at
small numbers. A median does not move when a whole process is off by 1.8 times, which happens (docs/method.md).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

LEVEL = 0.95
LEAST_ROUNDS = 6  # with 5, the range of all values covers the median with 93.75 % only


@dataclass(frozen=True)
class Estimate:
    """A median over `rounds` rounds and its 95 % interval; `low` and `high` are NaN with fewer than six rounds.

    `p`: of a ratio, the two-sided p-value of "the population's median is 1"; NaN where there is no interval.
    """

    value: float
    low: float
    high: float
    rounds: int
    p: float = math.nan

    @property
    def has_interval(self) -> bool:
        """Were there rounds enough for an interval?"""
        return not math.isnan(self.low)

    @property
    def half_width(self) -> float:
        """Half the interval's width relative to the value; NaN without an interval."""
        return (self.high - self.low) / 2 / abs(self.value)


def _coverage(n: int, depth: int) -> float:
    """P(the depth-th smallest and largest of n values hold the median between them) = 1 - 2 P(B(n, 1/2) < depth)."""
    return float(1 - 2 * sum(math.comb(n, i) for i in range(depth)) / 2**n)


def median_interval(values: Sequence[float]) -> Estimate:
    """Estimate the median of independent values and its 95 % interval. Raises ValueError without values."""
    ordered = sorted(values)
    n = len(ordered)
    if n == 0:
        raise ValueError("no values to estimate from")
    middle = float(np.median(ordered))
    if n < LEAST_ROUNDS:
        return Estimate(middle, math.nan, math.nan, n)
    low, high = _interval(ordered, LEVEL)
    return Estimate(middle, min(low, middle), max(high, middle), n)  # rounding must not leave the median outside


def _interval(ordered: Sequence[float], level: float) -> tuple[float, float]:
    """The interval of Hettmansperger and Sheather for the median of sorted values, at a level that n values can have."""
    n = len(ordered)
    depth = max(d for d in range(1, n // 2 + 1) if _coverage(n, d) >= level)
    wide, narrow = _coverage(n, depth), _coverage(n, depth + 1)
    share = (wide - level) / (wide - narrow)
    weight = (n - depth) * share / (depth + (n - 2 * depth) * share)
    low = (1 - weight) * ordered[depth - 1] + weight * ordered[depth]
    high = (1 - weight) * ordered[n - depth] + weight * ordered[n - depth - 1]
    return low, high


def median_p(values: Sequence[float], *, steps: int = 40) -> float:
    """The two-sided p-value of "the population's median is 0": the level at which the interval just reaches 0 (1 - p).

    NaN with fewer than six values. No less than that of the sign test with all values on one side, 2 ** (1 - n): order
    statistics can say no more.
    """
    ordered, n = sorted(values), len(values)
    if n < LEAST_ROUNDS:
        return math.nan
    surest, least = _coverage(n, 1), _coverage(n, n // 2)  # the levels that n values can have

    def leaves_out(level: float) -> bool:
        low, high = _interval(ordered, level)
        return low > 0 or high < 0

    if leaves_out(surest):
        return 1 - surest
    if not leaves_out(least):
        return 1.0
    for _ in range(steps):
        middle = (least + surest) / 2
        least, surest = (middle, surest) if leaves_out(middle) else (least, middle)
    return 1 - least


def estimate(table: pd.DataFrame, figure: str) -> Estimate | None:
    """Estimate one figure of one cell over its rounds; None where it does not apply."""
    values = table[figure].dropna()
    return median_interval(values.tolist()) if len(values) else None


def benjamini_hochberg(p: Sequence[float]) -> list[float]:
    """Adjust p-values for being many, so that those at most q hold at most a share q of false ones on average.

    The step-up procedure of Benjamini & Hochberg, J. R. Statist. Soc. B 57 (1995) 289-300. Same order as given.
    """
    adjusted, least = [0.0] * len(p), 1.0
    for rank, i in sorted(enumerate(sorted(range(len(p)), key=p.__getitem__), start=1), reverse=True):
        least = min(least, p[i] * len(p) / rank)
        adjusted[i] = least
    return adjusted


def by_round(table: pd.DataFrame, block: str, figure: str) -> pd.DataFrame:
    """One figure of a block's cells: a row for each round, a column for each model."""
    return table[table["block"] == block].pivot_table(index="round", columns="model", values=figure, aggfunc="last")


def ratio(table: pd.DataFrame, block: str, model: str, reference: str, figure: str) -> Estimate | None:
    """Estimate how many times the reference's figure a model's is, from log ratios inside each round's block.

    `table` is a frame (bench.analysis.frames). None where the two were never measured in one round.
    """
    return ratio_of(by_round(table, block, figure), model, reference)


def ratio_of(both: pd.DataFrame, model: str, reference: str) -> Estimate | None:
    """The same of two columns of a block's figures by round."""
    if model not in both or reference not in both:
        return None
    quotients = (both[model] / both[reference]).dropna()
    if quotients.empty:
        return None
    logs = np.log(quotients.to_numpy(dtype=float)).tolist()
    found = median_interval(logs)
    return Estimate(math.exp(found.value), math.exp(found.low), math.exp(found.high), found.rounds, median_p(logs))
