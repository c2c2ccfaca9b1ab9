"""One flow is due every 2 ms; beside it, another burns the CPU for so many ms at a time: preemption.

The ticks are a schedule, not a chain: tick i is due i * 2 ms after the gate opened. A missed tick counts with its whole
lateness, so nothing is left out. Between two burns the hog yields, as polite code does. Only a model that preempts the hog
does not have to wait for that.
"""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import Mapping, Sequence
from time import monotonic_ns
from typing import TYPE_CHECKING

from bench.harness.workload import Workload, no_waits
from bench.targets.cpu import burn
from bench.words import Ledger, Value

if TYPE_CHECKING:
    from bench.harness.flow import Flow, Order


def prepare(order: Order) -> None:
    """Set the switch interval; the whole process is this cell's."""
    sys.setswitchinterval(float(order.parameters["switch_us"]) / 1e6)


def takes_s(parameters: Mapping[str, Value], _make_s: float) -> float:
    """The last tick is due when it is due."""
    return int(parameters["ops"]) * float(parameters["tick_ms"]) / 1000


def tasks(flow: Flow) -> Sequence[Sequence[int]]:
    """Flow 0: when each tick is due, ns after the gate opened. Flow 1: the burns of each op, ns; together as long."""
    tick_ns, burn_ns = (round(float(flow.parameters[key]) * 1e6) for key in ("tick_ms", "burn_ms"))
    ops = range(len(flow.waits_s))
    if flow.index == 0:
        return [(tick_ns * (op + 1),) for op in ops]
    burns = [(op + 1) * tick_ns // burn_ns - op * tick_ns // burn_ns for op in ops]
    return [(burn_ns,) * count for count in burns]


def blocking(flow: Flow, _seat: None) -> None:
    """Sleep until the tick is due, if it is not past; or burn and yield; stamp; again."""
    stamps, gate_ns = flow.stamps, flow.gate[0]
    for op, task in enumerate(flow.tasks):
        for ns in task:
            if flow.index == 0:
                ahead_ns = gate_ns + ns - monotonic_ns()
                if ahead_ns > 0:
                    time.sleep(ahead_ns / 1e9)
            else:
                burn(ns, flow.marks)
                os.sched_yield()
        stamps[op] = monotonic_ns()


async def coroutine(flow: Flow, _seat: None) -> None:
    """Sleep until the tick is due, if it is not past; or burn and yield; stamp; again."""
    stamps, gate_ns = flow.stamps, flow.gate[0]
    for op, task in enumerate(flow.tasks):
        for ns in task:
            if flow.index == 0:
                ahead_ns = gate_ns + ns - monotonic_ns()
                if ahead_ns > 0:
                    await asyncio.sleep(ahead_ns / 1e9)
            else:
                burn(ns, flow.marks)
                await asyncio.sleep(0)
        stamps[op] = monotonic_ns()


def due(flows: Sequence[Flow], began_ns: int) -> Mapping[int, Sequence[int]]:
    """Flow 0's ticks."""
    ticker = flows[0]
    return {0: [began_ns + after_ns for (after_ns,) in ticker.tasks]}


def expect(order: Order) -> list[Ledger]:
    """Every tick was met, however late, and every burn burnt."""
    return [Ledger(order.ops)] * order.flows


WORKLOAD = Workload(
    about="one flow is due every 2 ms, k times, beside one that burns the CPU for burn_ms at a time",
    shows="preemption: how late a flow wakes beside one that does not wait",
    views=("preemption", "tasks"),
    measure="lateness",
    together=True,
    flows=(2,),
    # switch_us: the interpreter's switch interval, after which a thread is asked to give up the GIL (threads only).
    parameters={"wait_ms": 0, "tick_ms": 2, "burn_ms": 50, "switch_us": 5000},
    ops={1: 400},  # three rounds are enough for a 99th percentile
    steps=2,
    marks=2,  # burn wants somewhere to note gaps; there is room for none
    prepare=prepare,
    waits=no_waits,
    takes_s=takes_s,
    tasks=tasks,
    blocking=blocking,
    coroutine=coroutine,
    expect=expect,
    due=due,
)
