"""Measuring one block: its cells one after the other, and the whole block again where one of them was lost.

A block that already has a whole attempt keeps it until the next attempt is whole, however that ends.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from bench import cells
from bench.campaign.attempts import Attempts
from bench.campaign.budget import Budget, Outlook
from bench.campaign.plan import Block
from bench.campaign.progress import Progress
from bench.campaign.subprocesses import Attempt, CellRunner
from bench.store import records
from bench.words import Cell

ATTEMPTS = 3  # at a block, where one of its cells was lost: killed from outside, or its server gave other waits


@dataclass(frozen=True)
class BlockRunner:
    """Measures blocks. It notes how long cells took, and which of them are void or lost."""

    raw: Path  # where records go
    run_cell: CellRunner
    attempts: Attempts
    budget: Budget
    outlook: Outlook
    progress: Progress
    check_target: Callable[[], None]  # raises where a server is gone
    told: set[tuple[str, str]] = field(default_factory=set)  # workloads and reasons that were said to be void

    def __call__(self, block: Block, rounds: int) -> bool:
        """Measure a block; return whether it was measured to its end. `rounds`: how many there will be, for the progress line.

        False: time ran out before the last cell, because cells took longer than before, or were killed again and again.
        False, too: a cell of a repeat is void. Then the attempt before it still counts.
        """
        before = self.attempts.counting(block)
        repeat = len(before) == len(block.cells)
        if not self._try(block, rounds, repeat=repeat):
            return False
        if repeat:
            latest = self.attempts.ids(block, self.attempts.last(block))
            if self.attempts.is_void(latest):
                return False
            self.attempts.count_instead(block, latest, before)
        self.attempts.finish(block)
        return True

    def _try(self, block: Block, rounds: int, *, repeat: bool) -> bool:
        """Measure a block's cells until none was killed, `ATTEMPTS` times at most; return False where time ran out.

        `repeat`: the attempt before counts until this one is whole.
        """
        first = 1 + self.attempts.last(block)
        for number in range(first, first + ATTEMPTS):
            if number > first and not self.budget.fits(*block.cells):
                return False
            self.attempts.begin(block, number, repeat=repeat)
            reason = ""
            for cell in block.cells:
                if not self.budget.fits(cell):
                    return False
                left_s = self.outlook.left_s(block.round)
                self.progress.at(block.round, rounds, self.outlook.share_done(left_s), cell.name, left_s)
                reason = self._measure(cell, block.round, number, last=number == first + ATTEMPTS - 1)
                if reason:
                    self.progress.line(f"{cell.name}, round {block.round}: {reason}; its block is measured again")
                    break
            else:
                break
        return True

    def _measure(self, cell: Cell, round_: int, number: int, *, last: bool) -> str:
        """Run a cell; return why it was lost if another attempt may help, else ''. A void one is noted at once."""
        record = self.raw / f"{records.record_id(cell, round_, number)}.json"
        attempt = Attempt(cell, round_, number, record, cells.time_limit_s(cell))
        began_s = self.budget.clock()
        outcome = self.run_cell(attempt)
        self.attempts.add(attempt)
        self.budget.note(cell, self.budget.clock() - began_s)
        if outcome.void:
            self.check_target()
            again = outcome.lost and not last
            self.attempts.add_void(attempt, outcome.void, lost=outcome.lost, again=again)
            if again:
                return outcome.void
            if (cell.workload, outcome.void) not in self.told:  # of one fault that many cells have, the page lists all
                self.told.add((cell.workload, outcome.void))
                self.progress.line(f"{cell.name}, round {round_} is void: {outcome.void}")
        return ""
