"""yield under trio: a checkpoint."""

from __future__ import annotations

from dataclasses import replace
from time import monotonic_ns
from typing import TYPE_CHECKING

import trio

from bench.workloads import yield_

if TYPE_CHECKING:
    from bench.harness.flow import Flow


async def coroutine(flow: Flow, _seat: None) -> tuple[int, int]:
    """Yield, again and again."""
    done = 0
    for part, tasks in enumerate(flow.parts):
        for _ in tasks:
            await trio.lowlevel.checkpoint()
            done += 1
        flow.stamps[part] = monotonic_ns()
    return done, 0


WORKLOAD = replace(yield_.WORKLOAD, coroutine=coroutine)
