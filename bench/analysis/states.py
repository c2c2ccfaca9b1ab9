"""Does a cell fall into states? Then its processes are one thing or another, and a median with an interval describes neither.

Strategy: sort the values of its rounds, and cut where one is a tenth above the one before it. Rounds of a cell in one state
are 5 to 8 % apart. A cell is in states where the largest is far from the smallest, as with a thousand threads (16 to 57 us
from process to process), or where two groups have a wide gap between them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from bench.analysis.statistics import LEAST_ROUNDS, UNSTEADY

CUT = 1.1  # times the value before it: another state
BIMODAL = 1.2  # how many times apart two groups are
BIMODAL_LEAST = 3  # rounds in each group: one or two are outliers
BIMODAL_ROUNDS = 8  # in all: 1 % of eight normal values have such a gap by chance, 3 % of six (simulated)


@dataclass(frozen=True)
class State:
    """Rounds that are near each other: the least and the most of them, and how many."""

    low: float
    high: float
    rounds: int


def is_bimodal(values: Sequence[float]) -> bool:
    """Return whether they fall into two groups whose gap is wide, and wider than half of the whole range, as ratios."""
    logs = sorted(math.log(value) for value in values)
    if len(logs) < BIMODAL_ROUNDS:
        return False
    gaps = [b - a for a, b in pairwise(logs)][BIMODAL_LEAST - 1 : len(logs) - BIMODAL_LEAST]
    widest = max(gaps, default=0.0)
    return widest > math.log(BIMODAL) and widest > (logs[-1] - logs[0]) / 2


def is_unsteady(values: Sequence[float]) -> bool:
    """Return whether the largest is so many times the smallest that no centre describes them."""
    return len(values) >= LEAST_ROUNDS and max(values) / min(values) > UNSTEADY


def states(values: Sequence[float]) -> list[State]:
    """The states of a cell, the lowest first; none where its rounds lie about one centre. Values are above 0."""
    if not is_bimodal(values) and not is_unsteady(values):
        return []
    groups: list[list[float]] = []
    for value in sorted(values):
        if groups and value <= groups[-1][-1] * CUT:
            groups[-1].append(value)
        else:
            groups.append([value])
    return [State(group[0], group[-1], len(group)) for group in groups]
