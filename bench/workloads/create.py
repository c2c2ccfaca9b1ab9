"""Empty flows are created and joined: their start and end, with nothing in between."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.harness.workload import Workload, no_waits
from bench.words import Ledger

if TYPE_CHECKING:
    from bench.harness.flow import Flow, Order


def blocking(flow: Flow, _seat: None) -> tuple[int, int]:
    """Nothing but be there."""
    return len(flow.tasks), 0


async def coroutine(flow: Flow, _seat: None) -> tuple[int, int]:
    """Nothing but be there."""
    return len(flow.tasks), 0


def expect(order: Order) -> list[Ledger]:
    """Each flow was there."""
    return [Ledger(order.ops)] * order.flows


WORKLOAD = Workload(
    about="empty flows are created and joined",
    shows="what it costs to make a flow, until it stands at a gate, and to end it",
    measure="create + join",
    together=True,
    control=True,  # a pool of fewer workers makes no flow: it is handed them
    flows=(10, 100, 1000),
    parameters={"wait_ms": 0},
    ops={1: 1},
    stamped=False,
    waits=no_waits,
    blocking=blocking,
    coroutine=coroutine,
    expect=expect,
)
