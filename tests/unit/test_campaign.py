"""Rounds, blocks and the budget, with a scripted runner and a clock of its own: nothing is measured."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from bench.campaign.plan import round_blocks
from bench.campaign.progress import Progress
from bench.campaign.subprocesses import Outcome
from bench.presets.rows import Row
from bench.store.manifest import RAW, RESULTS, Manifest, read_manifest, valid_records
from bench.words import Cell
from tests.support.campaigns import ONE, PAIR, REPORT_S, SEED, TWO, begin_campaign, counted, values_in, wanted
from tests.support.cells import KILLED, ScriptedCells, only


def test_all_rounds_are_measured_once(tmp_path: Path) -> None:
    cells = ScriptedCells()
    begin_campaign(tmp_path / "run", TWO, cells).run()
    manifest = read_manifest(tmp_path / "run")
    assert counted(tmp_path / "run") == wanted(TWO)
    assert len(cells.calls) == len(wanted(TWO))
    assert (manifest.state, manifest.rounds, manifest.elapsed_s) == ("complete", 3, float(len(cells.calls)))
    assert values_in(tmp_path / "run" / RESULTS) == len(cells.calls)


def test_cells_run_in_the_order_of_the_schedule(tmp_path: Path) -> None:
    cells = ScriptedCells()
    begin_campaign(tmp_path / "run", TWO, cells).run()
    order = [(c.name, n, 1) for n in (1, 2, 3) for b in round_blocks(TWO, n, SEED) for c in b.cells]
    assert cells.measured == order


def test_a_cell_is_given_its_record_s_place_and_a_time_limit(tmp_path: Path) -> None:
    cells = ScriptedCells()
    begin_campaign(tmp_path / "run", ONE, cells).run()
    assert len({call.record for call in cells.calls}) == len(cells.calls)
    assert all(call.record.parent == tmp_path / "run" / RAW and call.limit_s >= 20 for call in cells.calls)


def test_the_budget_is_kept_and_what_it_cost_is_said(tmp_path: Path) -> None:
    cells = ScriptedCells(seconds=lambda _: 7.0)
    start, budget_s = cells.clock(), REPORT_S + 100.0
    begin_campaign(tmp_path / "run", (Row("sleep", 10, PAIR, 20, 20),), cells, budget_s=budget_s).run()
    assert cells.clock() - start <= budget_s - REPORT_S + 7.0
    assert len(cells.calls) == 14  # seven blocks of two cells: 98 of 100 seconds
    (finding,) = read_manifest(tmp_path / "run").findings
    assert finding.level == "warning"
    assert f"budget of {budget_s:.0f} s" in finding.what
    assert "--budget" in finding.remedy


def test_the_finding_counts_blocks_not_their_rounds(tmp_path: Path) -> None:
    """A block is all models of one workload, flows and parameters: two of them here, whatever their rounds."""
    cells = ScriptedCells(seconds=lambda _: 7.0)
    rows = (Row("sleep", 10, PAIR, 20, 20), Row("sleep", 100, PAIR, 20, 20), Row("sleep", 1, PAIR, 1, 1))
    begin_campaign(tmp_path / "run", rows, cells, budget_s=REPORT_S + 100.0).run()
    (finding,) = read_manifest(tmp_path / "run").findings
    assert " 2 blocks " in finding.what


def test_rounds_beyond_the_least_are_measured_while_there_is_time_and_not_missed(tmp_path: Path) -> None:
    cells = ScriptedCells(seconds=lambda _: 10.0)
    begin_campaign(tmp_path / "run", (Row("sleep", 10, PAIR, 2, 30),), cells, budget_s=REPORT_S + 100.0).run()
    manifest = read_manifest(tmp_path / "run")
    assert (manifest.state, manifest.rounds, manifest.findings) == ("complete", 5, [])


def test_a_block_that_no_longer_fits_does_not_stop_a_shorter_one(tmp_path: Path) -> None:
    cells = ScriptedCells(seconds=lambda a: 30.0 if a.cell.flows == 100 else 2.0)
    begin_campaign(
        tmp_path / "run",
        (Row("sleep", 10, PAIR, 9, 9), Row("sleep", 100, PAIR, 9, 9)),
        cells,
        budget_s=REPORT_S + 100.0,
    ).run()
    assert {n for name, n in counted(tmp_path / "run") if name == "sleep/thread/10"} == set(range(1, 10))


def test_what_is_judged_has_its_rounds_before_what_is_shown_is_measured_again(tmp_path: Path) -> None:
    """Four rounds of a headline, 80 s, and three of another block, 60 s: in 115 s there is time for one more than these."""
    rows = (Row("sleep", 10, PAIR, 3, 3), Row("sleep", 100, PAIR, 4, 30))
    cells = ScriptedCells(seconds=lambda _: 10.0)
    begin_campaign(tmp_path / "run", rows, cells, budget_s=REPORT_S + 115.0).run()
    there = counted(tmp_path / "run")
    assert {n for name, n in there if name == "sleep/thread/100"} == {1, 2, 3, 4}
    assert len([n for name, n in there if name == "sleep/thread/10"]) == 1
    (finding,) = read_manifest(tmp_path / "run").findings
    assert "before one block had all its rounds" in finding.what


def test_what_has_waited_comes_before_anything_grows(tmp_path: Path) -> None:
    """The headline turns out to be quick: its later rounds take a second a cell. So all has its rounds, and it grows."""
    rows = (Row("sleep", 10, PAIR, 3, 3), Row("sleep", 100, PAIR, 4, 6))
    cells = ScriptedCells(seconds=lambda a: 1.0 if a.cell.flows == 100 and a.round > 1 else 10.0)
    begin_campaign(tmp_path / "run", rows, cells, budget_s=REPORT_S + 115.0).run()
    order = list(dict.fromkeys((call.cell.flows, call.round) for call in cells.calls))
    assert order[:2] in ([(10, 1), (100, 1)], [(100, 1), (10, 1)])
    assert sorted(order) == [*((10, n) for n in range(1, 4)), *((100, n) for n in range(1, 7))]
    assert max(order.index((10, n)) for n in (2, 3)) < order.index((100, 5))
    assert read_manifest(tmp_path / "run").findings == []


def test_a_budget_too_small_for_anything_measures_nothing_and_says_so(tmp_path: Path) -> None:
    cells = ScriptedCells()
    begin_campaign(tmp_path / "run", ONE, cells, budget_s=5.0).run()
    manifest = read_manifest(tmp_path / "run")
    assert (cells.calls, manifest.rounds, len(manifest.findings)) == ([], 0, 1)


@pytest.mark.parametrize("trouble", ["slower", "killed"])
def test_the_budget_is_kept_by_one_cell_even_in_trouble(tmp_path: Path, trouble: str) -> None:
    """Cells that suddenly take four times as long, or that are killed again and again, must not add up."""
    longest = 20.0 if trouble == "slower" else 5.0
    cells = ScriptedCells(seconds=lambda a: longest if a.round > 3 else 5.0)
    if trouble == "killed":
        cells.outcome = lambda a: KILLED if a.round > 3 and a.cell.model == "uvloop" else Outcome()
    start, budget_s = cells.clock(), REPORT_S + 80.0
    rows = (Row("sleep", 10, ("thread", "process", "asyncio", "uvloop"), 9, 9),)
    begin_campaign(tmp_path / "run", rows, cells, budget_s=budget_s).run()
    assert cells.clock() - start <= budget_s - REPORT_S + longest


class Watcher(Progress):
    """Looks into the folder at the end of each round, as somebody else might."""

    def __init__(self, folder: Path) -> None:
        super().__init__(io.StringIO())
        self.folder, self.seen = folder, list[tuple[Manifest, int, int]]()

    def round_done(self, round_: int, rounds: int, left_s: float) -> None:
        self.seen.append((read_manifest(self.folder), len(counted(self.folder)), values_in(self.folder / RESULTS)))


def test_manifest_and_results_are_true_after_each_round(tmp_path: Path) -> None:
    cells = ScriptedCells(outcome=only("sleep/thread/10", [2], Outcome("it did other work")))
    campaign = begin_campaign(tmp_path / "run", ONE, cells)
    campaign.progress = watcher = Watcher(tmp_path / "run")
    campaign.run()
    assert [manifest.rounds for manifest, _, _ in watcher.seen] == [1, 2, 3]
    assert [manifest.elapsed_s for manifest, _, _ in watcher.seen] == [2.0, 4.0, 6.0]
    assert [len(manifest.void) for manifest, _, _ in watcher.seen] == [0, 1, 1]
    assert [(records, values) for _, records, values in watcher.seen] == [(2, 2), (3, 3), (5, 5)]


def test_a_scripted_record_is_one_that_the_store_accepts(tmp_path: Path) -> None:
    begin_campaign(tmp_path / "run", ONE, ScriptedCells()).run()
    record = valid_records(tmp_path / "run", read_manifest(tmp_path / "run"))[0]
    assert Cell.parse(record.cell.name) == record.cell
    assert "secret" not in "".join(path.read_text() for path in (tmp_path / "run" / RAW).iterdir())
