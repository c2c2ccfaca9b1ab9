"""What one core gives to a service that was not measured: operational analysis with the D and the waits of a run.

Strategy: three laws of Denning & Buzen (The Operational Analysis of Queueing Network Models, ACM Computing Surveys 10
(1978) 225-261). The utilisation law, U = X D. The response-time law, X = N / (Z + R). The asymptotic bound, X <= 1 / D.
D(N) is the CPU per op that a run measured, R(N) = N / X - Z the time per op beyond its wait. Between measured N, D is
interpolated linearly in the logs, R in the log of N. A service's own CPU S is added to both.

The estimate is the most that a core can give: near a full core requests queue for each other, which is in none of these laws.
Outside the measured N, the nearest D and R are used, and the answer says so. No numpy: a page does the same in JavaScript
(bench/report/static/whatif.js), and both are tested against one set of numbers.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

BUSY = 0.9  # of a core: from here on, the core limits what a service can do
STEPS = 60  # of a bisection: beyond any rounding
Outside = Literal["", "fewer", "more"]


@dataclass(frozen=True)
class Service:
    """What a service asks for: flows in all, the wait of each request, its own CPU per request (both seconds), cores."""

    flows: int
    wait_s: float
    own_s: float
    cores: int = 1


@dataclass(frozen=True)
class Curve:
    """What a run measured of one model, by N: D and R in seconds per op. `at_once`: how many flows a pool lets go on.

    R is that of the N that left the core time: on a full core it is mostly queueing, which the bound 1 / D stands for.

    `flow_bytes`: the memory of a parked flow, NaN where it was not measured; up to `parked` flows were.
    """

    model: str
    demand_s: Mapping[int, float]
    response_s: Mapping[int, float]
    at_once: float = math.inf
    flow_bytes: float = math.nan
    parked: int = 0


@dataclass(frozen=True)
class Estimated:
    """What one model would do: CPU per request in seconds, requests per second of all cores, the busy share of each core.

    `full_at`: N*, the flows that fill one core. `cores`: how many cores so many flows fill. `bytes`: of all flows, NaN if not
    measured. `outside` and `full_outside`: is the number of flows per core, or N*, below or above all that was measured?
    """

    model: str
    demand_s: float
    ops_per_s: float
    core_use: float
    full_at: float
    cores: float
    bytes: float
    outside: Outside
    full_outside: Outside


def between(values: Mapping[int, float], flows: float, *, logs: bool) -> float:
    """A figure at a number of flows, interpolated in the log of N; of the nearest N where that is outside. `logs`: log of both."""
    known = sorted(values)
    if flows <= known[0]:
        return values[known[0]]
    for low, high in pairwise(known):
        if flows <= high:
            share = math.log(flows / low) / math.log(high / low)
            if logs:
                return values[low] * math.pow(values[high] / values[low], share)
            return values[low] + (values[high] - values[low]) * share
    return values[known[-1]]


def outside(curve: Curve, flows: float) -> Outside:
    """Is a number of flows below or above all that were measured?"""
    return "fewer" if flows < min(curve.demand_s) else "more" if flows > max(curve.demand_s) else ""


def need(curve: Curve, service: Service, flows: float) -> float:
    """The share of a core that so many flows would use if none of them queued: N D / (Z + D), with the service's own CPU in D."""
    demand = between(curve.demand_s, flows, logs=True) + service.own_s
    return min(flows, curve.at_once) * demand / (service.wait_s + demand)


def full_core(curve: Curve, service: Service) -> float:
    """N*: the number of flows at which one core is full, N D(N) = Z + D(N); infinity where a pool is too small for that."""
    known = sorted(curve.demand_s)
    first, last = (curve.demand_s[n] + service.own_s for n in (known[0], known[-1]))
    if need(curve, service, known[0]) >= 1:
        return (service.wait_s + first) / first
    for i in range(1, len(known)):
        if need(curve, service, known[i]) >= 1:
            left, right = math.log(known[i - 1]), math.log(known[i])
            for _ in range(STEPS):
                middle = (left + right) / 2
                if need(curve, service, math.exp(middle)) < 1:
                    left = middle
                else:
                    right = middle
            return math.exp((left + right) / 2)
    most = (service.wait_s + last) / last
    return most if most <= curve.at_once else math.inf


def what_if(curve: Curve, service: Service) -> Estimated:
    """Estimate what one model would do for a service."""
    flows = service.flows / service.cores
    model_s = between(curve.demand_s, flows, logs=True)
    demand = model_s + service.own_s
    response = (between(curve.response_s, flows, logs=False) if curve.response_s else model_s) + service.own_s
    rate = min(min(flows, curve.at_once) / (service.wait_s + response), 1 / demand)
    full_at = full_core(curve, service)
    return Estimated(
        model=curve.model,
        demand_s=demand,
        ops_per_s=service.cores * rate,
        core_use=rate * demand,
        full_at=full_at,
        cores=service.flows / full_at,
        bytes=service.flows * curve.flow_bytes,
        outside=outside(curve, flows),
        full_outside="" if math.isinf(full_at) else outside(curve, full_at),
    )
