"""io_share under trio: only the wait is another."""

from __future__ import annotations

from dataclasses import replace
from time import monotonic_ns
from typing import TYPE_CHECKING

import trio

from bench.targets.cpu import burn
from bench.workloads import io_share

if TYPE_CHECKING:
    from bench.harness.flow import Flow


async def coroutine(flow: Flow, _seat: None) -> None:
    """Burn, wait, stamp, again."""
    stamps = flow.stamps
    for op, (burn_ns, wait_s) in enumerate(flow.tasks):
        burn(burn_ns, flow.marks)
        await trio.sleep(wait_s)
        stamps[op] = monotonic_ns()


WORKLOAD = replace(io_share.WORKLOAD, coroutine=coroutine)
