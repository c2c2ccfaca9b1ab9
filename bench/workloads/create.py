"""Empty flows are created and joined: birth and death, with nothing in between."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.words import Ledger
from bench.workloads.plain import no_waits as waits

if TYPE_CHECKING:
    from bench.harness.flow import Flow, Order

__all__ = ["waits"]

ABOUT = "empty flows are created and joined"
SHOWS = "what it costs to make a flow, until it stands at a gate, and to end it"
WHY = (
    "a process is a copy of page tables; a thread is a stack and a kernel task; a coroutine is an object, and so is a "
    "greenlet, with what it has on the C stack copied away while it waits"
)
MEASURE = "create + join"
TOGETHER = CONTROL = True  # a pool of fewer workers makes no flow: it is handed them
FLOWS = (10, 100, 1000)
PARAMETERS = {"wait_ms": 0}
OPS = {1: 1}
STAMPED = False


def blocking(flow: Flow, seat: None) -> tuple[int, int]:  # noqa: ARG001
    """Nothing but be there."""
    return len(flow.tasks), 0


async def coroutine(flow: Flow, seat: None) -> tuple[int, int]:  # noqa: ARG001
    """Nothing but be there."""
    return len(flow.tasks), 0


def expect(order: Order) -> list[Ledger]:
    """Each flow was there."""
    return [Ledger(order.ops)] * order.flows
