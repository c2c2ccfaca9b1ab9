"""Cells that are killed, cells that did other work, and a target that is gone."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from bench.campaign.plan import round_blocks
from bench.campaign.progress import Progress
from bench.campaign.subprocesses import Outcome
from bench.store.manifest import RAW, RESULTS, read_manifest, valid_records
from tests.support.campaigns import ONE, SEED, TWO, begin_campaign, counted, resume_campaign, values_in, wanted
from tests.support.cells import KILLED, ScriptedCells, only


def test_a_lost_cell_makes_its_whole_block_be_measured_again(tmp_path: Path) -> None:
    cells = ScriptedCells()
    cells.outcome = lambda a: KILLED if (a.cell.name, a.round, a.attempt) == ("sleep/asyncio/10", 2, 1) else Outcome()
    begin_campaign(tmp_path / "run", ONE, cells).run()
    manifest = read_manifest(tmp_path / "run")
    again = {name for name, round_, attempt in cells.measured if (round_, attempt) == (2, 2)}
    assert again == {"sleep/thread/10", "sleep/asyncio/10"}
    assert set(manifest.superseded) == {
        f"r002.{n.replace('/', '.')}.a1" for n, r, a in cells.measured if (r, a) == (2, 1)
    }
    assert counted(tmp_path / "run") == wanted(ONE)
    assert {r.attempt for r in valid_records(tmp_path / "run", manifest) if r.round == 2} == {2}
    assert [v.id for v in manifest.void if v.id not in manifest.superseded] == []
    assert values_in(tmp_path / "run" / RESULTS) == len(wanted(ONE))


def test_superseded_attempts_are_kept_on_disk(tmp_path: Path) -> None:
    cells = ScriptedCells()
    last = round_blocks(ONE, 2, SEED)[0].cells[-1].name  # the other one has left its record by then
    cells.outcome = lambda a: KILLED if (a.cell.name, a.round, a.attempt) == (last, 2, 1) else Outcome()
    begin_campaign(tmp_path / "run", ONE, cells).run()
    there = {path.stem for path in (tmp_path / "run" / RAW).iterdir()}
    assert len(there & set(read_manifest(tmp_path / "run").superseded)) == 1


def test_a_cell_that_is_always_lost_is_void_after_three_tries(tmp_path: Path) -> None:
    cells = ScriptedCells(outcome=only("sleep/asyncio/10", [2], KILLED))
    begin_campaign(tmp_path / "run", ONE, cells).run()
    manifest = read_manifest(tmp_path / "run")
    tries = [attempt for name, round_, attempt in cells.measured if (name, round_) == ("sleep/asyncio/10", 2)]
    assert tries == [1, 2, 3]
    standing = [v for v in manifest.void if v.id not in manifest.superseded]
    assert [(v.cell, v.round, v.attempt, v.reason) for v in standing] == [("sleep/asyncio/10", 2, 3, KILLED.void)]
    assert counted(tmp_path / "run") == [key for key in wanted(ONE) if key != ("sleep/asyncio/10", 2)]
    assert manifest.state == "complete"


def test_a_cell_that_was_lost_at_every_try_is_measured_again_by_the_run_that_goes_on(tmp_path: Path) -> None:
    cells = ScriptedCells(outcome=only("sleep/asyncio/10", [2], KILLED))
    begin_campaign(tmp_path / "run", ONE, cells).run()
    cells.outcome = lambda _: Outcome()
    resume_campaign(tmp_path / "run", ONE, cells).run()
    manifest = read_manifest(tmp_path / "run")
    assert counted(tmp_path / "run") == wanted(ONE)
    assert {void.id for void in manifest.void} <= set(manifest.superseded)


def test_a_void_cell_that_was_not_lost_stays_void_in_the_run_that_goes_on(tmp_path: Path) -> None:
    cells = ScriptedCells(outcome=only("sleep/thread/10", [2], Outcome("flow 3 did 19 ops, not 20")))
    begin_campaign(tmp_path / "run", ONE, cells).run()
    calls = len(cells.calls)
    resume_campaign(tmp_path / "run", ONE, cells).run()
    assert len(cells.calls) == calls


def test_a_void_cell_is_noted_with_its_reason_and_not_tried_again(tmp_path: Path) -> None:
    reason = "flow 3 did 19 ops, not 20"
    cells = ScriptedCells(outcome=only("sleep/thread/10", [1, 2, 3], Outcome(reason)))
    begin_campaign(tmp_path / "run", ONE, cells).run()
    manifest = read_manifest(tmp_path / "run")
    assert [(v.cell, v.round, v.attempt, v.reason) for v in manifest.void] == [
        ("sleep/thread/10", n, 1, reason) for n in (1, 2, 3)
    ]
    assert manifest.superseded == []
    assert len(cells.calls) == len(wanted(ONE))
    assert {name for name, _ in counted(tmp_path / "run")} == {"sleep/asyncio/10"}


@pytest.mark.parametrize("stopped_at", range(1, 7))
def test_a_lost_last_cell_of_a_block_is_measured_again_by_the_run_that_goes_on(tmp_path: Path, stopped_at: int) -> None:
    """A flow was killed, so the record says void; whenever the run is stopped, each cell and round counts once."""
    last = round_blocks(ONE, 1, SEED)[0].cells[-1].name
    lost = Outcome("flow 3: ChildProcessError: its process was killed by signal 9", lost=True)
    cells = ScriptedCells(interrupt_at=stopped_at, lost_leave_records=True)
    cells.outcome = lambda a: lost if (a.cell.name, a.round, a.attempt) == (last, 1, 1) else Outcome()
    with pytest.raises(KeyboardInterrupt):
        begin_campaign(tmp_path / "run", ONE, cells).run()
    cells.interrupt_at = 0
    resume_campaign(tmp_path / "run", ONE, cells).run()
    assert counted(tmp_path / "run") == wanted(ONE)
    assert values_in(tmp_path / "run" / RESULTS) == len(wanted(ONE))
    manifest = read_manifest(tmp_path / "run")
    assert {void.id for void in manifest.void} <= set(manifest.superseded)


class GoneError(Exception):
    """The target is gone."""


def gone() -> None:
    """What looks after the target finds it gone."""
    raise GoneError


def losing_the_target_at(call: int) -> ScriptedCells:
    """Cells that can no longer connect from the given call on."""
    cells = ScriptedCells()
    cells.outcome = lambda _: Outcome("connection refused") if len(cells.calls) >= call else Outcome()
    return cells


def test_a_lost_target_stops_the_run_with_its_records_safe(tmp_path: Path) -> None:
    cells = losing_the_target_at(6)
    with pytest.raises(GoneError):
        begin_campaign(tmp_path / "run", TWO, cells, check_target=gone).run()
    manifest = read_manifest(tmp_path / "run")
    assert (len(cells.calls), manifest.state, manifest.void) == (6, "incomplete", [])
    assert len(counted(tmp_path / "run")) == 5


def test_after_a_lost_target_every_cell_is_measured_or_listed_as_void(tmp_path: Path) -> None:
    """The cell that found the target gone has left a record that calls itself void, and nobody has noted it."""
    with pytest.raises(GoneError):
        begin_campaign(tmp_path / "run", TWO, losing_the_target_at(6), check_target=gone).run()
    resume_campaign(tmp_path / "run", TWO, ScriptedCells()).run()
    manifest = read_manifest(tmp_path / "run")
    void = {(v.cell, v.round) for v in manifest.void if v.id not in manifest.superseded}
    assert sorted({*counted(tmp_path / "run"), *void}) == wanted(TWO)


def test_progress_names_a_lost_cell_and_a_void_one(tmp_path: Path) -> None:
    cells = ScriptedCells()
    cells.outcome = lambda a: (
        KILLED
        if a.attempt == 1 and a.round == 1 and a.cell.model == "thread"
        else Outcome("it did other work")
        if a.round == 2 and a.cell.model == "asyncio"
        else Outcome()
    )
    campaign = begin_campaign(tmp_path / "run", ONE, cells)
    campaign.progress = Progress(said := io.StringIO(), cells.clock)
    campaign.run()
    assert (
        "sleep/thread/10, round 1: it was killed by signal 9 (SIGKILL); its block is measured again" in said.getvalue()
    )
    assert "sleep/asyncio/10, round 2 is void: it did other work" in said.getvalue()
