"""A runner of cells that runs nothing: it follows a script and lets a clock of its own go on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from bench.campaign.subprocesses import Attempt, Outcome
from bench.store import records
from tests.support.records import HOST, make_record, pyperf_text

KILLED = Outcome("it was killed by signal 9 (SIGKILL)", lost=True)


@dataclass
class FakeClock:
    """Seconds that pass only when somebody says so."""

    now_s: float = 1000.0

    def __call__(self) -> float:
        """Return the time."""
        return self.now_s


@dataclass
class ScriptedCells:
    """Implements bench.campaign.subprocesses.CellRunner: each call takes `seconds` of the clock and has the scripted outcome.

    Like a real cell, a lost one leaves no record, and a void one leaves a record that says so. `interrupt_at` is the
    number of the call, counted from 1, in which the user presses Ctrl-C. `before` is called ahead of every cell.
    """

    clock: FakeClock = field(default_factory=FakeClock)
    seconds: Callable[[Attempt], float] = lambda _: 1.0
    outcome: Callable[[Attempt], Outcome] = lambda _: Outcome()
    interrupt_at: int = 0
    before: Callable[[Attempt], None] = lambda _: None
    lost_leave_records: bool = False  # a cell leaves one that has lost a flow; one that was killed does not
    calls: list[Attempt] = field(default_factory=list)

    def __call__(self, attempt: Attempt) -> Outcome:
        """Follow the script for one attempt."""
        self.before(attempt)
        self.calls.append(attempt)
        if len(self.calls) == self.interrupt_at:
            raise KeyboardInterrupt
        self.clock.now_s += self.seconds(attempt)
        outcome = self.outcome(attempt)
        if not outcome.lost or self.lost_leave_records:
            record = make_record(attempt.cell.name, attempt.round, attempt.attempt, value_s=0.2 + attempt.round / 1000)
            metadata = {**record.metadata, "void": outcome.void} if outcome.void else record.metadata
            records.write(attempt.record, pyperf_text(replace(record, metadata=metadata)), HOST)
        return outcome

    @property
    def measured(self) -> list[tuple[str, int, int]]:
        """Every call as (cell, round, attempt)."""
        return [(call.cell.name, call.round, call.attempt) for call in self.calls]


def only(name: str, rounds: Sequence[int], outcome: Outcome) -> Callable[[Attempt], Outcome]:
    """A script: this outcome for one cell in these rounds, a good one for all others."""
    return lambda a: outcome if (a.cell.name, a.round) in {(name, n) for n in rounds} else Outcome()
