"""Two flows yield to each other: a scheduler's shortest turn."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Mapping
from time import monotonic_ns
from typing import TYPE_CHECKING

from bench.harness.workload import Workload, no_waits
from bench.words import Ledger, Value

if TYPE_CHECKING:
    from bench.harness.flow import Flow, Order


GIL_RELEASED_FROM = (3, 12)  # gh-96078: before, os.sched_yield kept the GIL, and no other thread could run


def cannot(model: str, _parameters: Mapping[str, Value]) -> str:
    """A thread that keeps the GIL yields to no other."""
    if model in {"thread", "thread_pool"} and sys.version_info < GIL_RELEASED_FROM:
        return "os.sched_yield keeps the GIL before Python 3.12, so no other thread gets a turn"
    return ""


def blocking(flow: Flow, _seat: None) -> tuple[int, int]:
    """Yield, again and again."""
    done = 0
    for part, tasks in enumerate(flow.parts):
        for _ in tasks:
            os.sched_yield()
            done += 1
        flow.stamps[part] = monotonic_ns()
    return done, 0


async def coroutine(flow: Flow, _seat: None) -> tuple[int, int]:
    """Yield, again and again."""
    done = 0
    for part, tasks in enumerate(flow.parts):
        for _ in tasks:
            await asyncio.sleep(0)
            done += 1
        flow.stamps[part] = monotonic_ns()
    return done, 0


def expect(order: Order) -> list[Ledger]:
    """Each flow has yielded k times."""
    return [Ledger(order.ops)] * order.flows


WORKLOAD = Workload(
    about="two flows yield, k times each (os.sched_yield; asyncio.sleep(0))",
    shows="a scheduler's shortest turn: nothing is handed over, the other flow just gets its chance",
    flows=(2,),
    parameters={"wait_ms": 0},
    ops={1: 20000},
    op_s=5e-6,
    stamped=False,
    cannot=cannot,
    waits=no_waits,
    blocking=blocking,
    coroutine=coroutine,
    expect=expect,
)
