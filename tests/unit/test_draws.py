"""How long flows wait: drawn, or always the same; from the first op on, or somewhere in the middle of a wait."""

from __future__ import annotations

import statistics
from itertools import pairwise

import pytest

from bench.cells import parameters
from bench.harness.flow import Order
from bench.models import MODELS
from bench.words import Cell
from bench.workloads import WORKLOADS, load_workload
from scripts.plain import plan
from tests.support.boards import make_order

Z_MS = 10.0
FLOWS, OPS = 400, 20


def waits(
    seed: int = 1, ops: int = OPS, wait: str = "drawn", phase: str = "locked", ms: float = Z_MS
) -> list[list[float]]:
    """The waits of many flows, ms."""
    order = make_order(FLOWS, ops, seed, ms, phase, wait)
    return [[wait_s * 1e3 for wait_s in order.waits_s(index)] for index in range(FLOWS)]


@pytest.mark.parametrize("wait", ["drawn", "constant"])
@pytest.mark.parametrize("phase", ["spread", "locked"])
@pytest.mark.parametrize("ops", [0, 1, 2, 5])
def test_every_op_has_a_wait_in_whole_microseconds(wait: str, phase: str, ops: int) -> None:
    found = waits(ops=ops, wait=wait, phase=phase)
    assert {len(flow) for flow in found} == {ops}
    assert all(abs(ms * 1e3 - round(ms * 1e3)) < 1e-6 for flow in found for ms in flow)


def test_drawn_waits_are_uniform_between_half_and_one_and_a_half_of_the_mean() -> None:
    found = sorted(ms for flow in waits() for ms in flow)
    assert 0.5 * Z_MS <= found[0] < 0.51 * Z_MS
    assert 1.49 * Z_MS < found[-1] <= 1.5 * Z_MS
    for part in range(10):  # as many in each tenth of the range
        inside = sum(0.5 + part / 10 <= ms / Z_MS < 0.6 + part / 10 for ms in found)
        assert inside / len(found) == pytest.approx(0.1, abs=0.005)


def test_a_wait_says_nothing_of_the_next() -> None:
    pairs = [pair for flow in waits() for pair in pairwise(flow)]
    assert abs(statistics.correlation(*zip(*pairs, strict=True))) < 0.1


def test_all_flows_wait_nearly_as_long_in_sum() -> None:
    sums = [sum(flow) for flow in waits()]
    assert max(sums) - min(sums) < 0.5 * Z_MS
    assert statistics.mean(sums) == pytest.approx(OPS * Z_MS, rel=0.005)


def test_with_constant_waits_only_the_first_may_differ() -> None:
    assert waits(wait="constant") == [[Z_MS] * OPS] * FLOWS
    spread = waits(wait="constant", phase="spread")
    assert [flow[1:] for flow in spread] == [[Z_MS] * (OPS - 1)] * FLOWS
    firsts = sorted(flow[0] for flow in spread)
    assert all(0 <= ms < Z_MS for ms in firsts)
    assert max(after - before for before, after in pairwise([0.0, *firsts, Z_MS])) < Z_MS / 20


def test_with_drawn_waits_as_many_end_in_each_moment_from_the_first_on_if_they_are_spread() -> None:
    """What is left of a wait is distributed so that its renewals come at a constant rate, one in Z and flow."""
    ends = []
    for seed in range(10):
        for flow in waits(seed, phase="spread"):
            at = 0.0
            for ms in flow:
                at += ms
                ends.append(at / Z_MS)
    for half in range(20):
        inside = sum(half / 2 <= end < half / 2 + 0.5 for end in ends)
        assert inside / (10 * FLOWS) == pytest.approx(0.5, rel=0.06)


@pytest.mark.parametrize("wait", ["drawn", "constant"])
def test_a_seed_gives_the_same_waits_again_and_another_seed_gives_others(wait: str) -> None:
    assert waits(1, wait=wait, phase="spread") == waits(1, wait=wait, phase="spread")
    one, other = waits(1, wait=wait, phase="spread"), waits(2, wait=wait, phase="spread")
    assert all(mine != theirs for mine, theirs in zip(one, other, strict=True))


def test_flows_of_one_seed_draw_differently() -> None:
    assert len({tuple(flow) for flow in waits()}) == FLOWS


@pytest.mark.parametrize("wait", ["drawn", "constant"])
def test_no_wait_is_spread_over_nothing(wait: str) -> None:
    assert waits(ops=3, wait=wait, phase="spread", ms=0) == [[0.0] * 3] * FLOWS


def test_the_plain_script_draws_as_the_suite_does() -> None:
    order = make_order(3, 8, 77, Z_MS, "spread", "drawn")
    assert [flow for flow, _ in plan("sleep", 3, 8, 10, 77)] == [order.waits_s(index) for index in range(3)]


@pytest.mark.parametrize("name", WORKLOADS)
def test_a_workload_says_truly_whether_its_waits_are_drawn(name: str) -> None:
    workload = load_workload(name)
    cell = Cell(name, next(iter(MODELS)), workload.flows[-1])
    p = parameters(cell)
    order = Order(cell, p, "token", seed=1, flows=cell.flows, ops=6)
    asked = [wait_s for index in range(2) for wait_s in workload.waits(order, index)[1:] if wait_s]
    if float(p["wait_ms"]) and asked:
        assert (len(set(asked)) > 1) == (p["wait"] == "drawn")
