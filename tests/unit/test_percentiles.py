"""Percentiles over rounds: pooled values, and intervals that know that ops of a round belong together."""

from __future__ import annotations

import numpy as np
import pytest

from bench.analysis.estimates import Estimate
from bench.analysis.percentiles import DRAWS, SEED, percentiles, percentiles_of_texts
from bench.analysis.statistics import LEVEL
from bench.store.histogram import bucket, histogram, middle, percentile_ns, to_text

RNG = np.random.default_rng(3)


def rounds(count: int, between: float, within: float, ops: int = 400) -> list[dict[int, int]]:
    """Rounds whose ops lie around 1 ms: so much apart between rounds, so much inside each."""
    return [
        histogram(int(1e6 * (1 + shift + x)) for x in RNG.normal(0, within, ops))
        for shift in RNG.normal(0, between, count)
    ]


def test_the_value_is_that_of_all_ops_together() -> None:
    found = rounds(8, 0.1, 0.1)
    pooled: dict[int, int] = {}
    for counts in found:
        for index, count in counts.items():
            pooled[index] = pooled.get(index, 0) + count
    for share, estimate in zip((0.5, 0.9, 0.99), percentiles(found, (0.5, 0.9, 0.99)), strict=True):
        assert estimate is not None
        assert estimate.value == percentile_ns(pooled, share)
        assert estimate.low <= estimate.value <= estimate.high
        assert estimate.rounds == 8


def test_rounds_that_differ_make_it_wide_and_ops_that_differ_do_not() -> None:
    (apart,), (alike,) = percentiles(rounds(12, 0.1, 0.01), [0.5]), percentiles(rounds(12, 0.0, 0.1), [0.5])
    assert apart is not None
    assert alike is not None
    assert apart.half_width > 3 * alike.half_width


def test_rounds_that_are_all_the_same_have_no_width() -> None:
    (found,) = percentiles([histogram([100] * 50)] * 8, [0.5])
    assert found is not None
    assert (found.low, found.high) == (found.value, found.value) == (middle(bucket(100)),) * 2


@pytest.mark.parametrize(("count", "has"), [(5, False), (6, True)])
def test_an_interval_needs_six_rounds(count: int, *, has: bool) -> None:
    (found,) = percentiles(rounds(count, 0.1, 0.1), [0.5])
    assert found is not None
    assert found.has_interval == has


def test_a_percentile_needs_ten_ops_beyond_it() -> None:
    assert percentiles([histogram(range(100))] * 6, [0.99]) == [None]
    assert percentiles([], [0.5]) == [None]


def test_the_interval_covers_the_truth_about_as_often_as_it_says() -> None:
    covered = 0
    for _ in range(200):
        (found,) = percentiles(rounds(20, 0.1, 0.05, ops=60), [0.5])
        assert found is not None
        covered += found.low <= 1e6 <= found.high
    assert covered / 200 >= 0.88


def drawn_again(found: list[dict[int, int]], share: float) -> Estimate:
    """The plain way, as the method says it: draw rounds, pool them, read the percentile; the middle 95 % of all draws."""
    n = len(found)
    pooled: dict[int, int] = {}
    for counts in found:
        for index, count in counts.items():
            pooled[index] = pooled.get(index, 0) + count
    ends = []
    for times in np.random.default_rng(SEED).multinomial(n, [1 / n] * n, size=DRAWS).tolist():
        again = dict.fromkeys(pooled, 0)
        for counts, often in zip(found, times, strict=True):
            for index, count in counts.items():
                again[index] += often * count
        rank, seen = share * sum(again.values()), 0
        for index in sorted(again):
            seen += again[index]
            if seen >= rank:
                ends.append(middle(index))
                break
    value = percentile_ns(pooled, share)
    assert value is not None
    low, high = np.quantile(ends, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Estimate(value, min(float(low), value), max(float(high), value), n)


@pytest.mark.parametrize("count", [6, 9, 40])
def test_the_interval_is_that_of_drawing_round_by_round_to_the_last_bit(count: int) -> None:
    found = rounds(count, 0.2, 0.1, ops=150)
    shares = (0.1, 0.5, 0.9)
    plain = [drawn_again(found, share) for share in shares]
    assert percentiles(found, shares) == plain
    for _ in range(2):  # from what was drawn before, too
        assert percentiles_of_texts([to_text(counts) for counts in found], shares) == plain


def test_texts_of_no_rounds_have_no_percentiles() -> None:
    assert percentiles_of_texts([], [0.5, 0.9]) == [None, None]
    assert percentiles_of_texts([""] * 8, [0.5]) == [None]
