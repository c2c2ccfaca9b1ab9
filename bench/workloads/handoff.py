"""Two flows hand over to each other with the model's own primitive: a switch with no IO.

Threads use a pair of locks (a Lock has no owner: one thread may release what another acquired), processes a pair of
semaphores, coroutines a pair of asyncio's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from time import monotonic_ns
from typing import TYPE_CHECKING, Any

from bench.harness.workload import Workload, no_waits
from bench.words import Ledger

if TYPE_CHECKING:
    from bench.harness.flow import Flow, Order
    from bench.words import Value


def cannot(model: str, parameters: Mapping[str, Value]) -> str:
    """Only the program in C can hand over through a pipe."""
    if parameters["via"] not in {"own", "pipe"}:
        return f"via={parameters['via']}: it is own or pipe"
    return "" if parameters["via"] == "own" or model == "native_thread" else "via=pipe is for the floor in C only"


def prepare(order: Order) -> Sequence[Any]:
    """Make the pair: baton i is waited for by flow i."""
    if order.primitives is None:
        raise RuntimeError("handoff needs flows that run at the same time")
    return [order.primitives.baton(), order.primitives.baton()]


def blocking(flow: Flow, _seat: None) -> tuple[int, int]:
    """Hand over, wait to be handed over to; flow 0 begins."""
    mine, theirs = flow.shared[flow.index], flow.shared[1 - flow.index]
    done = 0
    for part, tasks in enumerate(flow.parts):
        for _ in tasks:
            if flow.index == 0:
                theirs.release()
            done += mine.acquire()
            if flow.index == 1:
                theirs.release()
        flow.stamps[part] = monotonic_ns()
    return done, 0


async def coroutine(flow: Flow, _seat: None) -> tuple[int, int]:
    """Hand over, wait to be handed over to; flow 0 begins."""
    mine, theirs = flow.shared[flow.index], flow.shared[1 - flow.index]
    done = 0
    for part, tasks in enumerate(flow.parts):
        for _ in tasks:
            if flow.index == 0:
                theirs.release()
            done += await mine.acquire()
            if flow.index == 1:
                theirs.release()
        flow.stamps[part] = monotonic_ns()
    return done, 0


def expect(order: Order) -> list[Ledger]:
    """Each flow was handed over to k times."""
    return [Ledger(order.ops)] * order.flows


WORKLOAD = Workload(
    about="two flows hand over to each other and back, k times, with the model's own primitive (a lock, a semaphore)",
    shows="what it costs to hand over to another flow with no IO in between",
    needs=("baton",),
    together=True,
    flows=(2,),
    # via: own, the model's own primitive; pipe, which only the floor in C has, to be set beside `perf bench sched pipe`.
    parameters={"wait_ms": 0, "via": "own"},
    ops={1: 5000},
    op_s=6e-6,
    stamped=False,
    cannot=cannot,
    prepare=prepare,
    waits=no_waits,
    blocking=blocking,
    coroutine=coroutine,
    expect=expect,
)
