"""io_share under trio: only the wait is another."""

from __future__ import annotations

from time import monotonic_ns
from typing import TYPE_CHECKING

import trio

from bench.targets.cpu import burn

if TYPE_CHECKING:
    from bench.harness.flow import Flow


async def coroutine(flow: Flow, seat: None) -> None:  # noqa: ARG001
    """Burn, wait, stamp, again."""
    stamps = flow.stamps
    for op, (burn_ns, wait_s) in enumerate(flow.tasks):
        burn(burn_ns, flow.marks)
        await trio.sleep(wait_s)
        stamps[op] = monotonic_ns()
