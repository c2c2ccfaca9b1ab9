"""Leaving one run out: equals lie inside, a run of another machine does not, and the script's exit says so."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from bench.analysis.estimates import Estimate
from scripts import leave_one_out
from scripts.leave_one_out import share, tries
from tests.report.test_machine_page import folder_of

WHAT = ("ratio", "D", "sleep/100", "asyncio")


def run(value: float) -> dict[tuple[str, ...], Estimate]:
    """A run with one ratio."""
    return {WHAT: Estimate(value, value * 0.98, value * 1.02, 10)}


def test_each_run_is_held_against_the_others() -> None:
    found = tries([run(value) for value in (1.0, 1.01, 0.99, 1.02, 5.0)])
    assert [t.run for t in found] == [0, 1, 2, 3, 4]
    assert [t.inside for t in found] == [True, True, True, True, False]
    assert not found[-1].in_mean
    assert not found[-1].in_single


def test_four_runs_leave_too_few() -> None:
    assert tries([run(1.0)] * 4) == []
    assert share([]) == "none"


@pytest.mark.parametrize(("times", "status"), [((1.30, 1.32, 1.31, 1.33, 1.30), 0), ((1.30, 1.31), 2)])
def test_runs_that_are_there_are_judged(
    times: tuple[float, ...],
    status: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    folder = folder_of(tmp_path, times)
    monkeypatch.setattr(sys, "argv", ["leave_one_out.py", "--again", str(folder)])
    assert leave_one_out.main() == status
    out, error = capsys.readouterr()
    assert ("too few" in error) if status else ("CPU per op of ratios to the reference:    5 of    5" in out)
