"""One flow produces, the others consume, through the model's own queue: data is handed over.

Flow 0 puts an item for every consumer, k times; each consumer takes any k items. The queue holds only a few items, so that
neither side can run ahead. (Between processes it is multiprocessing's SimpleQueue, whose capacity is that of a
pipe. The other queue of multiprocessing hands items over through a thread of its own.)
"""

from __future__ import annotations

from collections.abc import Sequence
from time import monotonic_ns
from typing import TYPE_CHECKING, Any

from bench.harness.workload import Workload, no_waits
from bench.words import Ledger

if TYPE_CHECKING:
    from bench.harness.flow import Flow, Order


def prepare(order: Order) -> Any:
    """Make the queue."""
    if order.primitives is None:
        raise RuntimeError("queue needs flows that run at the same time")
    return order.primitives.queue(int(order.parameters["queue_items"]))


def tasks(flow: Flow) -> Sequence[Sequence[int]]:
    """The producer puts these items in each op."""
    return [(1,) * (flow.flows - 1)] * len(flow.waits_s)


def blocking(flow: Flow, _seat: None) -> tuple[int, int]:
    """Put an item for each of the others, or take one; stamp; again."""
    stamps, queue = flow.stamps, flow.shared
    taken = 0
    for op, items in enumerate(flow.tasks):
        if flow.index == 0:
            for item in items:
                queue.put(item)
        else:
            taken += queue.get()
        stamps[op] = monotonic_ns()
    return taken, 0


async def coroutine(flow: Flow, _seat: None) -> tuple[int, int]:
    """Put an item for each of the others, or take one; stamp; again."""
    stamps, queue = flow.stamps, flow.shared
    taken = 0
    for op, items in enumerate(flow.tasks):
        if flow.index == 0:
            for item in items:
                await queue.put(item)
        else:
            taken += await queue.get()
        stamps[op] = monotonic_ns()
    return taken, 0


def expect(order: Order) -> list[Ledger]:
    """The producer put k times; each consumer took k items."""
    return [Ledger(order.ops), *[Ledger(order.ops, order.ops)] * (order.flows - 1)]


WORKLOAD = Workload(
    about="one flow puts items into a queue, an item for each of the others; each of those takes k items",
    shows="what it costs to hand over data, and fairness: how evenly consumers are served (Jain's index)",
    needs=("queue",),
    together=True,
    flows=(2, 11, 101),
    parameters={"wait_ms": 0, "queue_items": 16},
    fair_from=1,
    ops={1: 4000, 11: 800, 101: 80},
    prepare=prepare,
    waits=no_waits,
    tasks=tasks,
    blocking=blocking,
    coroutine=coroutine,
    expect=expect,
)
