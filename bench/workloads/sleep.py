"""Every flow waits for a timer, again and again: the purest wait there is."""

from __future__ import annotations

import asyncio
import time
from time import monotonic_ns
from typing import TYPE_CHECKING

from bench.harness.workload import Workload
from bench.words import Ledger

if TYPE_CHECKING:
    from bench.harness.flow import Flow, Order


def blocking(flow: Flow, _seat: None) -> None:
    """Wait, stamp, again."""
    stamps = flow.stamps
    for op, wait_s in enumerate(flow.tasks):
        time.sleep(wait_s)
        stamps[op] = monotonic_ns()


async def coroutine(flow: Flow, _seat: None) -> None:
    """Wait, stamp, again."""
    stamps = flow.stamps
    for op, wait_s in enumerate(flow.tasks):
        await asyncio.sleep(wait_s)
        stamps[op] = monotonic_ns()


def expect(order: Order) -> list[Ledger]:
    """Nothing but ops: that they waited long enough is checked on their stamps (bench.harness.ledger)."""
    return [Ledger(order.ops)] * order.flows


WORKLOAD = Workload(
    about="every flow waits for a timer, k times",
    shows="what a timer costs, and how late it wakes",
    flows=(1, 10, 30, 100, 300, 1000),
    named=("wait",),
    parameters={"phase": "spread"},
    blocking=blocking,
    coroutine=coroutine,
    expect=expect,
)
