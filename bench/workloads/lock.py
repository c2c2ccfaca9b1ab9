"""All flows want one lock: contention, and who gets it.

Under the lock, a flow adds one to a number that all flows share. The addition is not atomic: if two flows were inside at
the same time, some additions would be lost, and the sum would show it. Coroutines never contend here. Nothing awaits while
the lock is held, so each finds it free, and no switch is needed.
"""

from __future__ import annotations

from dataclasses import dataclass
from time import monotonic_ns
from typing import TYPE_CHECKING, Any

from bench.harness.flow import shared_words
from bench.harness.workload import Workload, no_waits
from bench.words import Ledger

if TYPE_CHECKING:
    from bench.harness.flow import Flow, Order


@dataclass(frozen=True)
class Shared:
    """The lock, and the number it guards."""

    lock: Any
    counter: memoryview


def prepare(order: Order) -> Shared:
    """Make the lock and the number."""
    if order.primitives is None:
        raise RuntimeError("lock needs flows that run at the same time")
    return Shared(order.primitives.lock(), shared_words(1))


def blocking(flow: Flow, _seat: None) -> None:
    """Take the lock, add one, stamp, again."""
    stamps, lock, counter = flow.stamps, flow.shared.lock, flow.shared.counter
    for op, _ in enumerate(flow.tasks):
        with lock:
            counter[0] += 1
        stamps[op] = monotonic_ns()


async def coroutine(flow: Flow, _seat: None) -> None:
    """Take the lock, add one, stamp, again."""
    stamps, lock, counter = flow.stamps, flow.shared.lock, flow.shared.counter
    for op, _ in enumerate(flow.tasks):
        async with lock:
            counter[0] += 1
        stamps[op] = monotonic_ns()


def expect(order: Order) -> list[Ledger]:
    """Each flow had the lock k times."""
    return [Ledger(order.ops)] * order.flows


def counted(order: Order) -> int:
    """Every addition counts, the one of each flow's warm-up too."""
    return order.flows * (order.ops + 1)


WORKLOAD = Workload(
    about="every flow takes one lock that all share, adds one to a number, and lets it go, k times",
    shows="contention, and fairness: how evenly the lock goes round (Jain's index)",
    needs=("lock",),
    together=True,
    flows=(1, 10, 100),
    parameters={"wait_ms": 0},
    fair_from=0,
    ops={1: 20000, 10: 4000, 100: 400},
    op_s=10e-6,
    prepare=prepare,
    waits=no_waits,
    blocking=blocking,
    coroutine=coroutine,
    expect=expect,
    counted=counted,
)
