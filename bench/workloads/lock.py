"""All flows want one lock: contention, and who gets it.

What is done under the lock is one addition to a number that all flows share. The sum must come out: it is no atomic
addition, so flows that are inside at the same time would lose some. Coroutines never contend here: nothing awaits while the
lock is held, so each finds it free, and no switch is needed.
"""

from __future__ import annotations

from dataclasses import dataclass
from time import monotonic_ns
from typing import TYPE_CHECKING, Any

from bench.harness.flow import shared_words
from bench.words import Ledger
from bench.workloads.plain import no_waits as waits

if TYPE_CHECKING:
    from bench.harness.flow import Flow, Order

__all__ = ["waits"]

ABOUT = "every flow takes one lock that all share, adds one to a number, and lets it go, k times"
SHOWS = "contention, and fairness: how evenly the lock goes round (Jain's index)"
WHY = (
    "a lock that is free costs no switch anywhere; coroutines always find it free, because nothing awaits "
    "while it is held, but for trio's, which lets the others run as soon as it is taken; a thread can lose the GIL, and a process the core, while holding it"
)
NEEDS = ("lock",)
TOGETHER = True
FLOWS = (1, 10, 100)
PARAMETERS = {"wait_ms": 0}
FAIR_FROM = 0
OPS = {1: 20000, 10: 4000, 100: 400}


@dataclass(frozen=True)
class Shared:
    """The lock, and the number it guards."""

    lock: Any
    counter: memoryview


def prepare(order: Order) -> Shared:
    """Make the lock and the number."""
    if order.kit is None:
        raise RuntimeError("lock needs flows that run at the same time")
    return Shared(order.kit.lock(), shared_words(1))


def blocking(flow: Flow, seat: None) -> None:  # noqa: ARG001
    """Take the lock, add one, stamp, again."""
    stamps, lock, counter = flow.stamps, flow.shared.lock, flow.shared.counter
    for op, _ in enumerate(flow.tasks):
        with lock:
            counter[0] += 1
        stamps[op] = monotonic_ns()


async def coroutine(flow: Flow, seat: None) -> None:  # noqa: ARG001
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
