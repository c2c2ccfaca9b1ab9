"""An estimate: a figure over rounds, with its interval. Without numpy, so that whoever only shows one need not load it."""

from __future__ import annotations

import math
from dataclasses import dataclass

LEVEL = 0.95  # of every interval: how often it covers what it is about


@dataclass(frozen=True)
class Estimate:
    """A figure over `rounds` rounds and its 95 % interval; `low` and `high` are NaN with fewer than six rounds.

    `p`: of a ratio, the two-sided p-value of "it is 1"; NaN where there is no interval.
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
