"""Numbers as the page says them: a reader must see on which side of 1 the ends of an interval lie."""

from __future__ import annotations

import math

import pytest

from bench.analysis.statistics import Estimate
from bench.analysis.variants import Variant
from bench.report.questions.pinning import sentence
from bench.report.quotes import Quotes


def ratio(value: float, low: float, high: float, rounds: int = 8) -> Estimate:
    return Estimate(value, low, high, rounds)


@pytest.mark.parametrize(
    ("found", "text"),
    [
        (ratio(1.14, 1.05, 1.65), "14 % more (5–65 %)"),
        (ratio(0.7, 0.65, 0.74), "30 % less (26–35 %)"),
        (ratio(1.14, 0.949, 1.65), "14 % more (5 % less to 65 % more)"),
        (ratio(0.9, 0.606, 1.49), "10 % less (39 % less to 49 % more)"),
        (ratio(2.05, 1.81, 2.3), "2.0 times (1.8–2.3)"),
        (ratio(1.2, math.nan, math.nan, 2), "20 % more"),
    ],
)
def test_a_ratio_is_said_with_the_direction_of_both_ends(found: Estimate, text: str) -> None:
    assert Quotes().change("a ratio", found) == text


def test_all_cores_change_nothing_where_the_interval_has_1_in_it() -> None:
    def one(model: str, times: Estimate) -> Variant:
        return Variant(model, 100, times, 50e-6, (1.0, 1.0))

    more, even = ratio(1.39, 1.03, 1.89), ratio(1.14, 0.949, 1.65)
    said = [(False, one("thread", more), "a"), (True, one("process", even), "b"), (True, one("asyncio", even), "c")]
    assert sentence(Quotes(), "GET", said) == (
        "With all cores instead of one, a GET takes: threads 39 % more (3–89 %) CPU; no difference shown for processes and asyncio."
    )
    assert sentence(Quotes(), "GET", said[1:]).endswith("takes: no difference shown for processes and asyncio.")
