"""A service that was not measured, in words: what the page's form and `bench whatif` say of it.

Strategy: the curves are a run's; bench/analysis/whatif.py has the arithmetic. What is said here is said once more by
static/whatif.js, in the same order and with the same digits. tests/report/whatif.json holds what both must say.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from bench.analysis.whatif import BUSY, Curve, Estimated, Service, what_if
from bench.report.document import Table
from bench.report.figures import Run
from bench.report.text import BLANK, digits
from bench.report.workloads.memory import per_flow
from bench.words import JUDGED

PARKED = "park"
ALIKE = 1.15  # N* of two models that differ by less than this factor: there is no reason to prefer one
MINE = 0.8  # of a request's CPU: a service whose own part is larger gains little from another model
FULL = 0.995  # of a core: all of it, in whole per cent
IDLE = 0.5  # of a core: below, the CPU decides nothing
LEAST_SIZES = 2  # numbers of flows that a curve needs
HEAD = ("model", "CPU per request, µs", "core busy", "core full at (N*)", "cores needed", "memory", "limit")
COMMON = tuple(
    Service(flows, wait_s, own_s) for flows in (100, 1_000, 10_000) for wait_s, own_s in ((0.01, 0), (0.05, 200e-6))
)
USUAL = Service(2_000, 0.05, 200e-6)


FIRST = ("http_get", "sleep")  # whose requests a service's are most like
FLOWS: Mapping[str, str] = {"http_get": "connections", "httpx_get": "connections", "postgres_sleep": "connections"}
SOURCE = (
    "By operational analysis (docs/method.md): N* = (Z + D) / D, with D of {workload} as run {run} measured it plus your own CPU. "
    "It is the most that a core can give: near a full core, requests also wait for each other."
)


def workloads(run: Run) -> list[str]:
    """The workloads that a service can be compared with, the most usual first."""
    if run.table.empty:
        return []
    measured = [w for w in run.manifest.workloads if curves(run, w)]
    return [w for w in FIRST if w in measured] + [w for w in measured if w not in FIRST]


def flows_word(workload: str) -> str:
    """What a service like this workload calls its flows."""
    return FLOWS.get(workload, "flows")


def curves(run: Run, workload: str) -> list[Curve]:
    """What a run measured of each concurrent model's ops of a workload, at two numbers of flows or more."""
    found = []
    for model in run.models:
        if run.manifest.about["kinds"].get(model) not in JUDGED:
            continue
        demand, wait = run.demand_s(workload, model), run.wait_s(workload, model)
        at_once = run.at_once(workload, model)
        demand = {n: cpu for n, cpu in demand.items() if cpu > 0 and wait.get(n, 0) > 0}
        response = {}
        for n, cpu in demand.items():
            rate = run.figure(workload, model, n, "X")
            if rate is not None and 0 < rate.value * cpu < BUSY:
                response[n] = min(n, at_once) / rate.value - wait[n]
        if len(demand) >= LEAST_SIZES:
            parked = per_flow(run, PARKED, model)
            most = max((n for n in run.flows(PARKED) if not run.rows(PARKED, model, n).empty), default=0)
            memory = math.nan if parked is None else parked.value
            found.append(Curve(model, demand, response, at_once, memory, most))
    return found


def memory_text(bytes_: float) -> str:
    """An amount of memory with its unit."""
    if math.isnan(bytes_):
        return BLANK
    unit, scale = ("GB", 1e9) if bytes_ >= 1e9 else ("MB", 1e6) if bytes_ >= 1e6 else ("kB", 1e3)
    return f"{digits(bytes_ / scale, 2)} {unit}"


def per_cent(share: float) -> str:
    """A share, whole per cent."""
    return f"{share * 100:.0f} %"


def limit(found: Estimated, service: Service) -> str:
    """What limits a model's throughput."""
    if found.core_use < BUSY:
        return "the wait"
    return "your CPU" if service.own_s > found.demand_s / 2 else "its CPU"


def row(found: Estimated, service: Service) -> tuple[str, ...]:
    """One model's row of the table."""
    never = math.isinf(found.full_at)
    return (
        found.model,
        digits(found.demand_s * 1e6, 2),
        "full" if found.core_use >= FULL else per_cent(found.core_use),
        "never" if never else digits(found.full_at, 2),
        BLANK if never else digits(found.cores, 2),
        memory_text(found.bytes),
        limit(found, service),
    )


def table(found: Sequence[Estimated], service: Service) -> Table:
    """What each model would do."""
    return Table("What one core gives to this service", HEAD, tuple(row(one, service) for one in found))


def span(values: Sequence[float], text: str = "{}") -> str:
    """The least and the most of some numbers, or one number where they look alike."""
    low, high = (text.format(digits(value, 2)) for value in (min(values), max(values)))
    return low if low == high else f"{low} to {high}"


def sentences(found: Sequence[Estimated], service: Service, flows: str) -> tuple[str, ...]:
    """The answer in words; `flows`: what the service calls its flows. Empty without models."""
    able = [one for one in found if not math.isinf(one.full_at)]
    if not able:
        return ()
    said = (full(able, flows), fits(able, service, flows), matters(able, service))
    return (*(text for text in said if text), *beyond(able, service, flows))


def full(found: Sequence[Estimated], flows: str) -> str:
    """When one core is full."""
    least, most = (pick(found, key=lambda one: one.full_at) for pick in (min, max))
    if most.full_at <= ALIKE * least.full_at:
        return f"One core is full at about {span([one.full_at for one in found])} {flows}, whichever the model."
    return (
        f"One core is full at about {digits(least.full_at, 2)} {flows} ({least.model}) to {digits(most.full_at, 2)} "
        f"({most.model})."
    )


def fits(found: Sequence[Estimated], service: Service, flows: str) -> str:
    """Whether the cores are enough."""
    asked = f"{service.flows:,} {flows}"
    cores = "the core" if service.cores == 1 else f"the {service.cores:,} cores"
    if all(one.cores > service.cores for one in found):
        return f"{asked} need about {span([one.cores for one in found])} cores, one process per core."
    if all(one.cores <= service.cores for one in found):
        low, high = (per_cent(pick(one.core_use for one in found)) for pick in (min, max))
        return f"{asked} keep {cores} busy for {low if low == high else f'{low} to {high}'} of the time."
    able = ", ".join(one.model for one in found if one.cores <= service.cores)
    return f"{asked} fit on {cores} only with {able}."


def matters(found: Sequence[Estimated], service: Service) -> str:
    """Whether the choice of the model matters for CPU; nothing where the first sentence has said it."""
    least, most = (pick(found, key=lambda one: one.demand_s) for pick in (min, max))
    mine = service.own_s / most.demand_s
    if mine >= MINE:
        return f"At least {per_cent(mine)} of that CPU is your own, so the model hardly matters for CPU."
    if max(one.core_use for one in found) < IDLE:
        return "The core has time left with every model, so CPU does not decide."
    if most.demand_s <= ALIKE * least.demand_s:
        return "The models need about the same CPU."
    if max(one.full_at for one in found) <= ALIKE * min(one.full_at for one in found):
        return ""
    return (
        f"Per request, {least.model} needs least CPU, {digits(least.demand_s * 1e6, 2)} µs; {most.model} needs most, "
        f"{digits(most.demand_s * 1e6, 2)} µs."
    )


def beyond(found: Sequence[Estimated], service: Service, flows: str) -> tuple[str, ...]:
    """What of it was not measured."""
    said, each = [], digits(service.flows / service.cores, 3)
    if names := [one.model for one in found if one.outside]:
        of = "" if len(names) == len(found) else f" ({', '.join(names)})"
        said.append(f"{each} {flows} per core were not measured{of}: the nearest number stands in.")
    if names := [one.model for one in found if one.full_outside]:
        said.append(f"N* lies outside what was measured: {', '.join(names)}.")
    return tuple(said)


def data(found: Sequence[Curve]) -> list[dict[str, Any]]:
    """Curves as the page's script takes them: infinity and NaN are null."""
    return [
        {
            "model": curve.model,
            "demand": points(curve.demand_s),
            "response": points(curve.response_s),
            "at_once": None if math.isinf(curve.at_once) else curve.at_once,
            "bytes": None if math.isnan(curve.flow_bytes) else float(f"{curve.flow_bytes:.7g}"),
        }
        for curve in found
    ]


def points(values: Mapping[int, float]) -> list[list[float]]:
    """A curve's points: N and the figure, with as many digits as are the same everywhere."""
    return [[n, float(f"{values[n]:.7g}")] for n in sorted(values)]


def said(found: Sequence[Curve], service: Service, flows: str) -> tuple[Table, tuple[str, ...]]:
    """The table and the sentences for a service."""
    estimated = [what_if(curve, service) for curve in found]
    return table(estimated, service), sentences(estimated, service, flows)
