"""Data with a known truth: does the interval hold what it says?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bench.analysis.statistics import centre_interval
from scripts.selftest.judging import enough


@dataclass(frozen=True)
class World:
    """Two equal cells over some rounds, in logs: each wobbles by itself, both drift, some rounds are far off.

    Each cell of a round is measured at its own, random time in it, so what drifts is not all lost in their ratio.

    `wobble`: standard deviation of one process; `drift`: of the drift from the first round to the last; `outliers`: share
    of processes that are off, by an exponential amount of mean `off`, either cell alike; `missing`: share of rounds that
    one cell of the two lacks.
    """

    wobble: float
    drift: float
    outliers: float = 0.0
    off: float = 0.5
    missing: float = 0.0

    def ratios(self, draw: np.random.Generator, rounds: int) -> list[float]:
        """Draw the log ratios inside each round. Their population's median is 0: the two are equal."""
        wobble = draw.normal(0, self.wobble, (2, rounds))
        off = (draw.random((2, rounds)) < self.outliers) * draw.exponential(self.off, (2, rounds))
        when = (np.arange(rounds) + draw.random((2, rounds))) / rounds
        drift = draw.normal(0, self.drift) * when
        one, other = wobble + off + drift
        there = np.ones(rounds, bool)
        there[draw.permutation(rounds)[: round(self.missing * rounds)]] = False
        return [float(value) for value in (one - other)[there]]


def coverage(world: World, rounds: int, tries: int, seed: int, half: float | None = None) -> float:
    """The share of tries in which the 95 % interval of the ratio holds the truth.

    With `half`, rounds are measured until the interval is so narrow, as a campaign does, `rounds` at most.
    """
    draw = np.random.default_rng(seed)
    drawn = (world.ratios(draw, rounds) for _ in range(tries))
    found = (centre_interval(logs if half is None else logs[: enough(logs, half)]) for logs in drawn)
    return sum(interval.low <= 0 <= interval.high for interval in found) / tries


def spread(values: Sequence[Sequence[float]]) -> float:
    """The standard deviation of one process about its cell's median, in logs, robustly: from the median deviation.

    1.4826 makes the median absolute deviation of normal data its standard deviation (Rousseeuw & Croux, J. Am. Stat.
    Assoc. 88 (1993) 1273-1283).
    """
    residuals = np.concatenate([np.log(cell) - np.median(np.log(cell)) for cell in values])
    return float(1.4826 * np.median(np.abs(residuals)))
