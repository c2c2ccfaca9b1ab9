"""Whatever is killed, lost or disturbed, and however often a run goes on: at its end each cell and round counts once.

Strategy: scripted campaigns in which chance, seeded, loses cells (some leave a record, some do not), takes the target away,
stops the run before or after a record is written, and disturbs blocks. They go on until nothing is left to do.
"""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import pytest

from bench.campaign.subprocesses import Attempt, Outcome
from bench.presets.rows import Row
from bench.store.manifest import RESULTS, read_manifest
from bench.store.records import Record
from tests.support.campaigns import begin_campaign, counted, resume_campaign, values_in, wanted
from tests.support.cells import KILLED, ScriptedCells

ROWS = (Row("sleep", 10, ("thread", "process", "asyncio"), 2, 2), Row("sleep", 100, ("thread", "asyncio"), 3, 3))
MOST_LEGS = 40
LEFT_A_RECORD = Outcome("flow 3: ChildProcessError: its process was killed by signal 9", lost=True)


class GoneError(Exception):
    """The target is gone."""


class Chance:
    """What happens to a run, by chance; after `calm_after` cells nothing does."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._trouble = self._random.choice([0.1, 0.3, 0.5])
        self._storms = self._random.choice([0.0, 0.2, 0.6])
        self._left = self._random.randint(5, 60)
        self._gone = False

    def _happens(self, share: float) -> bool:
        return self._left > 0 and self._random.random() < share

    def before(self, _: Attempt) -> None:
        """A cell is about to start: the user may press Ctrl-C."""
        self._left -= 1
        if self._happens(self._trouble / 4):
            raise KeyboardInterrupt

    def outcome(self, _: Attempt) -> Outcome:
        """What becomes of a cell."""
        self._gone = self._happens(self._trouble / 4)
        if self._gone:
            return self._random.choice([Outcome("connection refused"), Outcome(), LEFT_A_RECORD])
        if self._happens(self._trouble):
            return self._random.choice([KILLED, LEFT_A_RECORD])
        return Outcome()

    def check_target(self) -> None:
        """Is the target there?"""
        if self._gone:
            raise GoneError

    def disturbed(self, _: Record) -> str:
        """What disturbed a cell."""
        return "a storm" if self._happens(self._storms) else ""


def run_to_the_end(folder: Path, seed: int) -> int:
    """Begin a run and go on with it until it is complete and nothing is void; return how often it was begun."""
    chance = Chance(seed)
    for leg in range(1, MOST_LEGS):
        cells = ScriptedCells(outcome=chance.outcome, before=chance.before, lost_leave_records=seed % 2 == 0)
        campaign = begin_campaign(folder, ROWS, cells) if leg == 1 else resume_campaign(folder, ROWS, cells)
        try:
            replace(campaign, disturbance=chance.disturbed, check_target=chance.check_target).run()
        except (KeyboardInterrupt, GoneError):
            continue
        manifest = read_manifest(folder)
        if all(void.id in manifest.superseded for void in manifest.void):
            return leg
    raise AssertionError("it does not end")


@pytest.mark.parametrize("seed", range(20))
def test_each_cell_and_round_counts_once(seed: int, tmp_path: Path) -> None:
    run_to_the_end(tmp_path / "run", seed)
    assert counted(tmp_path / "run") == wanted(ROWS)
    assert values_in(tmp_path / "run" / RESULTS) == len(wanted(ROWS))


def test_a_repeat_that_was_stopped_before_its_first_record_is_in_nobodys_way(tmp_path: Path) -> None:
    """A block with a cell that was lost at every try is disturbed, too; its repeat is stopped, and the run goes on."""
    name = "sleep/asyncio/10"
    rows = (Row("sleep", 10, ("thread", "asyncio"), 3, 3),)

    def stop_the_repeat(attempt: Attempt) -> None:
        if attempt.attempt == 4:
            raise KeyboardInterrupt

    cells = ScriptedCells(before=stop_the_repeat)
    cells.outcome = lambda a: KILLED if (a.cell.name, a.round) == (name, 1) and a.attempt <= 3 else Outcome()
    campaign = begin_campaign(tmp_path / "run", rows, cells)
    with pytest.raises(KeyboardInterrupt):
        replace(campaign, disturbance=lambda record: "a storm" if record.attempt == 3 else "").run()
    cells.before = lambda _: None
    resume_campaign(tmp_path / "run", rows, cells).run()
    assert counted(tmp_path / "run") == wanted(rows)
