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

    `beyond`: it is more than the largest measured; `below`: it is at most the smallest measured. `never`: a pool lets
    too few flows run at once to fill the core.
    """

    flows: float
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
    for i in range(1, len(flows)):
        if need[i] >= 1:
            return FullCore(_crossing(flows[i - 1 : i + 1], demand_s, wait_s, at_once))
    if flows[-1] > at_once:
        return FullCore(math.inf, never=True)
    return FullCore(flows[-1], beyond=True)


def _crossing(
    between: Sequence[int], demand_s: Mapping[int, float], wait_s: Mapping[int, float], at_once: float
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


def speed_up(flows: int, share: float) -> float:
    """How many times faster N flows can be than one after the other, if a share of each op needs the core: min(N, 1 / share)."""
    return min(float(flows), 1 / share) if share > 0 else float(flows)
