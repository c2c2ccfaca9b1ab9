"""Flow 0 waits for a timer and sets an event; all others wait for that event: the herd."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from time import monotonic_ns
from typing import TYPE_CHECKING, Any

from bench.harness.workload import Workload
from bench.words import Ledger

if TYPE_CHECKING:
    from bench.harness.flow import Flow, Order


class Events:
    """An event for each op, made when it is first asked for, which is before any flow is made."""

    def __init__(self, order: Order) -> None:
        if order.primitives is None:
            raise RuntimeError("broadcast needs flows that run at the same time")
        self._make = order.primitives.event
        self._made: dict[tuple[str, int], Any] = {}

    def event(self, token: str, op: int) -> Any:
        """The event of an op; warm-ups, which have another token, have their own."""
        if (token, op) not in self._made:
            self._made[token, op] = self._make()
        return self._made[token, op]


def prepare(order: Order) -> Events:
    """Make a place for the events."""
    return Events(order)


def waits(order: Order, index: int) -> list[float]:
    """Flow 0 waits for a timer; the others wait for flow 0."""
    return order.waits_s(index) if index == 0 else [0.0] * order.ops


def tasks(flow: Flow) -> Sequence[Any]:
    """The event of each op."""
    return [flow.shared.event(flow.token, op) for op in range(len(flow.waits_s))]


def blocking(flow: Flow, _seat: None) -> None:
    """Wait for the timer, stamp, and set the event; or wait for it, and stamp."""
    stamps, waits_s = flow.stamps, flow.waits_s
    for op, event in enumerate(flow.tasks):
        if flow.index == 0:
            time.sleep(waits_s[op])
            stamps[op] = monotonic_ns()
            event.set()
        else:
            event.wait()
            stamps[op] = monotonic_ns()


async def coroutine(flow: Flow, _seat: None) -> None:
    """Wait for the timer, stamp, and set the event; or wait for it, and stamp."""
    stamps, waits_s = flow.stamps, flow.waits_s
    for op, event in enumerate(flow.tasks):
        if flow.index == 0:
            await asyncio.sleep(waits_s[op])
            stamps[op] = monotonic_ns()
            event.set()
        else:
            await event.wait()
            stamps[op] = monotonic_ns()


def due(flows: Sequence[Flow], _began_ns: int) -> Mapping[int, Sequence[int]]:
    """The others are due when flow 0 stamped, which is right before it set the event."""
    first, *others = flows
    return {flow.index: list(first.stamps) for flow in others}


def expect(order: Order) -> list[Ledger]:
    """Each flow has seen k events."""
    return [Ledger(order.ops)] * order.flows


WORKLOAD = Workload(
    about="one flow sets an event every 10 ms, k times; all others wait for it",
    shows="how long it takes to wake many flows at once: the last of the herd",
    needs=("event",),
    together=True,
    flows=(10, 100, 1000),
    parameters={"wait": "constant"},
    ops={1: 20},
    prepare=prepare,
    waits=waits,
    tasks=tasks,
    blocking=blocking,
    coroutine=coroutine,
    expect=expect,
    due=due,
)
