"""Two bare Python functions switch to and fro in one thread, with no scheduler and no wait: the floor of handoff.

`api=generator` is generator.send, which is what a coroutine is made of; `api=greenlet` is greenlet.switch, which is
what gevent is made of. It is one thread and one flow, so only sequential can do it.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Generator, Mapping
from time import monotonic_ns
from typing import TYPE_CHECKING

from bench.harness.workload import Workload, no_waits
from bench.words import Ledger, Value

if TYPE_CHECKING:
    from bench.harness.flow import Flow, Order


def cannot(model: str, parameters: Mapping[str, Value]) -> str:
    """There is one thread and nothing to wait for, so only sequential measures it."""
    if model != "sequential":
        return "it is one thread without a scheduler: sequential measures it"
    api = str(parameters["api"])
    if api not in APIS:
        return f"it has no api {api!r}, only {', '.join(APIS)}"
    return "greenlet is not installed" if api == "greenlet" and importlib.util.find_spec("greenlet") is None else ""


def generator() -> Callable[[int], int]:
    """Return what switches to a generator and back, and gives what came back."""

    def other() -> Generator[int, int, None]:
        got = yield 0
        while True:
            got = yield got

    there = other()
    next(there)
    return there.send


def greenlet() -> Callable[[int], int]:
    """Return what switches to a greenlet and back, and gives what came back."""
    from greenlet import getcurrent  # noqa: PLC0415 - only where it is asked for
    from greenlet import greenlet as new  # noqa: PLC0415

    here = getcurrent()

    def other(got: int) -> None:
        while True:
            got = here.switch(got)

    there: Callable[[int], int] = new(other).switch
    return there


APIS = {"generator": generator, "greenlet": greenlet}


def prepare(order: Order) -> Callable[[int], int]:
    """Make what is switched to."""
    return APIS[str(order.parameters["api"])]()


def blocking(flow: Flow, _seat: None) -> tuple[int, int]:
    """Switch there and back, again and again."""
    switch = flow.shared
    done = 0
    for part, tasks in enumerate(flow.parts):
        for _ in tasks:
            done += switch(1)
        flow.stamps[part] = monotonic_ns()
    return done, 0


async def coroutine(flow: Flow, _seat: None) -> tuple[int, int]:
    """Never run: see `cannot`."""
    switch = flow.shared
    done = 0
    for part, tasks in enumerate(flow.parts):
        for _ in tasks:
            done += switch(1)
        flow.stamps[part] = monotonic_ns()
    return done, 0


def expect(order: Order) -> list[Ledger]:
    """It came back k times."""
    return [Ledger(order.ops)] * order.flows


WORKLOAD = Workload(
    about="two functions in one thread switch to and fro, k times (generator.send, greenlet.switch)",
    shows="how little a user-level switch costs before a scheduler and epoll are added",
    views=("figures", "variants", "tasks", "floor"),
    flows=(1,),
    parameters={"wait_ms": 0, "api": "generator"},
    ops={1: 200_000},
    op_s=0.5e-6,
    stamped=False,
    cannot=cannot,
    prepare=prepare,
    waits=no_waits,
    blocking=blocking,
    coroutine=coroutine,
    expect=expect,
)
