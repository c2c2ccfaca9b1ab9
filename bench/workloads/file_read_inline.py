"""The same reads inside the event loop: the wrong way. While one flow reads, every other flow stands still.

Between two reads a flow gives the others a turn, as a flow that does anything else would.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Mapping
from dataclasses import replace
from time import monotonic_ns
from typing import TYPE_CHECKING
from zlib import crc32

from bench.words import Value
from bench.workloads import file_read

if TYPE_CHECKING:
    from bench.harness.flow import Flow
    from bench.workloads.file_read import Seat


IN_A_LOOP = {"sequential", "asyncio", "asyncio_eager", "uvloop"}


def cannot(model: str, _parameters: Mapping[str, Value]) -> str:
    """Blocking flows read in place anyway, which is file_read. The control runs it, to be compared with."""
    who = "gevent reads" if model == "gevent" else "a thread or process reads"
    return "" if model in IN_A_LOOP else f"{who} in place anyway: see file_read"


def blocking(flow: Flow, seat: Seat) -> tuple[int, int]:
    """Read a block, stamp, again."""
    fd, buffer, last = seat
    stamps = flow.stamps
    size = checksum = 0
    if flow.parameters["timer"] and flow.index == 0:
        for op, wait_s in enumerate(flow.waits_s):
            time.sleep(wait_s)
            stamps[op] = monotonic_ns()
        return size, checksum
    for op, offset in enumerate(flow.tasks):
        size += os.preadv(fd, [buffer], offset)
        stamps[op] = monotonic_ns()
        checksum = crc32(last, checksum)
        os.sched_yield()
    return size, checksum


async def coroutine(flow: Flow, seat: Seat) -> tuple[int, int]:
    """Read a block without awaiting anything, stamp, again."""
    fd, buffer, last = seat
    stamps = flow.stamps
    size = checksum = 0
    if flow.parameters["timer"] and flow.index == 0:
        for op, wait_s in enumerate(flow.waits_s):
            await asyncio.sleep(wait_s)
            stamps[op] = monotonic_ns()
        return size, checksum
    for op, offset in enumerate(flow.tasks):
        size += os.preadv(fd, [buffer], offset)
        stamps[op] = monotonic_ns()
        checksum = crc32(last, checksum)
        await asyncio.sleep(0)
    return size, checksum


WORKLOAD = replace(
    file_read.WORKLOAD,
    about="the same reads, but asyncio does them inside its loop: the wrong way",
    shows="a wait that does not give up the loop: everything else stands still as long as the read takes",
    views=("scaling", "figures", "variants", "tasks", "floor", "inline_reads"),
    cannot=cannot,
    blocking=blocking,
    coroutine=coroutine,
)
