"""One flow produces, the others consume, through the model's own queue: data is handed over.

Flow 0 puts an item for every consumer, k times; each consumer takes k items, whichever they are. The queue holds a few items
only, so that neither side can run ahead. (multiprocessing's SimpleQueue is a pipe, and holds what a pipe holds: its
other queue hands items over through a thread of its own.)
"""

from __future__ import annotations

from collections.abc import Sequence
from time import monotonic_ns
from typing import TYPE_CHECKING, Any

from bench.words import Ledger
from bench.workloads.plain import no_waits as waits

if TYPE_CHECKING:
    from bench.harness.flow import Flow, Order

__all__ = ["waits"]

ABOUT = "one flow puts items into a queue, an item for each of the others; each of those takes k items"
SHOWS = "what it costs to hand over data, and fairness: how evenly consumers are served (Jain's index)"
WHY = (
    "a queue between threads is a lock and two conditions, one between processes a pipe, one between "
    "coroutines a list: it needs no switch unless somebody has to wait"
)
NEEDS = ("queue",)
TOGETHER = True
FLOWS = (2, 11, 101)
PARAMETERS = {"wait_ms": 0, "queue_items": 16}
FAIR_FROM = 1
OPS = {1: 4000, 11: 800, 101: 80}


def prepare(order: Order) -> Any:
    """Make the queue."""
    if order.kit is None:
        raise RuntimeError("queue needs flows that run at the same time")
    return order.kit.queue(int(order.parameters["queue_items"]))


def tasks(flow: Flow) -> Sequence[Sequence[int]]:
    """The producer puts these items in each op."""
    return [(1,) * (flow.flows - 1)] * len(flow.waits_s)


def blocking(flow: Flow, seat: None) -> tuple[int, int]:  # noqa: ARG001
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


async def coroutine(flow: Flow, seat: None) -> tuple[int, int]:  # noqa: ARG001
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
