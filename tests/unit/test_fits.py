"""Power laws: found where they are, and said not to be where they are not."""

from __future__ import annotations

import pytest

from bench.analysis.fits import power
from bench.analysis.statistics import Estimate


def test_a_power_law_is_found() -> None:
    found = power({n: 3e-6 * n**0.25 for n in (1, 10, 100, 1000)})
    assert found is not None
    assert found.factor == pytest.approx(3e-6)
    assert found.exponent.value == pytest.approx(0.25)
    assert abs(found.worst) < 1e-9
    assert found.fits


def test_the_interval_is_that_of_a_regression() -> None:
    # By hand, in logs of base 10: x = 0 1 2 3, y = 0.01 -0.01 0.01 -0.01; slope -0.004, rest 0.00032, t(2) = 4.3027.
    found = power({1: 10**0.01, 10: 10**-0.01, 100: 10**0.01, 1000: 10**-0.01})
    assert found is not None
    half = 4.3027 * (0.00032 / 2 / 5) ** 0.5
    assert isinstance(found.exponent, Estimate)
    assert found.exponent.value == pytest.approx(-0.004)
    assert found.exponent.low == pytest.approx(-0.004 - half, rel=1e-4)
    assert found.exponent.high == pytest.approx(-0.004 + half, rel=1e-4)


def test_what_is_no_power_law_does_not_fit_and_says_where() -> None:
    found = power({1: 100.0, 10: 30.0, 100: 17.0, 1000: 17.0})
    assert found is not None
    assert not found.fits
    assert found.worst_at in {1, 1000}
    assert found.worst > 0.1


def test_three_points_are_too_few() -> None:
    assert power({1: 1.0, 10: 1.0, 100: 1.0}) is None


def test_what_is_not_positive_does_not_count() -> None:
    assert power({1: 1.0, 10: 0.0, 100: 1.0, 1000: 1.0}) is None
