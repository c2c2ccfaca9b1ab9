"""The latency at a utilisation: of cells at several loads, read where the core was as busy as the load is named.

A load is named before it is measured, and the core is rarely just as busy. Latency grows steeply with that. So it is read on the line
through a round's cells, of the logarithm of latency against utilisation, at the utilisation named: a curve that is nearly straight
over a few points. A round whose nearest cell is further away than NEAR is left out, so nothing is read far from what was measured.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from bench.analysis.statistics import Estimate, median_interval

NEAR = 0.1


@dataclass(frozen=True)
class Load:
    """One cell: its round, the share of the core that was used, and the latency there, ms."""

    round: int
    busy: float
    latency: float


@dataclass(frozen=True)
class Reading:
    """What was read at a utilisation: latency, ms, and how busy the core was in the cells that were named so."""

    latency: Estimate
    reached: Estimate


def read(loads: Sequence[Load], at: float) -> float | None:
    """The latency of one round's cells at a utilisation, ms; None where none of them came near it."""
    there = sorted((one for one in loads if one.latency > 0), key=lambda one: abs(one.busy - at))
    if not there or abs(there[0].busy - at) > NEAR:
        return None
    nearest = there[0]
    other = next((one for one in there[1:] if abs(one.busy - nearest.busy) > NEAR), None)
    if other is None:
        return nearest.latency
    slope = (math.log(nearest.latency) - math.log(other.latency)) / (nearest.busy - other.busy)
    return nearest.latency * math.exp(max(0.0, slope) * (at - nearest.busy))


def latency_at(loads: Sequence[Load], at: float, named: Sequence[Load]) -> Reading | None:
    """The median over rounds of the latency at a utilisation. `named`: the cells whose load is called so.

    None where no round came near it.
    """
    rounds = sorted({one.round for one in loads})
    found = [read([one for one in loads if one.round == round_], at) for round_ in rounds]
    values = [value for value in found if value is not None]
    if not values or not named:
        return None
    return Reading(median_interval(values), median_interval([one.busy for one in named]))
