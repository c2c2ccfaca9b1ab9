"""sleep under trio: only the wait is another."""

from __future__ import annotations

from time import monotonic_ns
from typing import TYPE_CHECKING

import trio

if TYPE_CHECKING:
    from bench.harness.flow import Flow


async def coroutine(flow: Flow, seat: None) -> None:  # noqa: ARG001
    """Wait, stamp, again."""
    stamps = flow.stamps
    for op, wait_s in enumerate(flow.tasks):
        await trio.sleep(wait_s)
        stamps[op] = monotonic_ns()
