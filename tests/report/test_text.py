"""Numbers as text."""

from __future__ import annotations

import math

import pytest

from bench.analysis.statistics import Estimate
from bench.report.text import BLANK, digits, milliseconds, whole, with_interval

NAN = math.nan


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (0.0, "0"),
        (1, "1.00"),
        (29.14, "29.1"),
        (291.4, "291"),
        (1234, "1,230"),
        (1234567, "1,230,000"),
        (0.012345, "0.0123"),
        (8.4e-7, "0.000000840"),
        (999.6, "1,000"),
        (-29.14, "-29.1"),
        (None, BLANK),
        (NAN, BLANK),
    ],
)
def test_a_number_has_three_significant_digits_and_its_thousands_apart(value: float | None, text: str) -> None:
    assert digits(value) == text


@pytest.mark.parametrize(("value", "text"), [(9.996, "10.0"), (99.96, "100"), (0.09996, "0.100"), (0.9996, "1.00")])
def test_rounding_up_to_the_next_power_of_ten_adds_no_digit(value: float, text: str) -> None:
    assert digits(value) == text


@pytest.mark.parametrize("value", [math.inf, -math.inf])
def test_a_ratio_to_nothing_is_blank(value: float) -> None:
    """T over the longest wait is infinite where nobody was asked to wait: `?wait_ms=0`."""
    assert digits(value) == BLANK


@pytest.mark.parametrize(("significant", "text"), [(1, "30"), (2, "29"), (4, "29.14")])
def test_other_numbers_of_digits_can_be_asked_for(significant: int, text: str) -> None:
    assert digits(29.14, significant) == text


def test_an_estimate_is_shown_with_the_ends_of_its_interval() -> None:
    assert with_interval(Estimate(31.12, 28.6, 31.6, 10)) == "31.1 (28.6–31.6)"
    assert with_interval(Estimate(268e-6, 73e-6, 744e-6, 8), 1e6) == "268 (73.0–744)"


def test_an_estimate_without_interval_is_shown_alone() -> None:
    assert with_interval(Estimate(29.14, NAN, NAN, 3)) == "29.1"


def test_what_was_not_measured_is_blank() -> None:
    assert with_interval(None) == whole(None) == milliseconds(None) == BLANK


def test_counts_are_whole_and_lateness_is_signed() -> None:
    assert whole(Estimate(1001.0, NAN, NAN, 3)) == "1,001"
    assert milliseconds(-896_000) == "-0.90"
    assert [milliseconds(ns) for ns in (9_994_000, 9_996_000, 99_940_000, 99_960_000, 2_902_460_000)] == [
        "9.99",
        "10.0",
        "99.9",
        "100",
        "2,902",
    ]
