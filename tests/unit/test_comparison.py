"""Runs side by side: the change of a ratio with its interval, and which changes count, against hand-computed cases."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence

import pytest

from bench.analysis.comparison import Change, change, compare, differing, other_work
from bench.analysis.frames import frame
from bench.analysis.statistics import Estimate, benjamini_hochberg, median_interval
from bench.analysis.verdicts import Verdict
from tests.support.records import rounds_of

NAN = math.nan


def ratio(value: float, factor: float, rounds: int = 10) -> Estimate:
    """A ratio whose interval reaches from value / factor to value * factor."""
    return Estimate(value, value / factor, value * factor, rounds)


def verdict(model: str, found: Estimate, block: str = "http_get/100", figure: str = "D") -> Verdict:
    workload, flows = block.split("/")
    return Verdict(block, workload, int(flows), figure, model, "thread", found)


def test_what_did_other_work_has_no_say_in_what_differs() -> None:
    edge = (verdict("asyncio", ratio(1.0, 1.1)), verdict("asyncio", ratio(1.16, 1.1)))
    clear = [[verdict("asyncio", ratio(value, 1.01), f"http_get/{n}") for n in range(1, 11)] for value in (1.0, 2.0)]
    same = verdict("asyncio", ratio(1.0, 1.1), "sleep/100")
    runs = [[one, *others, same] for one, others in zip(edge, clear, strict=True)]
    excluded = [f"http_get/{n}" for n in range(1, 11)]
    assert {c.block for c in compare(runs, "thread") if c.different} == {"http_get/100", *excluded}
    few = compare(runs, "thread", excluded)
    assert [c.block for c in few] == ["http_get/100", "sleep/100"]
    assert not any(c.different for c in few)


def test_the_interval_of_a_change_is_the_root_of_the_squares_of_both() -> None:
    found = change(ratio(2.0, math.exp(0.3)), ratio(3.0, math.exp(0.4)))
    assert found is not None
    assert found.value == pytest.approx(1.5)
    assert (found.low, found.high) == pytest.approx((1.5 * math.exp(-0.5), 1.5 * math.exp(0.5)))
    # ln 1.5 = 0.405 on a half-width of 0.5: 1.59 standard deviations, 11 % of a normal lie beyond.
    assert found.p == pytest.approx(0.1119, abs=0.0005)


def test_each_side_of_the_interval_comes_from_the_sides_that_matter() -> None:
    first, other = Estimate(1.0, math.exp(-0.1), math.exp(0.4), 10), Estimate(1.0, math.exp(-0.3), math.exp(0.2), 10)
    found = change(first, other)
    assert found is not None
    assert (math.log(found.low), math.log(found.high)) == pytest.approx((-0.5, math.hypot(0.2, 0.1)))


@pytest.mark.parametrize(("one", "two"), [(ratio(1.0, 1.1), ratio(1.2, 1.05)), (ratio(2.0, 1.2), ratio(1.5, 1.3))])
def test_a_change_is_the_same_from_either_side(one: Estimate, two: Estimate) -> None:
    there, back = change(one, two), change(two, one)
    assert there is not None
    assert back is not None
    assert (there.value, there.low, there.high) == pytest.approx((1 / back.value, 1 / back.high, 1 / back.low))
    assert there.p == pytest.approx(back.p)


def test_p_is_a_twentieth_where_the_interval_just_reaches_one() -> None:
    found = change(ratio(1.0, math.exp(0.3)), ratio(math.exp(0.5), math.exp(0.4)))
    assert found is not None
    assert found.low == pytest.approx(1.0)
    assert found.p == pytest.approx(0.05)


def test_without_an_interval_there_is_no_change() -> None:
    assert change(ratio(1.0, 1.1), Estimate(2.0, NAN, NAN, 3)) is None
    assert change(Estimate(2.0, NAN, NAN, 3), ratio(1.0, 1.1)) is None


def test_equal_values_are_no_change_and_values_without_spread_are_one() -> None:
    same, apart = change(ratio(1.5, 1.0), ratio(1.5, 1.0)), change(ratio(1.5, 1.0), ratio(1.6, 1.0))
    assert same is not None
    assert apart is not None
    assert (same.p, apart.p) == (1.0, 0.0)


@pytest.mark.parametrize(
    ("given", "adjusted"),
    [
        ([], []),
        ([0.03], [0.03]),
        # The example of a table by hand: p * 4 / rank, from the largest down never more than the one above.
        ([0.01, 0.04, 0.03, 0.02], [0.04, 0.04, 0.04, 0.04]),
        ([0.001, 0.5, 0.04], [0.003, 0.5, 0.06]),
        ([1.0, 1.0], [1.0, 1.0]),
    ],
)
def test_p_values_are_adjusted_for_being_many(given: Sequence[float], adjusted: Sequence[float]) -> None:
    assert benjamini_hochberg(given) == pytest.approx(adjusted)


def test_one_real_change_is_found_among_many_that_are_none() -> None:
    blocks = [f"http_get/{n}" for n in range(1, 21)]
    first = [verdict("asyncio", ratio(2.0, 1.05), block) for block in blocks]
    other = [verdict("asyncio", ratio(3.0 if block == "http_get/7" else 2.0, 1.05), block) for block in blocks]
    assert [c.block for c in compare([first, other], "thread") if c.different] == ["http_get/7"]


def test_a_change_that_would_count_alone_does_not_among_many() -> None:
    edge = [verdict("asyncio", ratio(1.0, math.exp(0.3))), verdict("asyncio", ratio(math.exp(0.51), math.exp(0.4)))]
    (alone,) = compare([[edge[0]], [edge[1]]], "thread")
    assert alone.different
    rest = [verdict("asyncio", ratio(1.0, 1.5), f"sleep/{n}") for n in range(1, 20)]
    assert not any(c.different for c in compare([[edge[0], *rest], [edge[1], *rest]], "thread"))


def test_only_what_two_runs_have_against_the_reference_is_compared() -> None:
    one = [verdict("asyncio", ratio(1.0, 1.1)), verdict("uvloop", ratio(1.0, 1.1))]
    other = [verdict("asyncio", ratio(1.0, 1.1)), verdict("process", ratio(1.0, 1.1))]
    (found,) = compare([one, other], "thread")
    assert (found.model, found.block) == ("asyncio", "http_get/100")
    assert compare([one, other], "asyncio") == []


def test_each_run_is_compared_with_the_first() -> None:
    runs = [[verdict("asyncio", ratio(value, 1.02))] for value in (1.0, 1.0, 2.0)]
    (found,) = compare(runs, "thread")
    assert [c and c.different for c in found.changes] == [None, False, True]
    assert [c and c.value for c in found.changes] == [None, pytest.approx(1.0), pytest.approx(2.0)]


@pytest.mark.parametrize(
    ("values", "turned"), [((0.8, 1.2), True), ((1.2, 0.8), True), ((1.5, 1.2), False), ((0.8, 1.02), False)]
)
def test_a_verdict_is_reversed_only_where_both_runs_are_sure(values: tuple[float, float], *, turned: bool) -> None:
    (found,) = compare([[verdict("asyncio", ratio(value, 1.05))] for value in values], "thread")
    assert found.reversed is turned


def test_runs_of_one_truth_differ_in_about_one_of_twenty_and_no_more() -> None:
    draw = random.Random(1)

    def estimate() -> Estimate:
        e = median_interval([draw.gauss(0.5, 0.05) for _ in range(12)])
        return Estimate(math.exp(e.value), math.exp(e.low), math.exp(e.high), e.rounds)

    found = [change(estimate(), estimate()) for _ in range(2000)]
    false = sum(isinstance(c, Change) and c.p < 0.05 for c in found)
    assert false / len(found) <= 0.06


def test_cells_of_one_name_that_did_other_work_are_named_with_what_differs() -> None:
    one = frame(rounds_of("http_get/thread/100", [0.4]) + rounds_of("sleep/thread/1", [0.4]))
    two = frame(rounds_of("http_get/thread/100", [0.4], payload_bytes=2048) + rounds_of("sleep/thread/1", [0.4]))
    assert other_work([one, two]) == {"http_get/100": "payload_bytes is 1024 in one and 2048 in another"}
    assert other_work([one, one]) == {}
    assert other_work([one, frame([])]) == {}


def test_only_what_differs_between_environments_is_named() -> None:
    one = {"machine": {"CPU": "A", "kernel": "6.1"}, "limits": {"pids.max": "max"}}
    two = {"machine": {"CPU": "B", "kernel": "6.1"}}
    assert differing([one, two]) == [("machine: CPU", ("A", "B")), ("limits: pids.max", ("max", ""))]
