"""handoff under trio, whose semaphore says nothing when it was acquired, where asyncio's says True."""

from __future__ import annotations

from dataclasses import replace
from time import monotonic_ns
from typing import TYPE_CHECKING

from bench.workloads import handoff

if TYPE_CHECKING:
    from bench.harness.flow import Flow


async def coroutine(flow: Flow, _seat: None) -> tuple[int, int]:
    """Hand over, wait to be handed over to; flow 0 begins."""
    mine, theirs = flow.shared[flow.index], flow.shared[1 - flow.index]
    done = 0
    for part, tasks in enumerate(flow.parts):
        for _ in tasks:
            if flow.index == 0:
                theirs.release()
            done += await mine.acquire() is None
            if flow.index == 1:
                theirs.release()
        flow.stamps[part] = monotonic_ns()
    return done, 0


WORKLOAD = replace(handoff.WORKLOAD, coroutine=coroutine)
