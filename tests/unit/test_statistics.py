"""Medians, their intervals, and ratios inside rounds."""

from __future__ import annotations

import math
import random

import numpy as np
import pandas as pd
import pytest

from bench.analysis.frames import frame
from bench.analysis.statistics import (
    LEAST_ROUNDS,
    LEVEL,
    Estimate,
    centre_interval,
    estimate,
    log_ratio,
    median_interval,
    medians,
    ratio,
    sign_interval,
)
from bench.store.records import Record
from tests.support.records import make_record, rounds_of

BLOCK = "sleep/100"
MODEL, REFERENCE = "sleep/asyncio/100", "sleep/thread/100"

# (n, depth d, interpolation weight), by hand from Hettmansperger & Sheather (1986). With g(d) = 1 - 2 P(B(n, 1/2) < d),
# the coverage between the d-th smallest and largest, and share = (g(d) - 0.95) / (g(d) - g(d + 1)), the weight is
# (n - d) share / (d + (n - 2d) share).
HAND = [
    (6, 1, 5 * 0.1 / (1 + 4 * 0.1)),  # g: 62/64, 50/64
    (10, 2, 8 * (29.2 / 90) / (2 + 6 * (29.2 / 90))),  # g: 1002/1024, 912/1024; 1002 - 0.95 * 1024 = 29.2
    (13, 3, 10 * (225.6 / 572) / (3 + 7 * (225.6 / 572))),  # g: 8008/8192, 7436/8192; 8008 - 0.95 * 8192 = 225.6
]


@pytest.mark.parametrize(("n", "depth", "weight"), HAND)
def test_the_interval_lies_between_the_right_order_statistics(n: int, depth: int, weight: float) -> None:
    found = median_interval([float(i) for i in range(1, n + 1)])
    assert found.value == (n + 1) / 2
    assert found.low == pytest.approx(depth + weight)
    assert found.high == pytest.approx(n + 1 - depth - weight)
    assert found.rounds == n


def test_the_interpolation_uses_the_distance_of_the_order_statistics() -> None:
    found = median_interval([0.0, 7.0, 8.0, 9.0, 10.0, 24.0])
    weight = HAND[0][2]
    assert (found.low, found.high) == pytest.approx((7 * weight, 24 - 14 * weight))


def test_the_order_of_values_does_not_matter() -> None:
    values = [3.0, 1.0, 2.0, 6.0, 5.0, 4.0, 7.0]
    assert median_interval(values) == median_interval(sorted(values, reverse=True))


@pytest.mark.parametrize("n", range(1, LEAST_ROUNDS))
def test_there_is_no_interval_below_six_rounds(n: int) -> None:
    found = median_interval([1.0] * n)
    assert (found.value, found.rounds, found.has_interval) == (1.0, n, False)
    assert math.isnan(found.low)
    assert math.isnan(found.high)
    assert math.isnan(found.half_width)


@pytest.mark.parametrize("n", range(LEAST_ROUNDS, 60))
def test_an_interval_is_ordered_and_inside_the_values(n: int) -> None:
    values = [float(i * i) for i in range(n)]
    found = median_interval(values)
    assert values[0] <= found.low <= found.value <= found.high <= values[-1]


@pytest.mark.parametrize("n", range(LEAST_ROUNDS, 31))
def test_values_that_do_not_vary_have_an_interval_that_holds_them(n: int) -> None:
    """To the last bit: a chart refuses error bars of negative length."""
    for value in (0.1, 0.3, 0.7, 1.1e-5, 3.3):
        found = median_interval([value] * n)
        assert found.low <= found.value <= found.high


def test_no_values_are_an_error() -> None:
    with pytest.raises(ValueError, match="no values"):
        median_interval([])


@pytest.mark.parametrize("n", [8, 10, 20])
@pytest.mark.parametrize("shape", ["normal", "long-tailed"])
def test_95_of_100_intervals_hold_the_median(n: int, shape: str) -> None:
    random = np.random.default_rng(20260101)
    samples = random.standard_normal((4000, n))
    if shape == "long-tailed":  # the median of exp(x) is exp(0)
        samples = np.exp(samples)
    median = 1.0 if shape == "long-tailed" else 0.0
    held = sum(found.low <= median <= found.high for found in map(median_interval, samples.tolist()))
    assert 0.93 <= held / 4000 <= 0.97


def test_one_process_that_is_off_by_far_does_not_move_the_estimate() -> None:
    quiet = [1.00, 1.01, 0.99, 1.02, 0.98, 1.00, 1.01, 0.99, 1.00, 1.00]
    found = median_interval([*quiet[:-1], 1.8])
    assert found.value == pytest.approx(1.0, abs=0.01)
    assert found.high < 1.1


def test_half_the_width_is_relative_to_the_value() -> None:
    assert Estimate(10.0, 9.0, 12.0, 8).half_width == pytest.approx(0.15)


def test_a_figure_that_does_not_apply_has_no_estimate() -> None:
    table = frame(rounds_of("sleep/thread/100?ops=0", [0.001] * 3))
    assert estimate(table, "D") is None
    found = estimate(table, "T")
    assert found is not None
    assert found.value == 0.001


def compare(records: list[Record], figure: str = "T") -> Estimate | None:
    return ratio(frame(records), BLOCK, "asyncio", "thread", figure)


def test_a_drift_that_all_models_share_cancels() -> None:
    drift = [1.0, 1.5, 3.0, 0.7, 2.0, 1.1, 0.9, 5.0]
    found = compare(rounds_of(MODEL, [0.6 * d for d in drift]) + rounds_of(REFERENCE, [0.5 * d for d in drift]))
    assert found is not None
    assert (found.value, found.low, found.high) == pytest.approx((1.2, 1.2, 1.2))


def test_a_ratio_is_the_reference_s_multiple_and_turns_round_with_the_models() -> None:
    table = frame(rounds_of(MODEL, [0.25] * 6) + rounds_of(REFERENCE, [0.5] * 6))
    one, other = (ratio(table, BLOCK, a, b, "T") for a, b in (("asyncio", "thread"), ("thread", "asyncio")))
    assert one is not None
    assert other is not None
    assert (one.value, other.value) == pytest.approx((0.5, 2.0))


def test_only_rounds_that_both_have_count() -> None:
    found = compare(rounds_of(MODEL, [0.6] * 10) + rounds_of(REFERENCE, [0.5] * 7))
    assert found is not None
    assert found.rounds == 7
    assert found.value == pytest.approx(1.2)


def test_rounds_are_paired_by_their_number_not_by_their_place() -> None:
    model = [make_record(MODEL, n, value_s=0.1 * n) for n in range(3, 11)]
    reference = [make_record(REFERENCE, n, value_s=0.2 * n) for n in range(1, 9)]
    found = compare(model + reference)
    assert found is not None
    assert found.rounds == 6
    assert (found.low, found.high) == pytest.approx((0.5, 0.5))


def test_models_that_were_never_in_one_round_are_not_compared() -> None:
    assert compare([make_record(MODEL, 1), make_record(REFERENCE, 2)]) is None
    assert compare([make_record(MODEL, 1)]) is None


def test_models_are_compared_only_inside_their_block() -> None:
    others = rounds_of("sleep/thread/10", [9.0] * 6) + rounds_of("sleep/thread/100?pin=0", [9.0] * 6)
    assert compare(rounds_of(MODEL, [0.6] * 6) + others) is None


def test_cpu_per_op_has_a_ratio_of_its_own() -> None:
    records = rounds_of(MODEL, [0.5] * 6, [20e-6] * 6) + rounds_of(REFERENCE, [0.5] * 6, [50e-6] * 6)
    cpu, time = compare(records, "D"), compare(records, "T")
    assert cpu is not None
    assert time is not None
    assert (cpu.value, time.value) == pytest.approx((0.4, 1.0))


def test_fewer_than_six_common_rounds_give_a_ratio_without_interval() -> None:
    found = compare(rounds_of(MODEL, [0.6] * 5) + rounds_of(REFERENCE, [0.5] * 9))
    assert found is not None
    assert found.value == pytest.approx(1.2)
    assert not found.has_interval


def test_the_centre_is_the_median_of_the_means_of_all_pairs() -> None:
    """Six values: the 21 means of pairs, by hand; the interval at 95 % is their range, at 62/64."""
    found = centre_interval([1.0, 2.0, 4.0, 8.0, 16.0, 32.0])
    assert (found.value, found.low, found.high) == (8.5, 1.0, 32.0)
    assert found.p == 2**-5


@pytest.mark.parametrize(("n", "out"), [(6, 1), (7, 3), (8, 4), (10, 9), (12, 14), (20, 53), (30, 138)])
def test_so_many_means_are_out_on_either_side_as_the_tables_of_the_signed_rank_test_say(n: int, out: int) -> None:
    """Critical values of Wilcoxon's T at 5 %, two-sided, are one less: 0, 2, 3, 8, 13, 52, 137."""
    values = [float(2**i) for i in range(n)]  # no two pairs have the same mean
    means = sorted((a + b) / 2 for i, a in enumerate(values) for b in values[i:])
    found = centre_interval(values)
    assert (found.low, found.high) == (means[out - 1], means[-out])


@pytest.mark.parametrize("shape", ["normal", "t", "outliers"])
@pytest.mark.parametrize("n", [6, 8, 12, 30])
def test_95_of_100_intervals_hold_the_centre_where_values_are_symmetric(n: int, shape: str) -> None:
    draw = np.random.default_rng(n)
    values = draw.standard_t(2, (3000, n)) if shape == "t" else draw.normal(0, 1, (3000, n))
    if shape == "outliers":  # of either of two processes, upwards
        values += ((draw.random((2, 3000, n)) < 0.1) * draw.exponential(6, (2, 3000, n)) * [[[1]], [[-1]]]).sum(axis=0)
    found = [centre_interval(row.tolist()) for row in values]
    assert 0.94 <= sum(one.low <= 0 <= one.high for one in found) / 3000 <= 0.985


def test_even_outliers_on_one_side_only_leave_it_close_to_what_it_says() -> None:
    """A tenth of all rounds is far off, always upwards; the truth is the population's median."""
    draw = np.random.default_rng(3)
    many = draw.normal(0, 1, 400_000) + (draw.random(400_000) < 0.1) * draw.exponential(6, 400_000)
    median, rows = float(np.median(many)), many[: 3000 * 20].reshape(3000, 20)
    found = [centre_interval(row.tolist()) for row in rows]
    assert sum(one.low <= median <= one.high for one in found) / 3000 >= 0.925


def test_it_takes_two_thirds_of_the_rounds_that_a_median_does() -> None:
    """A width goes as the root of the rounds: 0.8 of it is worth 0.64 of them."""
    rows = np.random.default_rng(4).normal(0, 1, (2000, 15))
    widths = [[find(row.tolist()) for row in rows] for find in (centre_interval, median_interval)]
    ours, theirs = (float(np.median([one.high - one.low for one in found])) for found in widths)
    assert 0.75 < ours / theirs < 0.9


def test_p_and_the_interval_say_the_same() -> None:
    draw = np.random.default_rng(7)
    for _ in range(300):
        found = centre_interval(draw.normal(draw.uniform(-1, 1), 1, draw.integers(6, 31)).tolist())
        assert (found.p <= 1 - LEVEL) == (not found.low <= 0 <= found.high)


def test_p_is_two_sided_and_no_less_than_ranks_can_say() -> None:
    values = [0.1, 0.3, 0.2, 0.5, 0.4, 0.7, 0.6]
    assert centre_interval(values).p == 2**-6
    assert centre_interval([-v for v in values]).p == 2**-6
    assert centre_interval([-3, -2, -1, 1, 2, 3]).p == 1.0
    assert math.isnan(centre_interval(values[:5]).p)
    with pytest.raises(ValueError, match="no values"):
        centre_interval([])


def test_without_a_difference_small_p_values_are_as_rare_as_they_say() -> None:
    draw = np.random.default_rng(11)
    found = [centre_interval(draw.standard_t(3, 12).tolist()).p for _ in range(2000)]
    for level in (0.0522, 0.2036):  # levels that twelve ranks can have
        assert sum(p <= level + 1e-3 for p in found) / len(found) == pytest.approx(level, abs=0.015)


def test_a_ratio_has_its_p() -> None:
    found = compare(rounds_of(MODEL, [0.6] * 8) + rounds_of(REFERENCE, [0.5] * 8))
    assert found is not None
    assert found.p == 2**-7


@pytest.mark.parametrize("n", [6, 7, 8, 9, 13, 20])
def test_the_p_of_a_median_inverts_its_interval(n: int) -> None:
    draw = np.random.default_rng(n)
    for _ in range(200):
        values = draw.normal(draw.normal(0, 0.6), 1, n).tolist()
        found = sign_interval(values)
        assert found.p == pytest.approx(sign_interval([-v for v in values]).p)
        assert (found.p < 0.05) == (not found.low <= 0 <= found.high), values
        assert 2.0 ** (1 - n) - 1e-12 <= found.p <= 1


def test_the_p_of_a_median_is_the_sign_test_s_where_zero_is_a_value() -> None:
    assert sign_interval([0.0, *range(1, 8)]).p == pytest.approx(2 / 2**8)
    assert sign_interval([-5.0, 0.0, *range(1, 7)]).p == pytest.approx(2 * 9 / 2**8)
    assert sign_interval([1.0] * 8).p == 2 / 2**8
    assert sign_interval([-1.0, 1.0] * 4).p > 0.8
    assert math.isnan(sign_interval([1.0] * 5).p)


def test_a_ratio_of_an_unsteady_cell_is_a_median() -> None:
    steady = [1.0, 1.1, 0.9, 1.0, 1.2, 1.0, 0.95, 1.05]
    wild = [1.0, 1.0, 1.0, 1.0, 1.0, 4.0, 5.0, 6.0]
    assert log_ratio(wild, steady).value == pytest.approx(float(np.median(np.log(np.divide(wild, steady)))))
    assert log_ratio(steady, wild).value == pytest.approx(-log_ratio(wild, steady).value)
    calm = [*wild[:5], 2.0, 2.5, 3.0]
    assert log_ratio(calm, steady) == centre_interval(np.log(np.divide(calm, steady)).tolist())


def test_medians_by_name_are_those_of_pandas() -> None:
    drawn = random.Random(7)
    for size in (1, 2, 7, 40):
        names = pd.Series([drawn.choice(("thread", "asyncio", "uvloop")) for _ in range(size)])
        values = pd.Series([drawn.choice((math.nan, drawn.random())) for _ in range(size)])
        expected = values.groupby(names).median()
        found = medians(values.tolist(), names.tolist())
        assert list(found) == expected.index.tolist()
        assert list(found.values()) == pytest.approx(expected.tolist(), nan_ok=True, rel=0, abs=0)
