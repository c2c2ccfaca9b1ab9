"""Time: how much a run has left, how long cells take, how much work is left, and the least that a run needs.

The seconds of a run are those of its start, of its cells and of its report. What a report takes grows with the records, so
a cell costs its own seconds and its record's share of the report.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field

from bench import cells
from bench.campaign.plan import Block, Place, Plan
from bench.campaign.reports import TABLE, ReportCost
from bench.harness.workload import fits_as_it_is
from bench.presets.rows import Row
from bench.words import Cell, Finding, UserError, listed
from bench.workloads import load_workload

FADES = 0.8  # a cell that once took long is expected to take less each time it does not
START_S = 3.0  # servers, and the file that is read (seen: 1 to 2 s)
FITTINGS = 2  # to fit a cell to the machine takes about so many of its like


@dataclass
class Budget:
    """The seconds of a run, which began at `began_s` on the clock. `earlier_s`: what it took before it was interrupted.

    `report`: what a report takes here. `records`: how many there are already.
    """

    total_s: float
    began_s: float
    earlier_s: float
    clock: Callable[[], float]
    report: ReportCost = TABLE
    records: int = 0
    _costs_s: dict[str, float] = field(default_factory=dict)  # by cell, as measured

    @property
    def report_s(self) -> float:
        """The seconds that a report of the records so far will take."""
        return self.report.of(self.records)

    @property
    def stop_s(self) -> float:
        """When to stop, on the clock: the report has its share of the budget."""
        return self.began_s + self.total_s - self.report_s

    @property
    def left_s(self) -> float:
        """The seconds until then."""
        return max(0.0, self.stop_s - self.clock())

    @property
    def elapsed_s(self) -> float:
        """The seconds that the run has taken so far, with those before it was interrupted."""
        return self.earlier_s + self.clock() - self.began_s

    def note(self, cell: Cell, seconds: float) -> None:
        """Keep how long a cell took. It has left a record, as a rule."""
        self._costs_s[cell.name] = max(seconds, self._costs_s.get(cell.name, 0) * FADES)
        self.records += 1

    def cost_s(self, *cells_: Cell) -> float:
        """The seconds that cells will take, with their records in the report: as measured before, or as the tables say."""
        own_s = sum(self._costs_s.get(cell.name) or cells.expected_s(cell) for cell in cells_)
        return own_s + self.report.record_s * len(cells_)

    def fits(self, *cells_: Cell, besides_s: float = 0.0) -> bool:
        """Is there time for these cells, and for other work that takes `besides_s`?"""
        return self.clock() + self.cost_s(*cells_) + besides_s <= self.stop_s

    def work_s(self, blocks: Iterable[Block], done: Collection[Place]) -> float:
        """The seconds that blocks still need, but no more than there are until the end."""
        most_s, work_s = self.left_s, 0.0
        for block in blocks:
            work_s += self.cost_s(*(cell for cell in block.cells if (cell.name, block.round) not in done))
            if work_s >= most_s:
                return most_s
        return work_s

    def spent(self, skipped: Collection[str]) -> Finding:
        """The finding that there was no time for all rounds of these blocks."""
        which = "one block had all its rounds" if len(skipped) == 1 else f"{len(skipped)} blocks had all their rounds"
        return Finding(
            "warning",
            f"the budget of {self.total_s:.0f} s (of which {self.report_s:.0f} are for the report) was spent before {which}: "
            f"{listed(skipped)}",
            "give it more time with --budget, or fewer workloads or models",
        )


class Outlook:
    """How long a run will still take. Where blocks may grow, that is all the time there is."""

    def __init__(self, plan: Plan, budget: Budget, done: Collection[Place]) -> None:
        self._plan, self._budget, self._done = plan, budget, done
        self._whole_s = self.left_s(1)

    def left_s(self, from_round: int) -> float:
        """The seconds that are left for a round and those after it, at most."""
        if self._plan.growing:
            return self._budget.left_s
        return self._budget.work_s(self._plan.required(from_round, self._done), self._done)

    def share_done(self, left_s: float) -> float:
        """The share of the work that is done when so many seconds are left."""
        return min(0.99, max(0.0, 1 - left_s / (self._whole_s or 1)))


def start_s(rows: Iterable[Row]) -> float:
    """About how long it takes until the first cell of these rows can start, s."""
    fitted = (row for row in rows if load_workload(row.workload).fit is not fits_as_it_is)
    plain = (Cell(row.workload, model, row.flows, ()) for row in fitted for model in row.models)
    return START_S + FITTINGS * sum(cells.expected_s(cell) for cell in plain)


def first_cells(plan: Plan, done: Collection[Place]) -> Sequence[Cell]:
    """The cells that a run measures first: one round of each block that must have it; else the shortest that may grow."""
    missing = list(plan.required(1, done))
    if missing:
        return [cell for block in missing if block.round == missing[0].round for cell in block.cells]
    return min((block.cells for block in plan.next_to_grow(done)), key=expected_s, default=())


def expected_s(wanted: Iterable[Cell]) -> float:
    """The seconds that cells will take, as the tables say."""
    return sum(map(cells.expected_s, wanted))


@dataclass(frozen=True)
class Least:
    """The least that a run needs: its start, its first cells, and the report of these and of the records it has.

    `ladders`: the share of the budget that goes to the question how many flows there can be.
    """

    rows: Sequence[Row]
    cells: Sequence[Cell]
    report: ReportCost
    records: int = 0
    ladders: float = 0.0

    @property
    def seconds(self) -> int:
        """The smallest budget that works, whole seconds."""
        report_s = self.report.of(self.records + len(self.cells))
        return math.ceil((start_s(self.rows) + expected_s(self.cells) + report_s) / (1 - self.ladders))

    def check(self, budget_s: float | None) -> None:
        """Raise UserError where the budget that the user asks for is smaller."""
        if budget_s is not None and budget_s < self.seconds:
            raise UserError(
                f"--budget {budget_s:g}s is too short: to start, to measure {len(self.cells)} cells once and to write the "
                f"report takes {self.seconds} s: give it --budget {self.seconds}s, or name fewer workloads or models"
            )
