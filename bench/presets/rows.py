"""What a preset is made of: rows, each a block with its rounds, and ladders."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from bench.words import Cell, Value

# Rounds of a cell that takes too long for more, beside others of its block that have more.
SELDOM_ROUNDS = 1
# The floor is a line to hold the others against, and is not judged: a fifth of the rounds, and at least so many, will do.
FLOOR, FLOOR_ROUNDS = ("native_thread", "native_epoll"), 2

# Rounds of a headline comparison in `bench`: a pilot and an interval need ten; a hundred know D to 4 % where it varies by 16.
HEADLINE = (10, 100)


@dataclass(frozen=True)
class Row:
    """One block of a preset: `rounds` is the least number it must have, `most` the number it may grow to.

    `seldom` names models that are measured in the first rounds only, because a cell of theirs takes long. `twins` names
    models that are measured twice: what their twins differ by is the run's noise floor.
    """

    workload: str
    flows: int
    models: tuple[str, ...]
    rounds: int
    most: int
    parameters: tuple[tuple[str, Value], ...] = ()
    seldom: tuple[str, ...] = ()
    twins: tuple[str, ...] = ()

    def turns(self, model: str) -> int:
        """How many rounds a model takes part in."""
        if model in self.seldom:
            return SELDOM_ROUNDS
        return min(self.most, max(FLOOR_ROUNDS, self.rounds // 5)) if model in FLOOR else self.most

    def cells(self, round_: int = 1) -> list[Cell]:
        """The cells that this block has in a round (counted from 1), in the order of the models' table."""
        twin = tuple(sorted((*self.parameters, ("twin", 1))))
        return [
            Cell(self.workload, model, self.flows, parameters)
            for parameters, models in ((self.parameters, self.models), (twin, self.twins))
            for model in models
            if round_ <= self.turns(model)
        ]

    def of(self, models: Iterable[str]) -> Row:
        """The row with these of its models only."""
        able = tuple(models)
        return replace(self, models=able, twins=tuple(model for model in self.twins if model in able))


@dataclass(frozen=True)
class Ladder:
    """How many flows of a model can there be? Measured at `first` flows, then `factor` times as many, up to `most`, or
    to where something stops it.
    """

    workload: str
    model: str
    first: int
    factor: int
    most: int
    parameters: tuple[tuple[str, Value], ...] = ()

    def cells(self) -> list[Cell]:
        """The cells, from the bottom up."""
        found, n = [], self.first
        while n <= self.most:
            found.append(Cell(self.workload, self.model, n, self.parameters))
            n *= self.factor
        return found


@dataclass(frozen=True)
class Preset:
    """A named grid with the seconds it may take, report included. `verdicts`: has it rounds enough to judge?"""

    name: str
    budget_s: float
    rows: tuple[Row, ...]
    verdicts: bool
    about: str
    ladders: tuple[Ladder, ...] = ()
    ladders_s: float = 0.0  # the ladders have so many seconds of the budget
