"""Percentiles of single ops, pooled over rounds, with intervals from drawing rounds again.

Ops of one round are not independent: a garbage collection or a neighbour hits many at once. So rounds are drawn with
replacement, rather than ops: a cluster bootstrap, with percentile intervals (Efron & Tibshirani, An Introduction to the
Bootstrap, 1993, chapter 13). With few rounds these are somewhat too narrow, so no verdict rests on them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from bench.analysis.estimates import Estimate
from bench.analysis.statistics import LEAST_ROUNDS, LEVEL
from bench.store import histogram

DRAWS = 400  # the ends of the interval then move by a few per cent of its width from one seed to another
SEED = 1


@dataclass(frozen=True)
class Pool:
    """Histograms of several rounds together: counts by bucket, and the buckets' middles (ns).

    From six rounds on, also how many ops each draw of rounds has in a bucket or before it.
    """

    rounds: int
    pooled: Mapping[int, int]
    values: npt.NDArray[np.float64]
    drawn: npt.NDArray[np.float64] | None

    def percentile(self, share: float) -> Estimate | None:
        """Estimate a quantile (ns); None with fewer than ten ops beyond it."""
        value = histogram.percentile_ns(self.pooled, share)
        if value is None:
            return None
        if self.drawn is None:
            return Estimate(value, math.nan, math.nan, self.rounds)
        found = self.values[(self.drawn < share * self.drawn[:, -1:]).sum(axis=1)]
        low, high = np.quantile(found, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
        return Estimate(value, min(float(low), value), max(float(high), value), self.rounds)


@lru_cache(8)
def _weights(n: int) -> npt.NDArray[np.int64]:
    """How often each of n rounds is drawn, in each draw."""
    return np.random.default_rng(SEED).multinomial(n, [1 / n] * n, size=DRAWS)


def _pool(rounds: Sequence[Mapping[int, int]]) -> Pool:
    """Put rounds together, and draw."""
    buckets = sorted(set().union(*rounds))
    places = np.array(buckets)
    counts = np.zeros((len(rounds), len(buckets)))
    for row, found in zip(counts, rounds, strict=True):
        row[np.searchsorted(places, list(found))] = list(found.values())
    pooled = {bucket: int(total) for bucket, total in zip(buckets, counts.sum(axis=0), strict=True)}
    values = np.array([histogram.middle(bucket) for bucket in buckets])
    n = len(rounds)
    # Sums of whole numbers: in whatever order, the same.
    drawn = np.cumsum(_weights(n) @ counts, axis=1) if n >= LEAST_ROUNDS and buckets else None
    return Pool(n, pooled, values, drawn)


def percentiles(rounds: Sequence[Mapping[int, int]], shares: Sequence[float]) -> list[Estimate | None]:
    """Estimate quantiles (ns) of what histograms of several rounds hold together; None with fewer than ten ops beyond.

    `low` and `high` are NaN with fewer than six rounds.
    """
    pool = _pool(rounds)
    return [pool.percentile(share) for share in shares]


def percentiles_of_texts(texts: Sequence[str], shares: Sequence[float]) -> list[Estimate | None]:
    """The same of histograms as records keep them. What was asked before is not drawn again: a page asks for most of it twice."""
    rounds = tuple(texts)
    return [_percentile(rounds, share) for share in shares]


@lru_cache(8)  # a page goes from cell to cell
def _pool_of(texts: tuple[str, ...]) -> Pool:
    return _pool([histogram.read(text) for text in texts])


@lru_cache(1024)
def _percentile(texts: tuple[str, ...], share: float) -> Estimate | None:
    return _pool_of(texts).percentile(share)
