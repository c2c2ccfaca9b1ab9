"""Every op burns CPU for a part of its time and waits for the rest: where overlapping stops paying."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from time import monotonic_ns
from typing import TYPE_CHECKING

from bench.harness.workload import Workload
from bench.targets.cpu import burn
from bench.words import Ledger

if TYPE_CHECKING:
    from bench.harness.flow import Flow, Order


def waits(order: Order, index: int) -> list[float]:
    """What is left of each op when the burn is over, the first one a draw."""
    share = 1 - float(order.parameters["burn_pct"]) / 100
    return [wait_s * share for wait_s in order.waits_s(index)]


def tasks(flow: Flow) -> Sequence[tuple[int, float]]:
    """What each op burns, ns of CPU, and how long it waits, s."""
    burn_ns = round(float(flow.parameters["wait_ms"]) * float(flow.parameters["burn_pct"]) / 100 * 1e6)
    return [(burn_ns, wait_s) for wait_s in flow.waits_s]


def blocking(flow: Flow, _seat: None) -> None:
    """Burn, wait, stamp, again."""
    stamps = flow.stamps
    for op, (burn_ns, wait_s) in enumerate(flow.tasks):
        burn(burn_ns, flow.marks)
        time.sleep(wait_s)
        stamps[op] = monotonic_ns()


async def coroutine(flow: Flow, _seat: None) -> None:
    """Burn, wait, stamp, again."""
    stamps = flow.stamps
    for op, (burn_ns, wait_s) in enumerate(flow.tasks):
        burn(burn_ns, flow.marks)
        await asyncio.sleep(wait_s)
        stamps[op] = monotonic_ns()


def due(flows: Sequence[Flow], began_ns: int) -> Mapping[int, Sequence[int]]:
    """An op is due when it could have ended with the core to itself: what is later has waited for the core."""
    found = {}
    for flow in flows:
        starts = [began_ns, *flow.stamps[:-1]]
        found[flow.index] = [s + ns + round(w * 1e9) for s, (ns, w) in zip(starts, flow.tasks, strict=False)]
    return found


def expect(order: Order) -> list[Ledger]:
    """Nothing but ops: that they waited long enough is checked on their stamps."""
    return [Ledger(order.ops)] * order.flows


WORKLOAD = Workload(
    about="every op burns the CPU for a stated share of 10 ms and waits for the rest, k times",
    shows="where overlapping stops paying: a wait overlaps because it gives up the CPU, and a burn does not",
    views=("figures", "speed_up", "tasks", "floor"),
    measure="speed-up",
    flows=(10,),
    parameters={"wait": "constant", "phase": "spread", "burn_pct": 50},  # of wait_ms, which is the whole op here
    ops={1: 10},
    marks=2,  # burn wants somewhere to note gaps; there is room for none
    waits=waits,
    tasks=tasks,
    blocking=blocking,
    coroutine=coroutine,
    expect=expect,
    due=due,
)
