"""The latency at a utilisation: read on the line through a round's cells, and never far from what was measured."""

from __future__ import annotations

import math

import pytest

from bench.analysis.latency_at import Load, latency_at, read


def on_line(busy: float) -> float:
    """Ten ms when idle, ten times as much for each half of the core: a straight line of the logarithm."""
    return 10 * 10 ** (2 * busy)


@pytest.mark.parametrize("reached", [(0.5, 0.8), (0.48, 0.84), (0.56, 0.72), (0.62, 0.89)])
def test_what_is_on_the_line_is_read_off_it_wherever_the_cells_are(reached: tuple[float, float]) -> None:
    loads = [Load(1, busy, on_line(busy)) for busy in reached]
    assert read(loads, 0.8) == pytest.approx(on_line(0.8))


def test_nothing_is_read_far_from_what_was_measured() -> None:
    assert read([Load(1, 0.5, 20.0), Load(1, 0.69, 30.0)], 0.8) is None
    assert read([], 0.8) is None


def test_one_load_is_read_as_it_is() -> None:
    assert read([Load(1, 0.78, 30.0)], 0.8) == 30.0
    assert read([Load(1, 0.78, 30.0), Load(1, 0.79, 10.0)], 0.8) == 10.0  # two of one load give no line


def test_latency_that_fell_with_load_by_chance_is_not_carried_on() -> None:
    assert read([Load(1, 0.5, 60.0), Load(1, 0.75, 30.0)], 0.8) == 30.0


def test_the_median_of_rounds_has_an_interval_and_says_what_was_reached() -> None:
    reached = [0.76, 0.78, 0.79, 0.81, 0.83, 0.95]
    named = [Load(i, busy, on_line(busy)) for i, busy in enumerate(reached)]
    lower = [Load(i, 0.5, on_line(0.5)) for i in range(len(reached))]
    found = latency_at([*lower, *named], 0.8, named)
    assert found is not None
    assert found.latency.rounds == 5  # one was too far away
    assert found.latency.value == pytest.approx(on_line(0.8))
    assert found.reached.value == pytest.approx(0.8)
    assert math.isclose(found.reached.low, 0.76, rel_tol=0.02)


def test_without_a_cell_of_that_name_nothing_is_read() -> None:
    assert latency_at([Load(1, 0.8, 30.0)], 0.8, []) is None
