"""To the same width in half the time: what is told, and when it holds."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from scripts.beside_pyperf import FLOWS, WORKLOADS, told, widths_in
from tests.support.records import rounds_of
from tests.support.runs import make_run

BLOCKS = [f"{workload}/{n}" for workload in WORKLOADS for n in FLOWS]
PYPERF = dict(zip(BLOCKS, (0.005, 0.06, 0.02, 0.4), strict=True))


@pytest.mark.parametrize(
    ("halves", "seconds", "holds"),
    [
        ((0.005, 0.06, 0.02, 0.4), 300, True),
        ((0.005, 0.05, 0.03, math.inf), 300, True),  # the median is what counts
        ((0.005, 0.07, 0.02, 0.4), 300, False),
        ((0.005, 0.06, 0.02, 0.4), 301, False),
    ],
)
def test_the_median_width_in_half_the_time_is_what_counts(
    halves: tuple[float, ...], seconds: float, *, holds: bool
) -> None:
    text, found = told((PYPERF, 600.0), (dict(zip(BLOCKS, halves, strict=True)), seconds))
    assert found is holds
    assert [line.split()[0] for line in text.splitlines()[1:]] == [*BLOCKS, "median", "seconds"]
    assert text.endswith(f"which is {seconds / 600:.2f} of that")


def test_widths_are_those_of_the_ratio_of_time_and_infinite_where_rounds_are_too_few(tmp_path: Path) -> None:
    wobble = [1.0, 1.01, 0.99, 1.02, 0.98, 1.0, 1.0, 1.01]
    records = rounds_of("sleep/thread/100", [0.4] * 8) + rounds_of("sleep/asyncio/100", [0.5 * w for w in wobble])
    records += rounds_of("sleep/thread/1000", [0.4] * 3) + rounds_of("sleep/asyncio/1000", [0.5] * 3)
    found = widths_in(make_run(tmp_path / "run", records))
    assert 0.005 < found["sleep/100"] < 0.02
    assert {block for block, half in found.items() if math.isinf(half)} == set(BLOCKS) - {"sleep/100"}
