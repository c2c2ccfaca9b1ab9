"""Figures that move while a cell runs, or fall into states: on both sides of each threshold; and verdicts that are withheld."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from bench.analysis.findings import find_all
from bench.analysis.frames import frame
from bench.analysis.states import State, states
from bench.analysis.steady import moving
from bench.analysis.verdicts import Verdict, verdicts
from bench.report.text import in_states
from bench.store.records import Record
from tests.support.records import DEMANDS, moved, rounds_of
from tests.support.runs import make_manifest

CELL = "sleep/thread/100"


@pytest.mark.parametrize(
    ("ratios", "moves"),
    [
        ([1.2, 1.15, 1.25], 1.2),
        ([0.85, 0.8, 0.82], 0.82),
        ([1.09, 1.05, 1.08], 1),
        ([1.2, 1.2], 1),  # too few rounds
        ([0.7, 1.2, 1.3, 0.8, 1.15, 1.2, 0.9], 1),  # the interval has 1 in it
        ([1.2, 1.3, 1.18, 1.22, 1.15, 1.2, 1.25], 1.2),
    ],
)
def test_a_cell_whose_cpu_per_op_moves_by_more_than_a_tenth_is_named(ratios: list[float], moves: float) -> None:
    table = frame(moved(CELL, ratios))
    assert moving(table) == ({CELL: pytest.approx(moves)} if moves != 1 else {})
    found = [f.what for f in find_all(table, make_manifest(moved(CELL, ratios))) if f.what.startswith("not steady")]
    assert [f"{CELL} ({(moves - 1) * 100:+.0f} %)" in what for what in found] == [True] * (moves != 1)


def judged(records: list[Record], figure: str) -> Verdict:
    (found,) = [v for v in verdicts(frame(records), ["thread", "asyncio"]) if v.figure == figure]
    return found


def test_no_verdict_is_given_on_cpu_per_op_that_moves() -> None:
    steady, moves = [1.0] * 7, [1.2] * 7
    slower = [
        replace(r, metadata={**r.metadata, "cpu_s": 3 * float(r.metadata["cpu_s"])})
        for r in moved("sleep/asyncio/100", steady)
    ]
    assert judged([*moved(CELL, steady), *slower], "D").different
    withheld = judged([*moved(CELL, moves), *slower], "D")
    assert not withheld.different
    assert math.isnan(withheld.p)
    assert "thread moves while it is measured (20 % more" in withheld.words


def test_where_the_core_is_full_time_is_no_quantity_of_its_own() -> None:
    steady = [1.0] * 7
    cells = (CELL, "sleep/asyncio/100")
    full = [r for cell in cells for r in moved(cell, steady, value_s=0.1)]  # 2,000 ops of 50 us
    verdict = judged(full, "T")
    assert "the core was full under both" in verdict.words
    assert not verdict.different
    assert not judged(full, "D").withheld
    assert not judged([r for cell in cells for r in moved(cell, steady, value_s=0.2)], "T").withheld


def test_cells_most_of_whose_ops_ended_during_the_start_have_no_cpu_per_op_and_are_named() -> None:
    starting = [replace(r, metadata={**r.metadata, "running_ops": 900}) for r in moved(CELL, [1.0] * 3)]
    table = frame(starting)
    assert table["D"].isna().all()
    (finding,) = [f for f in find_all(table, make_manifest(starting)) if f.what.startswith("no CPU per op")]
    assert finding.what.endswith(CELL)


@pytest.mark.parametrize(("lacking", "told"), [(1, False), (2, True)])
def test_cells_whose_clocks_were_read_too_rarely_are_named(lacking: int, *, told: bool) -> None:
    records = rounds_of(CELL, [1.0] * 10, DEMANDS + DEMANDS[:3], running_ops=1900, start_cpu_s=0.001, start_s=0.01)
    for i in range(lacking):
        figures = {key: value for key, value in records[i].metadata.items() if key != "start_cpu_s"}
        records[i] = replace(records[i], metadata=figures)
    found = [f for f in find_all(frame(records), make_manifest(records)) if "read too rarely" in f.what]
    assert [f.what.endswith(CELL) for f in found] == [True] * told


@pytest.mark.parametrize(
    ("values", "found"),
    [
        ([50, 51, 52, 53, 50, 51], []),
        ([16, 17, 16.5, 31, 57, 56], [State(16, 17, 3), State(31, 31, 1), State(56, 57, 2)]),
        ([16, 57, 31, 20, 40], []),  # too few rounds to tell
        ([50, 51, 52, 53, 70, 71, 72, 73], [State(50, 53, 4), State(70, 73, 4)]),
    ],
)
def test_rounds_that_lie_about_no_centre_are_shown_as_what_they_are(values: list[float], found: list[State]) -> None:
    assert states(values) == found


def test_states_are_shown_with_how_often_they_were_seen() -> None:
    assert in_states([State(16.2, 17, 3), State(31, 31, 1)]) == "16.2–17.0 (3×), 31.0 (1×)"
    assert in_states([]) == ""
