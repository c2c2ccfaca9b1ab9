"""Quantiles and outliers over many runs."""

from __future__ import annotations

import math

import pytest

from bench.report.compare import spread
from bench.report.text import BLANK

NAMES = tuple(f"run {i}" for i in range(9))


def test_one_run_far_from_the_others_is_named_and_those_that_agree_are_not() -> None:
    found = dict(
        zip(spread.HEAD, spread.quantiles([1.0, 1.01, 0.99, 1.0, 1.02, 0.98, 1.03, 0.97, 5.0], NAMES), strict=True)
    )
    assert found["outliers"].startswith("run 8: 5")
    assert (found["runs"], found["least"][:4], found["most"][:1]) == ("9", "0.97", "5")
    assert spread.outliers([1.0] * 9) == []


@pytest.mark.parametrize("gone", [None, math.nan, 0.0])
def test_a_run_without_a_value_is_not_counted(gone: float | None) -> None:
    assert spread.quantiles([gone, *[2.0] * 8], NAMES)[0] == "8"
    assert spread.quantiles([gone] * 9, NAMES) == ("0", *[BLANK] * 6)


def test_few_values_have_no_outliers() -> None:
    assert spread.outliers([1.0, 1.0, 1.0, 9.0]) == []


def test_values_of_many_runs_are_told_with_the_runs_that_have_them_the_most_usual_first() -> None:
    table = spread.by_value("x", [("kernel", *["6.1"] * 2, *["6.9"] * 7)], NAMES, ("", "value"), "")
    assert table.rows[0][:3] == ("kernel", "6.9", "7")
    assert table.rows[0][3].endswith("and 3 more")
    assert table.rows[1] == ("kernel", "6.1", "2", "run 0, run 1")
