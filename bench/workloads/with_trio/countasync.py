"""countasync under trio: only the wait is another."""

from __future__ import annotations

import io
from dataclasses import replace
from time import monotonic_ns
from typing import TYPE_CHECKING
from zlib import crc32

import trio

from bench.workloads import countasync

if TYPE_CHECKING:
    from bench.harness.flow import Flow


async def coroutine(flow: Flow, _seat: None) -> tuple[int, int]:
    """One, a wait, two."""
    stamps = flow.stamps
    with io.StringIO() as nowhere:
        for op, wait_s in enumerate(flow.tasks):
            print("One", file=nowhere)
            await trio.sleep(wait_s)
            print("Two", file=nowhere)
            stamps[op] = monotonic_ns()
        printed = nowhere.getvalue().encode()
    return len(printed), crc32(printed)


WORKLOAD = replace(countasync.WORKLOAD, coroutine=coroutine)
