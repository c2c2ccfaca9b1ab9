"""Every flow is there and waits at the gate: what it costs is memory.

A flow does in its untimed op what it needs before it parks. With stack_kib, it makes nested calls until so much C stack is
written. Since 3.11 Python calls Python without the C stack, so the calls go through C: `sorted` and its key. A coroutine
has no stack of its own; what it touches is the loop's.
"""

from __future__ import annotations

import gc
import threading
from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.harness.workload import Workload, no_waits
from bench.words import Ledger, Value
from bench.workloads.http_get import connect_blocking, connect_coroutine

if TYPE_CHECKING:
    from bench.harness.flow import Flow, Order
    from bench.targets.http_place import Way


PROBE_CALLS = 32  # some 150 KiB: pages of 4 KiB tell what a call takes to 3 %


@dataclass(frozen=True)
class Shared:
    """What all flows share: how they connect to the server, and how many nested calls touch as much stack as is asked for."""

    way: Way
    depth: int
    frozen: bool

    def close(self) -> None:
        """Let the garbage collector see everything again."""
        if self.frozen:
            gc.unfreeze()


def cannot(model: str, parameters: Mapping[str, Value]) -> str:
    """It needs flows that are there at the same time, and a kernel that shares out what processes share."""
    if parameters["freeze"] and model != "process":
        return "freeze=1 is about what forked processes share"
    if parameters["seat"] not in {"none", "http"}:
        return "seat is none or http"
    if not Path("/proc/self/smaps_rollup").exists():
        return "this kernel has no /proc/self/smaps_rollup"
    return ""


def prepare(order: Order) -> Shared:
    """Find out how deep to go; freeze what is there, if asked to."""
    kib = float(order.parameters["stack_kib"])
    shared = Shared(
        order.targets["http"].way(),
        round(kib * 1024 / bytes_per_call()) if kib else 0,
        bool(order.parameters["freeze"]),
    )
    if shared.frozen:
        gc.collect()
        gc.freeze()
    return shared


def nest(calls: int) -> int:
    """Go so many calls deep on the C stack; return how deep."""
    return sorted((calls - 1,), key=nest)[0] + 1 if calls else 0  # noqa: FURB192 - sorted takes seven times the stack


@cache
def bytes_per_call() -> float:
    """How much C stack one call of `nest` takes: what a thread's stack has grown by after PROBE_CALLS of them.

    Asked once in a process, before any flow is born: glibc gives a new thread the stack of one that has ended.
    """
    grown = []

    def probe() -> None:
        before = own_stack_bytes()
        nest(PROBE_CALLS)
        grown.append(own_stack_bytes() - before)

    thread = threading.Thread(target=probe)
    thread.start()
    thread.join()
    if grown[0] <= 0:
        raise RuntimeError("a thread's stack did not grow: nobody can say how deep to go")
    return grown[0] / PROBE_CALLS


def own_stack_bytes(smaps: Path = Path("/proc/self/smaps")) -> int:
    """How much of this thread's stack is in memory: its mapping holds the thread's identity, which is an address."""
    here = False
    for line in smaps.read_text().splitlines():
        name, *rest = line.split()
        if not name.endswith(":"):
            low, high = (int(end, 16) for end in name.split("-"))
            here = low <= threading.get_ident() < high
        elif here and name == "Rss:":
            return int(rest[0]) * 1024
    return 0


def tasks(flow: Flow) -> Sequence[int]:
    """Each op goes so many calls deep."""
    return [flow.shared.depth] * len(flow.waits_s)


def open_blocking(flow: Flow) -> AbstractContextManager[Any]:
    """Connect, if asked to."""
    return connect_blocking(flow.shared.way) if flow.parameters["seat"] == "http" else nullcontext()


def open_coroutine(flow: Flow) -> AbstractAsyncContextManager[Any]:
    """Connect, if asked to."""
    return connect_coroutine(flow.shared.way) if flow.parameters["seat"] == "http" else nullcontext()


def blocking(flow: Flow, _seat: Any) -> tuple[int, int]:
    """Touch the stack."""
    reached = 0
    for depth in flow.tasks:
        reached += nest(depth)
    return len(flow.tasks), sum(flow.tasks) - reached


async def coroutine(flow: Flow, _seat: Any) -> tuple[int, int]:
    """Touch the stack."""
    reached = 0
    for depth in flow.tasks:
        reached += nest(depth)
    return len(flow.tasks), sum(flow.tasks) - reached


def expect(order: Order) -> list[Ledger]:
    """Every flow was there, and went as deep as it was told to: nothing is missing."""
    return [Ledger(order.ops)] * order.flows


WORKLOAD = Workload(
    about="every flow is there and waits, with nothing else to do",
    shows="what a flow costs in memory, the kernel's part included",
    views=("memory", "tasks"),
    measure="memory",
    together=True,
    targets=("http",),
    flows=(100, 250, 500, 1000),
    # stack_kib: C stack that each flow touches before it parks. seat: none, or http, an open connection.
    # freeze: 1 = gc.freeze() before the processes are forked.
    parameters={"wait_ms": 0, "stack_kib": 0, "seat": "none", "freeze": 0},
    ops={1: 1},
    stamped=False,
    cannot=cannot,
    prepare=prepare,
    waits=no_waits,
    tasks=tasks,
    open_blocking=open_blocking,
    open_coroutine=open_coroutine,
    blocking=blocking,
    coroutine=coroutine,
    expect=expect,
)
