"""broadcast under trio: only the timer is another."""

from __future__ import annotations

from dataclasses import replace
from time import monotonic_ns
from typing import TYPE_CHECKING

import trio

from bench.workloads import broadcast

if TYPE_CHECKING:
    from bench.harness.flow import Flow


async def coroutine(flow: Flow, _seat: None) -> None:
    """Wait for the timer, stamp, and set the event; or wait for it, and stamp."""
    stamps, waits_s = flow.stamps, flow.waits_s
    for op, event in enumerate(flow.tasks):
        if flow.index == 0:
            await trio.sleep(waits_s[op])
            stamps[op] = monotonic_ns()
            event.set()
        else:
            await event.wait()
            stamps[op] = monotonic_ns()


WORKLOAD = replace(broadcast.WORKLOAD, coroutine=coroutine)
