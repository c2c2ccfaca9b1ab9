"""The classic example of every asyncio tutorial: three flows print, wait one second, and print again."""

from __future__ import annotations

import asyncio
import io
import time
from time import monotonic_ns
from typing import TYPE_CHECKING
from zlib import crc32

from bench.harness.workload import Workload
from bench.words import Ledger

if TYPE_CHECKING:
    from bench.harness.flow import Flow, Order


def blocking(flow: Flow, _seat: None) -> tuple[int, int]:
    """One, a wait, two."""
    stamps = flow.stamps
    with io.StringIO() as nowhere:
        for op, wait_s in enumerate(flow.tasks):
            print("One", file=nowhere)
            time.sleep(wait_s)
            print("Two", file=nowhere)
            stamps[op] = monotonic_ns()
        printed = nowhere.getvalue().encode()
    return len(printed), crc32(printed)


async def coroutine(flow: Flow, _seat: None) -> tuple[int, int]:
    """One, a wait, two."""
    stamps = flow.stamps
    with io.StringIO() as nowhere:
        for op, wait_s in enumerate(flow.tasks):
            print("One", file=nowhere)
            await asyncio.sleep(wait_s)
            print("Two", file=nowhere)
            stamps[op] = monotonic_ns()
        printed = nowhere.getvalue().encode()
    return len(printed), crc32(printed)


def expect(order: Order) -> list[Ledger]:
    """Every flow prints two lines per op."""
    printed = b"One\nTwo\n" * order.ops
    return [Ledger(order.ops, len(printed), crc32(printed))] * order.flows


WORKLOAD = Workload(
    about="three flows print (to nowhere), wait one second, and print again",
    shows="1 s together, 3 s in sequence: waits overlap, whoever does the waiting",
    flows=(3,),
    parameters={"wait_ms": 1000, "wait": "constant"},
    ops={1: 1},
    blocking=blocking,
    coroutine=coroutine,
    expect=expect,
)
