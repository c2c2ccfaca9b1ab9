"""Data with a known truth: does the interval hold what it says?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from bench.analysis.statistics import log_ratio
from scripts.selftest.judging import enough

STATE, STATE_WOBBLE = np.log(4), 0.3  # of a cell that is in another state: how many times as much, and how sure that is
TRUTH_DRAWS = 200_000


@dataclass(frozen=True)
class World:
    """Two cells over some rounds: each wobbles by itself, both drift, some rounds are far off.

    Each cell of a round is measured at its own, random time in it, so what drifts is not all lost in their ratio.

    `wobble`: standard deviation of one process; `drift`: of the drift from the first round to the last; `outliers`: share
    of processes that are off, by an exponential amount of mean `off`, either cell alike; `missing`: share of rounds that
    one cell of the two lacks; `states`: share of rounds in which the first cell, and it alone, is in another state, as a
    thousand threads are that fight for the GIL. All in logs. Without such states the two are equal.
    """

    wobble: float
    drift: float
    outliers: float = 0.0
    off: float = 0.5
    missing: float = 0.0
    states: float = 0.0

    def cells(self, draw: np.random.Generator, rounds: int) -> tuple[list[float], list[float]]:
        """Draw both cells' values of the rounds that have both."""
        wobble = draw.normal(0, self.wobble, (2, rounds))
        off = (draw.random((2, rounds)) < self.outliers) * draw.exponential(self.off, (2, rounds))
        when = (np.arange(rounds) + draw.random((2, rounds))) / rounds
        drift = draw.normal(0, self.drift) * when
        one, other = wobble + off + drift
        one = one + (draw.random(rounds) < self.states) * draw.normal(STATE, STATE_WOBBLE, rounds)
        there = np.ones(rounds, bool)
        there[draw.permutation(rounds)[: round(self.missing * rounds)]] = False
        return np.exp(one[there]).tolist(), np.exp(other[there]).tolist()

    def truth(self) -> float:
        """The population's median of the log ratio: of what is not drift, which has none of its own."""
        if not self.states:
            return 0.0
        one, other = replace(self, drift=0.0, missing=0.0).cells(np.random.default_rng(0), TRUTH_DRAWS)
        return float(np.median(np.log(one) - np.log(other)))


def coverage(world: World, rounds: int, tries: int, seed: int, half: float | None = None) -> float:
    """The share of tries in which the 95 % interval of the ratio holds the truth.

    With `half`, rounds are measured until the interval is so narrow, as a campaign does, `rounds` at most.
    """
    draw, truth, held = np.random.default_rng(seed), world.truth(), 0
    for _ in range(tries):
        one, other = world.cells(draw, rounds)
        n = len(one) if half is None else enough((np.log(one) - np.log(other)).tolist(), half)
        found = log_ratio(one[:n], other[:n])
        held += found.low <= truth <= found.high
    return held / tries


def spread(values: Sequence[Sequence[float]]) -> float:
    """The standard deviation of one process about its cell's median, in logs, robustly: from the median deviation.

    1.4826 makes the median absolute deviation of normal data its standard deviation (Rousseeuw & Croux, J. Am. Stat.
    Assoc. 88 (1993) 1273-1283).
    """
    residuals = np.concatenate([np.log(cell) - np.median(np.log(cell)) for cell in values])
    return float(1.4826 * np.median(np.abs(residuals)))
