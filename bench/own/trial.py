"""One op of each body of a file, in this process: for whoever writes the file."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Mapping
from typing import Any

from bench.harness.flow import Flow, Order, board
from bench.harness.share import make_flow
from bench.own.contract import Bodies, bodies_of, named_bodies, parameters_of, workload_of
from bench.own.file import OwnFile, module_of
from bench.words import BODY, Cell

SHOWN = 60  # characters of a result


def order_of(file: OwnFile, targets: Mapping[str, Any], body: str = "") -> Order:
    """One flow with one op, with every parameter at its default."""
    parameters = {"pool": 32, BODY: body, **parameters_of(file, module_of(file))}
    return Order(Cell(file.name, "thread", 1), parameters, "trial", flows=1, ops=1, targets=targets)


def flow_of(file: OwnFile, targets: Mapping[str, Any], body: str = "") -> Flow:
    """The flow of a trial; what `prepare` makes is made."""
    workload, order = workload_of(file), order_of(file, targets, body)
    (row,), (scratch,) = board(1, 1), board(1, 1)
    return make_flow(order, workload, 0, (row, scratch), workload.prepare(order))


def trials(file: OwnFile, targets: Mapping[str, Any]) -> Iterator[tuple[str, float, str]]:
    """Run one op of each body that a file has; yield its name, the seconds that it took, and what it returned. Errors are the file's own."""
    for name, (one, two) in named_bodies(file, module_of(file)).items():
        flow = flow_of(file, targets, name)
        if one:
            yield (name, *blocking(file, Bodies(one, None, ops=True), flow))
        if two:
            yield (f"{name}, async", *asyncio.run(coroutine(file, Bodies(None, two, ops=True), flow)))
    if named_bodies(file, module_of(file)):
        return
    bodies = bodies_of(file, module_of(file))
    if bodies.blocking is not None:
        yield ("blocking", *blocking(file, bodies, flow_of(file, targets)))
    if bodies.coroutine is not None:
        yield ("coroutine", *asyncio.run(coroutine(file, bodies, flow_of(file, targets))))


def blocking(file: OwnFile, bodies: Bodies, flow: Flow) -> tuple[float, str]:
    """One op of the body that blocks."""
    function: Any = bodies.blocking
    with workload_of(file).open_blocking(flow) as seat:
        began = time.perf_counter()
        result = function(seat, flow.tasks[0]) if bodies.ops else function(flow, seat)
        return time.perf_counter() - began, f"{result!r:.{SHOWN}}"


async def coroutine(file: OwnFile, bodies: Bodies, flow: Flow) -> tuple[float, str]:
    """One op of the body that awaits."""
    function: Any = bodies.coroutine
    async with workload_of(file).open_coroutine(flow) as seat:
        began = time.perf_counter()
        result = await (function(seat, flow.tasks[0]) if bodies.ops else function(flow, seat))
        return time.perf_counter() - began, f"{result!r:.{SHOWN}}"
