"""sleep under trio: only the wait is another."""

from __future__ import annotations

from dataclasses import replace
from time import monotonic_ns
from typing import TYPE_CHECKING

import trio

from bench.workloads import sleep

if TYPE_CHECKING:
    from bench.harness.flow import Flow


async def coroutine(flow: Flow, _seat: None) -> None:
    """Wait, stamp, again."""
    stamps = flow.stamps
    for op, wait_s in enumerate(flow.tasks):
        await trio.sleep(wait_s)
        stamps[op] = monotonic_ns()


WORKLOAD = replace(sleep.WORKLOAD, coroutine=coroutine)
