"""Bounds and the full core, against cases computed by hand."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest

from bench.analysis.laws import bound, bounds, full_core, full_core_range

Z = 0.010
FLOWS = (1, 2, 10, 16, 100, 101, 1000, 1024)
ZS = dict.fromkeys((*FLOWS, 300), Z)


@pytest.mark.parametrize(
    ("flows", "demand_s", "wait_s", "ops_per_s"),
    [
        (1, 100e-6, Z, 1 / 0.0101),  # one flow: one op after the other
        (100, 100e-6, Z, 100 / 0.0101),  # nearly full: 9,901 of at most 10,000
        (101, 100e-6, Z, 10_000),  # exactly full
        (1000, 100e-6, Z, 10_000),  # full: 1 / D
        (10, 1e-3, 0.0, 1000),  # no wait at all: one core, whatever N
    ],
)
def test_the_bound_is_the_lesser_of_waiting_and_working(
    flows: int, demand_s: float, wait_s: float, ops_per_s: float
) -> None:
    assert bound(flows, demand_s, wait_s) == pytest.approx(ops_per_s)


def test_a_bound_takes_its_demand_from_the_next_larger_number_of_flows() -> None:
    demand = {1: 400e-6, 10: 200e-6, 100: 100e-6, 1000: 50e-6}
    found = bounds(demand, ZS)[:-1]
    assert [(b.flows, b.estimated) for b in found] == [(1, False), (10, False), (100, False)]
    assert [b.ops_per_s for b in found] == pytest.approx([1 / 0.0102, 10 / 0.0101, 100 / 0.01005])


def test_the_bound_of_the_largest_is_an_estimate_with_the_demand_below() -> None:
    found = bounds({10: 200e-6, 100: 100e-6, 1000: 50e-6}, ZS)[-1]
    assert (found.flows, found.estimated) == (1000, True)
    assert found.ops_per_s == pytest.approx(10_000)


def test_the_order_in_which_flows_were_measured_does_not_matter() -> None:
    assert bounds({100: 1e-4, 1: 4e-4, 10: 2e-4}, ZS) == bounds({1: 4e-4, 10: 2e-4, 100: 1e-4}, ZS)


@pytest.mark.parametrize("demand_s", [{}, {100: 1e-4}])
def test_one_number_of_flows_gives_no_bound_and_no_full_core(demand_s: dict[int, float]) -> None:
    assert bounds(demand_s, ZS) == []
    assert full_core(demand_s, ZS) is None


def test_a_core_is_full_where_the_demand_of_all_equals_wait_and_demand_of_one() -> None:
    found = full_core({1: 100e-6, 10: 100e-6, 100: 100e-6, 1000: 100e-6}, ZS)
    assert found is not None
    assert (found.beyond, found.below) == (False, False)
    assert found.flows == pytest.approx(101)  # N D = Z + D: N = 1 + 10 ms / 0.1 ms


def test_between_measured_flows_the_demand_falls_as_a_power_of_them() -> None:
    """D = 1 ms / sqrt N through both points: N D = sqrt N ms = 10 ms + D, just above N = 100."""
    found = full_core({16: 1e-3 / 4, 1024: 1e-3 / 32}, ZS)
    assert found is not None
    demand = 1e-3 / math.sqrt(found.flows)
    assert found.flows * demand == pytest.approx(Z + demand)
    assert found.flows == pytest.approx(102, abs=0.1)


def test_a_core_that_was_never_full_is_full_beyond_the_largest() -> None:
    found = full_core({1: 5e-6, 100: 5e-6, 1000: 5e-6}, ZS)
    assert found is not None
    assert (found.flows, found.beyond, found.below) == (1000, True, False)


def test_a_core_that_was_full_from_the_start_is_full_below_the_smallest() -> None:
    found = full_core({100: 1e-3, 1000: 1e-3}, ZS)
    assert found is not None
    assert (found.flows, found.beyond, found.below) == (100, False, True)


def test_a_core_that_is_exactly_full_at_a_measured_number_is_full_there() -> None:
    found = full_core({1: 100e-6, 101: 100e-6}, ZS)
    assert found is not None
    assert found.flows == pytest.approx(101)


def test_without_a_wait_there_is_neither_bound_nor_full_core() -> None:
    """docs/design.md: a queue, not a delay, has no Z. NaN is how a frame says that."""
    assert full_core({1: 1e-4, 10: 1e-4}, dict.fromkeys(FLOWS, math.nan)) is None
    assert bounds({1: 1e-4, 10: 1e-4}, {}) == []


def test_a_pool_is_bound_by_its_workers_and_never_fills_a_core_that_they_cannot() -> None:
    demand = {10: 100e-6, 100: 100e-6, 1000: 100e-6}
    assert [b.ops_per_s for b in bounds(demand, ZS, 32)] == pytest.approx([10 / 0.0101, 32 / 0.0101, 32 / 0.0101])
    found = full_core(demand, ZS, 32)
    assert found is not None
    assert (found.never, found.beyond, found.below) == (True, False, False)


def test_a_pool_of_many_workers_fills_a_core_where_as_many_flows_do() -> None:
    demand = {10: 100e-6, 1000: 100e-6}
    assert full_core(demand, ZS, 500) == full_core(demand, ZS)


CURVES: dict[str, Callable[[float], float]] = {
    "a power": lambda n: 400e-6 * n**-0.4,
    "a fixed part, and a part that flows share": lambda n: 25e-6 + 300e-6 / n**0.7,
    "a kink where the core is full": lambda n: 40e-6 if n < 250 else 40e-6 * (250 / n) ** 0.5,
    "dearer the more there are": lambda n: 30e-6 * n**0.05,
    "the same for all": lambda _: 35e-6,
}
LADDERS = {"far apart": (1, 10, 100, 1000), "nearer": (1, 10, 30, 100, 300, 1000)}


def exactly(curve: Callable[[float], float]) -> float:
    """Where N D(N) = Z + D(N), by bisection on the true curve."""
    left, right = 1.0, 1000.0
    for _ in range(80):
        middle = (left + right) / 2
        if (middle - 1) * curve(middle) < Z:
            left = middle
        else:
            right = middle
    return left


@pytest.mark.parametrize("curve", CURVES.values(), ids=CURVES)
@pytest.mark.parametrize("ladder", LADDERS.values(), ids=LADDERS)
def test_the_range_of_a_full_core_has_the_true_one_in_it_however_demand_runs_between(
    curve: Callable[[float], float], ladder: tuple[int, ...]
) -> None:
    demand = {n: curve(n) for n in ladder}
    zs = dict.fromkeys(ladder, Z)
    ends, best = full_core_range(demand, demand, zs), full_core(demand, zs)
    assert ends is not None
    assert best is not None
    assert ends[0] <= exactly(curve) * (1 + 1e-9)
    assert exactly(curve) <= ends[1] * (1 + 1e-9)
    assert ends[0] * (1 - 1e-9) <= best.flows <= ends[1] * (1 + 1e-9)


def test_points_that_are_nearer_make_a_narrower_range() -> None:
    def width(ladder: tuple[int, ...]) -> float:
        demand = {n: CURVES["a power"](n) for n in ladder}
        ends = full_core_range(demand, demand, dict.fromkeys(ladder, Z))
        assert ends is not None
        return ends[1] / ends[0]

    assert width(LADDERS["nearer"]) < 0.75 * width(LADDERS["far apart"])


def test_the_interval_of_demand_widens_the_range() -> None:
    low, high = {100: 45e-6, 1000: 28e-6}, {100: 55e-6, 1000: 32e-6}
    ends = full_core_range(low, high, ZS)
    assert ends == pytest.approx((1 + Z / 55e-6, 1 + Z / 28e-6))


def test_a_demand_that_may_not_fill_the_core_leaves_the_range_open() -> None:
    assert full_core_range({100: 5e-6, 1000: 9e-6}, {100: 8e-6, 1000: 12e-6}, ZS) == pytest.approx(
        (1 + Z / 12e-6, math.inf)
    )


def test_a_range_does_not_go_beyond_a_number_at_which_the_core_is_full_for_certain() -> None:
    demand = {10: 20e-6, 100: 20e-6, 300: 34e-6, 1000: 10e-6}
    assert full_core_range(demand, demand, ZS) == pytest.approx((1 + Z / 34e-6, 300))


def test_a_range_does_not_begin_below_a_number_at_which_the_core_is_not_full_for_certain() -> None:
    demand = {1: 180e-6, 100: 60e-6, 1000: 60e-6}  # as dear as with one flow, 57 flows would do
    assert full_core_range(demand, demand, ZS) == pytest.approx((1 + Z / 60e-6, 1 + Z / 60e-6))
    demand = {1: 180e-6, 100: 95e-6, 1000: 120e-6}
    assert full_core_range(demand, demand, ZS) == pytest.approx((100, 1 + Z / 95e-6))


def test_a_pool_that_cannot_fill_the_core_has_no_most() -> None:
    demand = {10: 100e-6, 1000: 100e-6}
    assert full_core_range(demand, demand, ZS, 32) == (math.inf, math.inf)


def test_one_number_of_flows_gives_no_range() -> None:
    assert full_core_range({100: 1e-4}, {100: 1e-4}, ZS) is None
