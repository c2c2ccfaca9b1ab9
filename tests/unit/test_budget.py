"""The seconds of a run: what the report will take, what is too little, and what a run says of its budget."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from bench import cells as tables
from bench.campaign import new, reports
from bench.campaign import run as campaign
from bench.campaign.budget import Budget, Least, first_cells
from bench.campaign.options import Options
from bench.campaign.plan import Plan
from bench.campaign.reports import DOUBT, LATEST, SLOWEST, TABLE, ReportCost, learned
from bench.commands import main, report
from bench.commands.status import USAGE
from bench.machine import topology
from bench.presets import PRESETS
from bench.presets.rows import Row
from bench.store.manifest import RAW, Manifest, read_manifest
from bench.words import UserError
from tests.support.campaigns import ONE, PAIR, SEED, begin_campaign, counted
from tests.support.cells import FakeClock, ScriptedCells
from tests.support.records import make_record
from tests.support.runs import make_manifest, make_run

CORES = topology.Cores(0, 1, (0, 1))


def took(seconds: float, records: float) -> Manifest:
    return make_manifest(report={"seconds": seconds, "records": records})


def test_a_machine_without_a_report_has_the_table_s() -> None:
    assert learned([]) == TABLE
    assert learned([make_manifest()]) == TABLE


def test_what_reports_took_here_decides_whatever_their_size() -> None:
    """Twice the table's seconds for ten records: so twice for a thousand."""
    cost = learned([took(2 * TABLE.of(10), 10)])
    assert cost.of(1000) == pytest.approx(2 * DOUBT * TABLE.of(1000))


def test_the_slowest_of_the_latest_reports_decides_and_older_ones_do_not() -> None:
    slow, quick = took(9 * TABLE.of(10), 10), took(TABLE.of(10), 10)
    assert learned([quick, slow, quick]) == TABLE.times(9 * DOUBT)
    assert learned([slow, *[quick] * LATEST]) == TABLE.times(DOUBT)


@pytest.mark.parametrize(
    "told",
    [{"seconds": math.nan, "records": 3}, {"seconds": 5}, {"seconds": -1, "records": 3}, {"seconds": 5, "records": 0}],
)
def test_numbers_that_cannot_be_are_not_learned_from(told: dict[str, float]) -> None:
    assert learned([make_manifest(report=told)]) == TABLE


def test_a_report_that_somebody_slept_through_does_not_take_all_budgets_for_ever() -> None:
    assert learned([took(1e6, 10)]) == TABLE.times(SLOWEST * DOUBT)


def test_the_report_s_seconds_are_kept_by_the_run_and_found_by_the_next(tmp_path: Path) -> None:
    records = [make_record("sleep/thread/10", n) for n in (1, 2, 3)]
    for n in range(LATEST + 1):
        folder = make_run(tmp_path / "runs" / "box" / f"{n}", records, id=f"{n}")
        reports.note(folder, 50.0 if n else 5000.0)
    (tmp_path / "runs" / "box" / "9 no run").mkdir()
    assert read_manifest(folder).report == {"seconds": 50.0, "records": 3.0}
    assert reports.here("box", tmp_path) == TABLE.times(DOUBT * 50 / TABLE.of(3))
    assert reports.here("another box", tmp_path) == TABLE


def test_a_run_keeps_what_its_report_took(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    folder = make_run(tmp_path / "run", [make_record("sleep/thread/10")])
    monkeypatch.setattr(campaign, "run", lambda _: folder)
    monkeypatch.setattr(report, "show", lambda _: 0)
    assert main.main(["run"]) == 0
    assert read_manifest(folder).report["records"] == 1


def test_each_cell_takes_its_record_s_share_of_the_report_with_it() -> None:
    """100 s, 10 for any report and 4 for each record: cells of 1 s take 5, so 18 of them fit."""
    clock = FakeClock()
    budget = Budget(100.0, clock(), 0.0, clock, ReportCost(10.0, 4.0))
    cell = ONE[0].cells()[0]
    budget.note(cell, 1.0)
    clock.now_s += 1
    while budget.fits(cell):
        clock.now_s += 1
        budget.note(cell, 1.0)
    assert (budget.records, budget.report_s) == (18, 82.0)
    assert clock() + budget.report_s <= budget.began_s + budget.total_s


def test_a_resumed_run_s_report_is_of_all_its_records(tmp_path: Path) -> None:
    """Six records took 6 s; with 5 s a record in the report, 40 s of budget are spent before anything is measured."""
    begin_campaign(tmp_path / "run", ONE, ScriptedCells()).run()
    cells = ScriptedCells()
    manifest = replace(read_manifest(tmp_path / "run"), budget_s=34.0, state="running")
    more = (Row("sleep", 10, PAIR, 4, 4),)
    one = begin_campaign(tmp_path / "other", more, cells, report=ReportCost(0.0, 5.0))
    replace(one, folder=tmp_path / "run", manifest=manifest).run()
    assert cells.calls == []


def plain(row: Row) -> Row:
    return replace(row, twins=())


ROWS = {
    "one": ONE,
    "many": tuple(plain(row) for row in PRESETS["quick"].rows),
    "growing": (Row("sleep", 100, PAIR, 3, 9), Row("sleep", 10, PAIR, 1, 1)),
}


@pytest.mark.parametrize("rows", ROWS.values(), ids=ROWS)
@pytest.mark.parametrize("share", [0.0, 0.25])
def test_the_smallest_budget_that_works_gives_each_block_a_round_and_a_second_less_does_not(
    tmp_path: Path, rows: tuple[Row, ...], share: float
) -> None:
    """Where start, cells and report take what the tables say, and how many flows there can be its share."""
    cost = ReportCost(7.0, 0.5)
    least = Least(rows, first_cells(Plan(rows, SEED), ()), cost, ladders=share)
    for folder, budget_s, whole in (("a", least.seconds, True), ("b", least.seconds - 1, False)):
        cells = ScriptedCells(seconds=lambda a: tables.expected_s(a.cell))
        one = begin_campaign(tmp_path / folder, rows, cells, budget_s=budget_s, report=cost)
        before_s = 3.0 + share * budget_s
        replace(one, began_s=cells.clock() - before_s).run()
        there = {name for name, round_ in counted(tmp_path / folder) if round_ == 1}
        assert ({cell.name for row in rows for cell in row.cells()} == there) is whole


def test_too_small_a_budget_is_refused_with_the_smallest_that_is_not(tmp_path: Path) -> None:
    options = Options(preset="quick", budget_s=9.0, out=tmp_path / "run", host_label="nowhere")
    with pytest.raises(UserError, match=r"^--budget 9s is too short: .* takes (\d+) s: give it --budget \1s") as caught:
        new.new_manifest(options, CORES)
    assert not (tmp_path / "run").exists()
    least_s = float(str(caught.value).partition("takes ")[2].partition(" s")[0])
    _, manifest, _ = new.new_manifest(replace(options, budget_s=least_s), CORES)
    assert manifest.budget_s == least_s < PRESETS["quick"].budget_s


def test_too_small_a_budget_is_one_line_and_exit_status_2(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    def run(options: Options) -> Path:
        return new.new_manifest(options, CORES)[0]

    monkeypatch.setattr(campaign, "run", run)
    assert main.main(["run", "--budget", "20s", "--out", str(tmp_path / "run")]) == USAGE
    said = capsys.readouterr().err
    assert said.startswith("bench: --budget 20s is too short")
    assert said.count("\n") == 1


def test_every_preset_has_the_least_that_it_needs() -> None:
    for preset in PRESETS.values():
        rows = [row.of(m for m in row.models if m in PAIR) for row in preset.rows if {*row.models} & {*PAIR}]
        Least(rows, first_cells(Plan(rows, SEED), ()), TABLE).check(preset.budget_s)


def test_going_on_needs_less_of_what_is_done_and_more_for_the_report(tmp_path: Path) -> None:
    plan = Plan((Row("sleep", 10, PAIR, 2, 2), Row("sleep", 100, PAIR, 2, 3)), SEED)
    names = [f"sleep/{model}/{n}" for n in (10, 100) for model in PAIR]
    first_round = {(name, 1) for name in names}
    assert {cell.name for cell in first_cells(plan, ())} == {*names}
    assert {cell.name for cell in first_cells(plan, {(names[0], 1), (names[1], 1)})} == {*names[2:]}
    assert {cell.name for cell in first_cells(plan, first_round)} == {*names}
    assert {cell.name for cell in first_cells(plan, first_round | {(name, 2) for name in names})} == {*names[2:]}
    assert first_cells(plan, {(name, n) for name in names for n in (1, 2, 3)}) == ()
    least = Least(ONE, (), ReportCost(1.0, 1.0), records=100)
    assert least.seconds == 3 + 101


def test_a_run_that_cannot_go_on_in_its_budget_says_so_and_stays_as_it_was(
    tmp_path: Path, begun: Callable[[Path], Path]
) -> None:
    folder = begun(tmp_path / "run")
    before = (folder / "run.json").read_bytes()
    with pytest.raises(UserError, match="--budget 2s is too short"):
        campaign.set_up(Options(resume=str(folder), budget_s=2.0))
    assert (folder / "run.json").read_bytes() == before
    setup = campaign.set_up(Options(resume=str(folder), budget_s=60.0))
    assert setup.manifest.budget_s == 60.0


@pytest.fixture
def begun(monkeypatch: pytest.MonkeyPatch) -> Callable[[Path], Path]:
    """Makes a run that may go on here."""
    monkeypatch.setattr(topology, "choose", lambda *_: CORES)

    def make(folder: Path) -> Path:
        options = Options(workloads=("sleep",), flows=(10,), models=PAIR, out=folder)
        made, manifest, _ = new.new_manifest(options, CORES)
        manifest.write(made)
        return made

    return make


@pytest.mark.parametrize("own_s", [0.3, 1.2])
def test_quick_does_not_call_its_budget_spent_where_all_its_rounds_were_measured(tmp_path: Path, own_s: float) -> None:
    rows = tuple(plain(row) for row in PRESETS["quick"].rows)
    cells = ScriptedCells(seconds=lambda a: own_s + (3 if a.cell.model == "sequential" else 0))
    one = begin_campaign(tmp_path / "run", rows, cells, budget_s=PRESETS["quick"].budget_s, report=TABLE)
    replace(one, began_s=cells.clock() - 3.0).run()
    manifest = read_manifest(tmp_path / "run")
    assert len(cells.calls) == sum(len(row.cells(n)) for row in rows for n in range(1, row.rounds + 1))
    assert (manifest.state, manifest.findings) == ("complete", [])


def test_a_budget_that_was_spent_says_what_the_report_has_of_it(tmp_path: Path) -> None:
    cells = ScriptedCells(seconds=lambda _: 7.0)
    row = Row("sleep", 10, PAIR, 20, 20)
    begin_campaign(tmp_path / "run", (row,), cells, budget_s=110.0, report=ReportCost(8.0, 0.25)).run()
    (finding,) = read_manifest(tmp_path / "run").findings
    assert len(cells.calls) == 14
    assert finding.what.startswith("the budget of 110 s (of which 12 are for the report) was spent before one block")


def test_raw_files_are_what_is_counted(tmp_path: Path) -> None:
    folder = make_run(tmp_path / "run", [make_record("sleep/thread/10", n) for n in (1, 2)])
    (folder / RAW / ".r003.tmp").touch()
    assert reports.count(folder) == 2
