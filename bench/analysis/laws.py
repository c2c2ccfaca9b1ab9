"""Operational analysis: what one core can give at best, and where it is full.

Denning & Buzen, The Operational Analysis of Queueing Network Models, ACM Computing Surveys 10 (1978) 225-261;
Lazowska, Zahorjan, Graham & Sevcik, Quantitative System Performance (1984), chapter 5.
N flows; D CPU seconds per op (service demand, it falls with N); Z seconds of wait per op; X ops per second. A pool has
a largest number of flows at once. For it, N is the smaller of both in every law here.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise


@dataclass(frozen=True)
class Bound:
    """The most ops per second at N flows. `estimated`: D is that of a smaller N, because no larger one was measured."""

    flows: int
    ops_per_s: float
    estimated: bool


def bound(flows: float, demand_s: float, wait_s: float) -> float:
    """X <= min(N / (D + Z), 1 / D), ops per second."""
    return min(flows / (demand_s + wait_s), 1 / demand_s)


def bounds(demand_s: Mapping[int, float], wait_s: Mapping[int, float], at_once: float = math.inf) -> list[Bound]:
    """The bound at each measured N, with Z of that N and D of the next larger one; both by N.

    With its own D the bound is an identity once the core is full (C = T). At the largest N, D is that of the one below.
    """
    flows = _known(demand_s, wait_s)
    if len(flows) < 2:
        return []

    def at(n: int, other: int, *, estimated: bool) -> Bound:
        return Bound(n, bound(min(n, at_once), demand_s[other], wait_s[n]), estimated=estimated)

    found = [at(n, after, estimated=False) for n, after in pairwise(flows)]
    return [*found, at(flows[-1], flows[-2], estimated=True)]


def _known(demand_s: Mapping[int, float], wait_s: Mapping[int, float]) -> list[int]:
    """Return the numbers of flows for which both are known, in order."""
    return sorted(n for n in demand_s if not math.isnan(wait_s.get(n, math.nan)))


@dataclass(frozen=True)
class FullCore:
    """N*: the number of flows at which one core is full.

    `between`: the two measured N that it lies between. `beyond`: it is more than the largest measured; `below`: it is at
    most the smallest measured. `never`: a pool lets too few flows run at once to fill the core.
    """

    flows: float
    between: tuple[int, int] | None = None
    beyond: bool = False
    below: bool = False
    never: bool = False


def full_core(demand_s: Mapping[int, float], wait_s: Mapping[int, float], at_once: float = math.inf) -> FullCore | None:
    """Solve N D(N) = Z(N) + D(N) between measured N, linearly in log N, log D and Z; None with fewer than two N."""
    flows = _known(demand_s, wait_s)
    if len(flows) < 2:
        return None
    need = [min(n, at_once) * demand_s[n] / (wait_s[n] + demand_s[n]) for n in flows]
    if need[0] >= 1:
        return FullCore(flows[0], below=True)
    for i, between in enumerate(pairwise(flows), start=1):
        if need[i] >= 1:
            return FullCore(_crossing(between, demand_s, wait_s, at_once), between)
    if flows[-1] > at_once:
        return FullCore(math.inf, never=True)
    return FullCore(flows[-1], beyond=True)


def _crossing(
    between: tuple[int, int], demand_s: Mapping[int, float], wait_s: Mapping[int, float], at_once: float
) -> float:
    low, high = map(math.log, between)
    d_low, d_high = (math.log(demand_s[n]) for n in between)
    z_low, z_high = (wait_s[n] for n in between)
    left, right = low, high
    for _ in range(60):  # bisection: halves the interval below any rounding
        middle = (left + right) / 2
        share = (middle - low) / (high - low)
        demand, wait = math.exp(d_low + (d_high - d_low) * share), z_low + (z_high - z_low) * share
        if min(math.exp(middle), at_once) * demand < wait + demand:
            left = middle
        else:
            right = middle
    return math.exp((left + right) / 2)


def full_core_range(
    low_s: Mapping[int, float], high_s: Mapping[int, float], wait_s: Mapping[int, float], at_once: float = math.inf
) -> tuple[float, float] | None:
    """The least and the most that N* can be, where D has an interval at each measured N; infinity where there is no most.

    Nothing is known of D between two measured N but that it lies between those of the two: below the larger high end,
    above the smaller low end. So no curve is assumed, and points that are far apart make a wide range. None with fewer
    than two N.
    """
    flows = _known(low_s, wait_s)
    if len(flows) < 2:
        return None
    least = _first_full(flows, high_s, wait_s, at_once, earliest=True)
    return least, _first_full(flows, low_s, wait_s, at_once, earliest=False)


def _first_full(
    flows: Sequence[int], demand_s: Mapping[int, float], wait_s: Mapping[int, float], at_once: float, *, earliest: bool
) -> float:
    """The N that fills the core, between the first measured N that does and the one before it.

    Between them, D is as large as either and Z as short; or, for the most, the other way round.
    """
    extreme, other = (max, min) if earliest else (min, max)
    if flows[0] * demand_s[flows[0]] >= wait_s[flows[0]] + demand_s[flows[0]]:
        return flows[0]
    for low, high in pairwise(flows):
        if min(high, at_once) * demand_s[high] >= wait_s[high] + demand_s[high]:
            there = 1 + other(wait_s[low], wait_s[high]) / extreme(demand_s[low], demand_s[high])
            return min(max(there, low), high)
    return math.inf


def speed_up(flows: int, share: float) -> float:
    """How many times faster N flows can be than one after the other, if a share of each op needs the core: min(N, 1 / share)."""
    return min(float(flows), 1 / share) if share > 0 else float(flows)
