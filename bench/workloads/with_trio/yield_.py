"""yield under trio: a checkpoint."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import trio

from bench.workloads import yield_

if TYPE_CHECKING:
    from bench.harness.flow import Flow


async def coroutine(flow: Flow, _seat: None) -> tuple[int, int]:
    """Yield, again and again."""
    done = 0
    for _ in flow.tasks:
        await trio.lowlevel.checkpoint()
        done += 1
    return done, 0


WORKLOAD = replace(yield_.WORKLOAD, coroutine=coroutine)
