"""What a user asks to have measured: parameters, and whole cells by their names."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.campaign import dry_run
from bench.campaign.options import Options
from bench.presets import PRESETS
from bench.presets.choice import select
from bench.presets.wanted import Settings, Wanted, read_settings
from bench.words import Cell, UserError

BENCH, QUICK = PRESETS["bench"], PRESETS["quick"]
FAR: Settings = (("payload_bytes", 102400), ("wait_ms", 200))


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("sleep", Wanted("sleep")),
        ("sleep/thread", Wanted("sleep", (), "thread")),
        ("sleep/thread/7", Wanted("sleep", (), "thread", 7)),
        ("http_get?wait_ms=200&payload_bytes=102400", Wanted("http_get", FAR)),
        ("http_get/asyncio/50?wait_ms=0.5", Wanted("http_get", (("wait_ms", 0.5),), "asyncio", 50)),
    ],
)
def test_what_is_wanted_is_read(text: str, wanted: Wanted) -> None:
    assert Wanted.parse(text) == wanted


@pytest.mark.parametrize("text", ["", "?wait_ms=3", "sleep?wait_ms", "sleep?wait_ms=1&wait_ms=2", "sleep?wait_ms=inf"])
def test_what_is_no_wanted_is_refused_in_one_line(text: str) -> None:
    with pytest.raises(UserError) as caught:
        Wanted.parse(text)
    assert "\n" not in str(caught.value)


def test_settings_hold_for_every_workload_that_is_named() -> None:
    rows = select(BENCH, ["sleep", "http_get"], ["thread"], [100], settings=read_settings(["wait_ms=20"]))
    assert {(row.workload, row.parameters) for row in rows} == {
        ("sleep", (("wait_ms", 20),)),
        ("http_get", (("wait_ms", 20),)),
    }


def test_a_setting_that_contradicts_a_workload_s_own_is_refused() -> None:
    with pytest.raises(UserError, match="wait_ms is 1 in --workload and 2 in --set"):
        select(BENCH, ["sleep?wait_ms=1"], settings=(("wait_ms", 2),))


def test_a_workload_with_parameters_has_no_cells_with_others() -> None:
    rows = select(BENCH, ["http_get?wait_ms=200&payload_bytes=102400"])
    assert {row.parameters for row in rows} == {FAR}
    assert len({row.flows for row in rows}) == len(rows)


def test_the_same_workload_can_be_had_with_several_parameters() -> None:
    rows = select(BENCH, ["sleep?wait_ms=1", "sleep?wait_ms=2", "sleep"], ["thread"], [10])
    assert {row.parameters for row in rows} == {(("wait_ms", 1),), (("wait_ms", 2),), ()}


def test_a_parameter_at_its_default_is_not_in_the_name_so_that_a_cell_has_one_name() -> None:
    (row,) = select(BENCH, ["sleep/thread/10?wait_ms=10"])
    assert [cell.name for cell in row.cells()] == ["sleep/thread/10"]


def test_a_cell_s_own_name_selects_that_cell() -> None:
    (row,) = select(BENCH, ["http_get/thread/37?wait_ms=200"])
    assert row.cells() == [Cell.parse("http_get/thread/37?wait_ms=200")]


def test_what_the_user_made_has_rounds_enough_to_be_judged() -> None:
    rows = select(BENCH, ["http_get?wait_ms=20"], ["thread", "asyncio"], [7, 100])
    assert all(row.rounds >= 6 and row.most >= 100 for row in rows)
    assert any(row.twins for row in rows)  # which say how much of a difference is noise
    assert all(row.most < 6 for row in select(QUICK, ["http_get?wait_ms=20"], ["thread"]))  # it has no verdicts


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("sleep?payload_bytes=1", "sleep has no parameter 'payload_bytes'; it has"),
        ("sleep?wait_ms=long", "of another kind"),
        ("sleep?wait_ms=-1", "cannot be below 0"),
        ("sleep?ops=1.5", "must be a whole number"),
        ("sleep/tread/3?ops=1", "did you mean 'thread'"),
        ("slep?ops=1", "did you mean 'sleep'"),
    ],
)
def test_a_parameter_that_cannot_be_is_a_mistake_of_the_user_s(text: str, said: str) -> None:
    with pytest.raises(UserError, match=said):
        select(BENCH, [text])


def test_a_dry_run_lists_each_cell_once_with_its_seconds_and_makes_no_folder(tmp_path: Path) -> None:
    asked = Options(workloads=("sleep?wait_ms=20",), models=("thread", "asyncio"), flows=(10,), out=tmp_path / "run")
    *cells, total = dry_run.lines(asked)
    assert [line.split()[-1] for line in cells[:2]] == ["sleep/thread/10?wait_ms=20", "sleep/asyncio/10?wait_ms=20"]
    assert all(float(line.split()[0]) > 0 for line in cells)
    assert "the budget is 600 s" in total
    assert not (tmp_path / "run").exists()
