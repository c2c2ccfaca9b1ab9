"""The noise floor: a twin stands in its cell's block under a name of its own, and what twins differ by is no difference."""

from __future__ import annotations

import pytest

from bench.analysis.frames import TWIN, frame, without_twin
from bench.analysis.noise import noise
from bench.analysis.verdicts import verdicts
from bench.presets import PRESETS
from bench.presets.rows import Row
from bench.report.compose import document
from bench.report.parts.card import PART as CARD
from bench.store.records import Record
from tests.support.records import rounds_of
from tests.support.runs import make_manifest

ROUNDS = 12


def wobbling(value: float) -> list[float]:
    """Twelve rounds around a value, half a thousandth either way."""
    return [value * (1 + (i % 3 - 1) / 2000) for i in range(ROUNDS)]


def run(twin: float, asyncio: float = 0.2) -> list[Record]:
    """Thread, its twin, and asyncio: T in s."""
    return [
        *rounds_of("sleep/thread/100", wobbling(0.2)),
        *rounds_of("sleep/thread/100?twin=1", wobbling(twin)),
        *rounds_of("sleep/asyncio/100", wobbling(asyncio)),
    ]


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("sleep/100?twin=1", "sleep/100"),
        ("sleep/100?ops=2&twin=1&wait_ms=5", "sleep/100?ops=2&wait_ms=5"),
        ("?twin=1", ""),
        ("sleep/100?wait_ms=5", "sleep/100?wait_ms=5"),
    ],
)
def test_a_twin_belongs_to_the_block_of_its_cell(name: str, plain: str) -> None:
    assert without_twin(name) == plain


def test_a_twin_is_found_by_nobody_who_looks_for_its_model() -> None:
    table = frame(run(0.21))
    assert set(table["block"]) == {"sleep/100"}
    assert set(table["suffix"]) == {""}
    assert set(table["model"]) == {"thread", f"thread{TWIN}", "asyncio"}
    assert table.loc[table["model"] == "thread", "T"].median() == pytest.approx(0.2, rel=1e-3)


def test_the_floor_is_the_largest_ratio_between_twins_at_that_number_of_flows() -> None:
    more = [
        *rounds_of("http_get/asyncio/1000", wobbling(0.3)),
        *rounds_of("http_get/asyncio/1000?twin=1", wobbling(0.27)),
    ]
    found = noise(frame(run(0.21) + more))["T"]
    assert len(found.pairs) == 2
    assert found.at(100, "waiting") == pytest.approx(1.05)
    assert found.at(1000, "core full") == pytest.approx(0.3 / 0.27)  # as large downwards as upwards
    assert found.at(10, "waiting") == pytest.approx(1.05)  # nothing was measured there: the largest of its regime
    assert found.at(100, "core full") == pytest.approx(0.3 / 0.27)  # what waits says nothing about a full core
    assert noise(frame(run(0.21)))["T"].at(100, "core full") == 1.0  # no twin of that regime: no floor
    assert noise(frame(run(0.21)[:ROUNDS])) == {}
    assert noise(frame([])) == {}


@pytest.mark.parametrize(
    ("twin", "asyncio", "different"), [(0.2, 0.206, True), (0.208, 0.206, False), (0.208, 0.22, True)]
)
def test_what_is_inside_the_floor_is_no_difference(twin: float, asyncio: float, *, different: bool) -> None:
    (verdict,) = verdicts(frame(run(twin, asyncio)), ["thread", "asyncio"], ["T"])
    assert verdict.ratio.low > 1  # the interval alone would have called all of them different
    assert verdict.different is different
    if not different:
        assert verdict.words.startswith("no difference shown in time between asyncio and thread: the ratio is")
        assert verdict.words.endswith("within the noise floor of 4.0 %")


def test_the_page_says_how_large_it_is() -> None:
    records = run(0.21)
    (said,) = (text for text in document(make_manifest(records), records).of(CARD).answer if "noise floor" in text)
    assert said.startswith(
        "The noise floor: 1 cell was measured twice, side by side; over all rounds they differ from their twins by up to 5.0 % in time"
    )
    assert TWIN not in " ".join(document(make_manifest(records), records).of(CARD).card.head)


def test_a_row_has_its_twins_in_the_same_block_and_loses_them_with_their_models() -> None:
    row = Row("sleep", 100, ("thread", "asyncio"), 3, 5, (("ops", 9),), twins=("asyncio",))
    assert [cell.name for cell in row.cells()] == [
        "sleep/thread/100?ops=9",
        "sleep/asyncio/100?ops=9",
        "sleep/asyncio/100?ops=9&twin=1",
    ]
    assert [cell.name for cell in row.of(["thread"]).cells()] == ["sleep/thread/100?ops=9"]


@pytest.mark.parametrize("preset", ["bench", "full"])
def test_blocks_of_different_kinds_have_a_twin(preset: str) -> None:
    rows = [row for row in PRESETS[preset].rows if row.twins]
    assert len({(row.workload, row.flows) for row in rows}) == len(rows) >= 3
    assert all({*row.twins} <= {*row.models} for row in rows)
    assert len({row.twins for row in rows}) > 1
    assert "brigade" in {row.workload for row in rows}  # which keeps the core full, whatever the machine


def test_a_pair_of_too_few_rounds_does_not_make_the_floor_where_another_has_enough() -> None:
    seldom = [*rounds_of("brigade/process/100", [0.1, 0.1]), *rounds_of("brigade/process/100?twin=1", [0.2, 0.2])]
    assert noise(frame([*run(0.21), *seldom]))["T"].at(100, "waiting") == pytest.approx(1.05, rel=1e-3)
    assert noise(frame(seldom))["T"].at(100, "core full") == pytest.approx(2.0)
