"""One flow calls a coroutine that does nothing, k times, through one of asyncio's words: what each of them adds.

`api` says which one: see BLOCKING and COROUTINE. Sequential runs those that need no loop, and asyncio.run, which makes one.
The others run in a loop. A word that takes more than one call is a function here, which costs one call more, as `nested`
does.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from time import monotonic_ns
from typing import TYPE_CHECKING, Any

from bench.harness.workload import Workload, no_waits
from bench.words import Ledger

if TYPE_CHECKING:
    from bench.harness.flow import Flow, Order
    from bench.words import Value


EAGER_FROM = (3, 12)


def cannot(model: str, parameters: Mapping[str, Value]) -> str:
    """Some words need a loop, the others need that there is none."""
    api = str(parameters["api"])
    if api not in BLOCKING and api not in COROUTINE:
        return f"it has no api {api!r}, only {', '.join((*BLOCKING, *COROUTINE))}"
    if api == "eager" and sys.version_info < EAGER_FROM:
        return "eager tasks came with Python 3.12"
    if api in BLOCKING:
        return "" if model == "sequential" else f"api={api} is measured outside a loop: sequential does that"
    return "" if model in {"asyncio", "asyncio_eager", "uvloop"} else f"api={api} needs an event loop"


async def leaf() -> int:
    """Do nothing."""
    return 1


def function() -> int:
    """Do nothing."""
    return 1


def call() -> int:
    """Make a coroutine, and do not run it."""
    leaf().close()
    return 1


def run() -> int:
    """Run it in a loop of its own."""
    return asyncio.run(leaf())


async def nested() -> int:
    """Await a coroutine that awaits one."""
    return await leaf()


def create_task() -> asyncio.Task[int]:
    """Make a task of it."""
    return asyncio.create_task(leaf())


def eager() -> Any:
    """Make a task of it that starts at once."""
    return asyncio.Task(leaf(), loop=asyncio.get_running_loop(), eager_start=True)  # type: ignore[call-arg,unused-ignore]


async def gather() -> int:
    """Gather one."""
    return sum(await asyncio.gather(leaf()))


async def task_group() -> int:
    """Run it in a group."""
    async with asyncio.TaskGroup() as group:
        task = group.create_task(leaf())
    return task.result()


async def wait() -> int:
    """Wait for a task, among one."""
    done, _ = await asyncio.wait([asyncio.create_task(leaf())])
    return sum(task.result() for task in done)


BLOCKING: Mapping[str, Callable[[], int]] = {"function": function, "call": call, "run": run}
COROUTINE: Mapping[str, Callable[[], Awaitable[int]]] = {
    "await": leaf,
    "nested": nested,
    "eager": eager,
    "create_task": create_task,
    "gather": gather,
    "task_group": task_group,
    "wait": wait,
    "to_thread": partial(asyncio.to_thread, function),
}


def blocking_way(flow: Flow) -> Callable[[], int]:
    """What is called."""
    return BLOCKING[str(flow.parameters["api"])]


def coroutine_way(flow: Flow) -> Callable[[], Awaitable[int]]:
    """What is called and awaited."""
    return COROUTINE[str(flow.parameters["api"])]


def blocking(flow: Flow, _seat: None) -> tuple[int, int]:
    """Call, again and again."""
    one = blocking_way(flow)
    done = 0
    for part, tasks in enumerate(flow.parts):
        for _ in tasks:
            done += one()
        flow.stamps[part] = monotonic_ns()
    return done, 0


async def coroutine(flow: Flow, _seat: None) -> tuple[int, int]:
    """Call, again and again."""
    one = coroutine_way(flow)
    done = 0
    for part, tasks in enumerate(flow.parts):
        for _ in tasks:
            done += await one()
        flow.stamps[part] = monotonic_ns()
    return done, 0


def expect(order: Order) -> list[Ledger]:
    """It was called k times."""
    return [Ledger(order.ops)] * order.flows


WORKLOAD = Workload(
    about="one flow calls a coroutine that does nothing, k times, through one of asyncio's words (api)",
    shows="what each layer of asyncio adds: a coroutine is cheap, a task is what costs",
    views=("calls", "tasks", "floor"),
    measure="cpu",
    flows=(1,),
    parameters={"wait_ms": 0, "api": "await"},
    ops={1: 50_000},
    op_s=5e-6,
    stamped=False,
    cannot=cannot,
    waits=no_waits,
    blocking=blocking,
    coroutine=coroutine,
    expect=expect,
)
