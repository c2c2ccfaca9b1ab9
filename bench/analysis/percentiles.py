"""Percentiles of single ops, pooled over rounds, with intervals from drawing rounds again.

Ops of one round are not independent: a garbage collection or a neighbour hits many at once. So rounds are drawn with
replacement, rather than ops: a cluster bootstrap, with percentile intervals (Efron & Tibshirani, An Introduction to the
Bootstrap, 1993, chapter 13). With few rounds these are somewhat too narrow, so no verdict rests on them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from bench.analysis.statistics import LEAST_ROUNDS, LEVEL, Estimate
from bench.store import histogram

DRAWS = 400  # the ends of the interval then move by a few per cent of its width from one seed to another
SEED = 1


def percentiles(rounds: Sequence[Mapping[int, int]], shares: Sequence[float]) -> list[Estimate | None]:
    """Estimate quantiles (ns) of what histograms of several rounds hold together; None with fewer than ten ops beyond.

    `low` and `high` are NaN with fewer than six rounds.
    """
    buckets = sorted({bucket for counts in rounds for bucket in counts})
    if not buckets:
        return [None] * len(shares)
    counts = np.array([[found.get(bucket, 0) for bucket in buckets] for found in rounds], dtype=float)
    pooled = {bucket: int(total) for bucket, total in zip(buckets, counts.sum(axis=0), strict=True)}
    values = np.array([histogram.middle(bucket) for bucket in buckets])
    n = len(rounds)
    sums = None
    if n >= LEAST_ROUNDS:
        weights = np.random.default_rng(SEED).multinomial(n, [1 / n] * n, size=DRAWS)
        sums = np.cumsum(weights @ counts, axis=1)
    found: list[Estimate | None] = []
    for share in shares:
        value = histogram.percentile_ns(pooled, share)
        if value is None or sums is None:
            found.append(None if value is None else Estimate(value, math.nan, math.nan, n))
            continue
        drawn = values[(sums < share * sums[:, -1:]).sum(axis=1)]
        low, high = np.quantile(drawn, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
        found.append(Estimate(value, min(float(low), value), max(float(high), value), n))
    return found
