"""Runs that were stopped, and how they go on."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from bench.campaign.plan import round_blocks
from bench.campaign.subprocesses import Attempt
from bench.store.manifest import RESULTS, read_manifest
from tests.support.campaigns import ONE, SEED, TWO, begin_campaign, counted, resume_campaign, values_in, wanted
from tests.support.cells import ScriptedCells


@pytest.mark.parametrize("at", range(1, 11))
def test_an_interrupted_run_can_be_loaded_and_completed(tmp_path: Path, at: int) -> None:
    """Whichever cell the interrupt falls into."""
    stopped = ScriptedCells(interrupt_at=at)
    with pytest.raises(KeyboardInterrupt):
        begin_campaign(tmp_path / "run", TWO, stopped).run()
    manifest = read_manifest(tmp_path / "run")
    assert manifest.state == "incomplete"
    assert len(counted(tmp_path / "run")) == at - 1
    if at > 1:
        assert values_in(tmp_path / "run" / RESULTS) == at - 1
    cells = ScriptedCells()
    resume_campaign(tmp_path / "run", TWO, cells).run()
    assert counted(tmp_path / "run") == wanted(TWO)
    assert (read_manifest(tmp_path / "run").state, read_manifest(tmp_path / "run").rounds) == ("complete", 3)
    assert read_manifest(tmp_path / "run").elapsed_s == at - 1 + len(cells.calls)


def test_a_resumed_run_measures_a_half_done_block_wholly_and_no_finished_one(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        begin_campaign(tmp_path / "run", TWO, ScriptedCells(interrupt_at=4)).run()  # in the middle of the second block
    cells = ScriptedCells()
    resume_campaign(tmp_path / "run", TWO, cells).run()
    first, second = round_blocks(TWO, 1, SEED)
    in_round_1 = [(name, attempt) for name, round_, attempt in cells.measured if round_ == 1]
    assert in_round_1 == [(cell.name, 2) for cell in second.cells]
    assert not {cell.name for cell in first.cells} & {name for name, _ in in_round_1}
    assert read_manifest(tmp_path / "run").superseded == [f"r001.{second.cells[0].name.replace('/', '.')}.a1"]


def test_a_resumed_run_goes_on_in_the_order_it_would_have_had(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        begin_campaign(tmp_path / "run", TWO, ScriptedCells(interrupt_at=5)).run()
    cells = ScriptedCells()
    resume_campaign(tmp_path / "run", TWO, cells).run()
    order = [(c.name, n, 1) for n in (2, 3) for b in round_blocks(TWO, n, SEED) for c in b.cells]
    assert cells.measured == order


def test_a_run_that_was_killed_outright_can_be_completed(tmp_path: Path) -> None:
    """Nothing tidies up after SIGKILL: the folder is what it was when the sixth cell had just begun."""
    cells = ScriptedCells()

    def copy(_: Attempt) -> None:
        if len(cells.calls) == 5:
            shutil.copytree(tmp_path / "run", tmp_path / "copy")

    cells.before = copy
    begin_campaign(tmp_path / "run", TWO, cells).run()
    assert read_manifest(tmp_path / "copy").state == "running"
    resume_campaign(tmp_path / "copy", TWO, ScriptedCells()).run()
    assert counted(tmp_path / "copy") == wanted(TWO)


def test_a_complete_run_is_not_measured_again(tmp_path: Path) -> None:
    begin_campaign(tmp_path / "run", TWO, ScriptedCells()).run()
    cells = ScriptedCells()
    resume_campaign(tmp_path / "run", TWO, cells).run()
    assert (cells.calls, read_manifest(tmp_path / "run").rounds) == ([], 3)


def test_more_budget_completes_a_run_that_had_too_little(tmp_path: Path) -> None:
    begin_campaign(tmp_path / "run", ONE, ScriptedCells(seconds=lambda _: 10.0), budget_s=50.0).run()
    assert 0 < len(counted(tmp_path / "run")) < len(wanted(ONE))
    resume_campaign(tmp_path / "run", ONE, ScriptedCells(seconds=lambda _: 10.0)).run()
    assert counted(tmp_path / "run") == wanted(ONE)
