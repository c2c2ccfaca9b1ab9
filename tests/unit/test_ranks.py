"""Intervals of many rounds: found without all pairs and all sums of ranks, and the same as with them, to the last bit."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import astuple
from functools import cache

import numpy as np
import pytest

from bench.analysis import ranks
from bench.analysis.estimates import Estimate
from bench.analysis.statistics import LEAST_ROUNDS, LEVEL, centre_interval, median_interval, sign_interval

# The plain way, which is slow: the definitions, as formulas in books have them.


def coverage(n: int, depth: int) -> float:
    return float(1 - 2 * sum(math.comb(n, i) for i in range(depth)) / 2**n)


@cache
def tails(n: int) -> tuple[float, ...]:
    ways = np.ones(1)
    for rank in range(1, n + 1):
        ways = (np.pad(ways, (0, rank)) + np.pad(ways, (rank, 0))) / 2
    return tuple(float(tail) for tail in np.cumsum(ways))


def plain_centre(values: Sequence[float]) -> Estimate:
    n = len(values)
    means = np.sort(np.add.outer(values, values)[np.triu_indices(n)]) / 2
    centre = float(np.median(means))
    if n < LEAST_ROUNDS:
        return Estimate(centre, math.nan, math.nan, n)
    depth = sum(2 * tail <= 1 - LEVEL for tail in tails(n))
    against = min(int((means <= 0).sum()), int((means >= 0).sum()))
    p = min(1.0, 2 * tails(n)[against])
    return Estimate(centre, min(float(means[depth - 1]), centre), max(float(means[-depth]), centre), n, p)


def plain_median(values: Sequence[float]) -> Estimate:
    ordered, n = sorted(values), len(values)
    middle = float(np.median(ordered))
    if n < LEAST_ROUNDS:
        return Estimate(middle, math.nan, math.nan, n)
    depth = max(d for d in range(1, n // 2 + 1) if coverage(n, d) >= LEVEL)
    wide, narrow = coverage(n, depth), coverage(n, depth + 1)
    share = (wide - LEVEL) / (wide - narrow)
    weight = (n - depth) * share / (depth + (n - 2 * depth) * share)
    low = (1 - weight) * ordered[depth - 1] + weight * ordered[depth]
    high = (1 - weight) * ordered[n - depth] + weight * ordered[n - depth - 1]
    return Estimate(middle, min(low, middle), max(high, middle), n)


def samples(n: int) -> list[list[float]]:
    """Values as they come, with ties, with zeros, all the same, of many sizes, on one side of zero."""
    draw = np.random.default_rng(n)
    shapes = (
        draw.normal(0.1, 1, n),
        np.round(draw.normal(0, 1, n), 1),
        np.round(draw.normal(0, 1, n)),
        np.zeros(n),
        np.full(n, 0.1),
        draw.standard_t(1, n) * 10.0 ** draw.integers(-12, 3, n),
        np.log1p(draw.exponential(0.01, n)),
    )
    return [shape.tolist() for shape in shapes]


def assert_same(one: Estimate, other: Estimate) -> None:
    """To the last bit; NaN, which is not equal to itself, stands for None, and 0.0 is -0.0."""
    ours, plain = ([None if math.isnan(x) else x for x in astuple(e)] for e in (one, other))
    assert ours == plain


SIZES = [*range(1, 61), 97, 128]


@pytest.mark.parametrize("n", SIZES)
def test_intervals_are_those_of_the_plain_way_to_the_last_bit(n: int) -> None:
    for values in samples(n):
        assert_same(centre_interval(values), plain_centre(values))
        assert_same(median_interval(values), plain_median(values))


@pytest.mark.parametrize("n", SIZES)
def test_sums_that_are_searched_for_are_those_that_sorting_finds(n: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ranks, "ALL_PAIRS", 0)
    for values in samples(n):
        assert_same(centre_interval(values), plain_centre(values))


@pytest.mark.parametrize("n", [129, 200, 333])
def test_with_many_rounds_the_ends_are_the_same_and_p_to_within_what_a_double_resolves(n: int) -> None:
    for values in samples(n):
        ours, plain = centre_interval(values), plain_centre(values)
        assert (ours.value, ours.low, ours.high) == (plain.value, plain.low, plain.high)
        assert ours.p == pytest.approx(max(plain.p, 2 * ranks.LEAST_P), abs=3e-14)


@pytest.mark.parametrize("n", [20, 60])
def test_every_order_statistic_of_the_sums_is_found(n: int, monkeypatch: pytest.MonkeyPatch) -> None:
    for values in samples(n):
        ordered = np.sort(np.add.outer(values, values)[np.triu_indices(n)])
        monkeypatch.setattr(ranks, "ALL_PAIRS", 0)
        found = ranks.PairSums(values)
        assert [found.smallest(k) for k in range(0, found.size, 7)] == ordered[::7].tolist()
        for t in (*ordered[::17], 0.0, math.nextafter(ordered[3], 9), -9e9, 9e9):
            assert found.at_most(float(t)) == int((ordered <= t).sum())
            assert found.below(float(t)) == int((ordered < t).sum())


@pytest.mark.parametrize("n", [*range(6, 40), 64, 128, 129, 150, 260])
def test_the_tails_and_the_depth_are_those_of_the_whole_distribution(n: int) -> None:
    whole = tails(n)
    step = max(1, len(whole) // 300)
    assert [ranks.tail(n, w) for w in range(0, len(whole), step)] == pytest.approx(
        [max(tail, ranks.LEAST_P if n > ranks.ALL_TAILS else 0) for tail in whole[::step]], abs=1e-14
    )
    for outside in (0.01, 1 - LEVEL, 0.2):
        assert ranks.depth(n, outside) == sum(2 * tail <= outside for tail in whole)


@pytest.mark.parametrize("n", [6, 7, 20, 101, 1000, 1601])
def test_the_coverage_of_order_statistics_is_the_binomial_s(n: int) -> None:
    for depth in {0, 1, 2, n // 3, n // 2, n // 2 + 1}:
        assert ranks.coverage(n, depth) == coverage(n, depth)
    found = ranks.median_depth(n, LEVEL)
    assert coverage(n, found) >= LEVEL > coverage(n, found + 1)


@pytest.mark.parametrize("estimate", [centre_interval, median_interval, sign_interval])
def test_ten_thousand_rounds_have_an_interval(estimate: Callable[[Sequence[float]], Estimate]) -> None:
    """As many as `--rounds` takes: 50 million pairs, and as many sums of ranks. The plain way would need days and gigabytes."""
    found = estimate(np.random.default_rng(1).normal(0.05, 1, 10_000).tolist())
    assert found.low < 0.05 < found.high
    assert found.high - found.low == pytest.approx(
        2 * 1.96 * (1.023 if estimate is centre_interval else 1.2533) / 100, rel=0.1
    )
    assert found.low > 0
    if estimate is not median_interval:
        assert 1e-14 <= found.p < 0.05
