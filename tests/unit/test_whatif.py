"""What a core gives to a service that was not measured: the laws, where they end, and what was measured found again."""

from __future__ import annotations

import math

import pytest

from bench.analysis import laws
from bench.analysis.whatif import Curve, Service, between, full_core, what_if

THREAD = Curve("thread", {10: 80e-6, 100: 40e-6, 1000: 60e-6}, {10: 300e-6, 100: 500e-6}, flow_bytes=45e3, parked=2000)


def test_a_figure_between_two_numbers_of_flows_lies_between_theirs() -> None:
    assert between({10: 80e-6, 1000: 20e-6}, 100, logs=True) == pytest.approx(40e-6)  # the geometric mean
    assert between({10: 1.0, 1000: 3.0}, 100, logs=False) == pytest.approx(2.0)


@pytest.mark.parametrize(("flows", "nearest"), [(1, 80e-6), (10, 80e-6), (1000, 60e-6), (5000, 60e-6)])
def test_outside_what_was_measured_the_nearest_number_stands_in(flows: int, nearest: float) -> None:
    assert between(THREAD.demand_s, flows, logs=True) == pytest.approx(nearest)


def test_a_core_that_has_time_gives_each_flow_its_wait_and_what_comes_on_top() -> None:
    found = what_if(THREAD, Service(100, 0.01, 0.0))
    assert found.ops_per_s == pytest.approx(100 / (0.01 + 500e-6))
    assert found.core_use == pytest.approx(found.ops_per_s * 40e-6)


def test_a_full_core_gives_no_more_than_its_cpu_allows() -> None:
    found = what_if(THREAD, Service(5000, 0.05, 200e-6))
    assert found.ops_per_s == pytest.approx(1 / 260e-6)
    assert found.core_use == pytest.approx(1)
    assert found.outside == "more"
    assert found.full_outside == ""
    assert found.bytes == pytest.approx(225e6)


def test_the_number_that_fills_a_core_solves_its_equation() -> None:
    service = Service(1, 0.01, 20e-6)
    n = full_core(THREAD, service)
    demand = between(THREAD.demand_s, n, logs=True) + 20e-6
    assert n * demand == pytest.approx(0.01 + demand)


def test_without_cpu_of_its_own_a_service_fills_a_core_where_the_card_says() -> None:
    found = laws.full_core(THREAD.demand_s, dict.fromkeys(THREAD.demand_s, 0.01))
    assert found is not None
    assert full_core(THREAD, Service(1, 0.01, 0.0)) == pytest.approx(found.flows)


@pytest.mark.parametrize(("own_s", "where"), [(0.009, "fewer"), (0.0001, ""), (0.0, "")])
def test_a_core_that_is_full_outside_what_was_measured_is_said_to_be(own_s: float, where: str) -> None:
    assert what_if(THREAD, Service(1, 0.01, own_s)).full_outside == where


def test_a_long_wait_fills_a_core_beyond_what_was_measured() -> None:
    found = what_if(THREAD, Service(100, 10.0, 0.0))
    assert found.full_outside == "more"
    assert found.full_at == pytest.approx((10 + 60e-6) / 60e-6)


def test_a_pool_that_is_too_small_never_fills_a_core() -> None:
    pool = Curve("thread_pool", {10: 40e-6, 100: 40e-6}, {10: 0.0001, 100: 0.0001}, at_once=32)
    found = what_if(pool, Service(1000, 1.0, 0.0))
    assert math.isinf(found.full_at)
    assert found.cores == 0
    assert found.ops_per_s == pytest.approx(32 / 1.0001)


def test_several_cores_have_their_share_of_the_flows_each() -> None:
    one, four = what_if(THREAD, Service(100, 0.01, 0.0)), what_if(THREAD, Service(400, 0.01, 0.0, 4))
    assert four.ops_per_s == pytest.approx(4 * one.ops_per_s)
    assert four.core_use == pytest.approx(one.core_use)
