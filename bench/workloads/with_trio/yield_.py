"""yield under trio: a checkpoint."""

from __future__ import annotations

from typing import TYPE_CHECKING

import trio

if TYPE_CHECKING:
    from bench.harness.flow import Flow


async def coroutine(flow: Flow, seat: None) -> tuple[int, int]:  # noqa: ARG001
    """Yield, again and again."""
    done = 0
    for _ in flow.tasks:
        await trio.lowlevel.checkpoint()
        done += 1
    return done, 0
