"""Time: how much a run has left, how long cells take, and how much work is left."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field

from bench import cells
from bench.campaign.plan import Block, Place, Plan
from bench.words import Cell, Finding, listed

REPORT_S = 25  # kept back for the report (seen: 6 to 15 s), and for a cell that takes longer than before
FADES = 0.8  # a cell that once took long is expected to take less each time it does not


@dataclass
class Budget:
    """The seconds of a run, which began at `began_s` on the clock. `earlier_s`: what it took before it was interrupted."""

    total_s: float
    began_s: float
    earlier_s: float
    clock: Callable[[], float]
    _costs_s: dict[str, float] = field(default_factory=dict)  # by cell, as measured

    @property
    def stop_s(self) -> float:
        """When to stop, on the clock: the report has its share of the budget."""
        return self.began_s + self.total_s - REPORT_S

    @property
    def left_s(self) -> float:
        """The seconds until then."""
        return max(0.0, self.stop_s - self.clock())

    @property
    def elapsed_s(self) -> float:
        """The seconds that the run has taken so far, with those before it was interrupted."""
        return self.earlier_s + self.clock() - self.began_s

    def note(self, cell: Cell, seconds: float) -> None:
        """Keep how long a cell took."""
        self._costs_s[cell.name] = max(seconds, self._costs_s.get(cell.name, 0) * FADES)

    def cost_s(self, *cells_: Cell) -> float:
        """The seconds that cells will take: as measured before, or else as the tables say."""
        return sum(self._costs_s.get(cell.name) or cells.expected_s(cell) for cell in cells_)

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
            f"the budget of {self.total_s:.0f} s (of which {REPORT_S} are for the report) was spent before {which}: {listed(skipped)}",
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
