"""One coroutine per flow, in one thread: asyncio, its eager tasks, and uvloop, which is asyncio with another loop."""

from __future__ import annotations

import asyncio
import importlib.util
import sys
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from bench.harness.flow import Primitives
from bench.models.model import Model

if TYPE_CHECKING:
    from bench.harness.flow import Flow
    from bench.harness.share import Launch
    from bench.words import Value

EAGER_FROM = (3, 12)


def eager_missing() -> str:
    """Eager tasks are newer than asyncio."""
    return "eager tasks came with Python 3.12" if sys.version_info < EAGER_FROM else ""


def uvloop_missing() -> str:
    """Uvloop is a library of its own."""
    return "uvloop is not installed" if importlib.util.find_spec("uvloop") is None else ""


def footprint(_flows: int) -> tuple[int, int]:
    """The loop's own few descriptors; one task."""
    return 8, 1


def uvloop_facts() -> Mapping[str, Value]:
    """Which uvloop it was."""
    return {"uvloop_version": str(sys.modules["uvloop"].__version__)}


def spawn(function: Callable[..., Coroutine[Any, Any, Any]], *arguments: Any) -> asyncio.Task[Any]:
    """Start a child; awaiting it gives what the function returned."""
    return asyncio.create_task(function(*arguments))


def primitives() -> Primitives:
    """What asyncio has; uvloop takes it from there."""
    return Primitives(asyncio.Lock, partial(asyncio.Semaphore, 0), asyncio.Event, asyncio.Queue, spawn)


class Gate:
    """Where flows park: one future that all of them await."""

    def __init__(self, flows: int, on_full: Callable[[], None] | None = None) -> None:
        loop = asyncio.get_running_loop()
        self._missing = flows
        self._on_full = on_full
        self._full: asyncio.Future[None] = loop.create_future()
        self._open: asyncio.Future[None] = loop.create_future()

    async def park(self) -> None:
        """Arrive, and wait until the gate opens."""
        self._missing -= 1
        if self._missing == 0:
            if self._on_full is not None:
                self._on_full()
            self._full.set_result(None)
        await self._open

    async def wait_full(self) -> None:
        """Wait until every flow has arrived."""
        await self._full

    def open(self) -> None:
        """Wake every flow that is parked here."""
        self._open.set_result(None)


class Parking(Protocol):
    """What a flow asks of a gate, whose loop ever it belongs to."""

    async def park(self) -> None: ...


async def live(job: Launch, flow: Flow, gates: tuple[Parking, Parking, Parking]) -> None:
    """A coroutine's life, under any loop: step by step what bench.models.kernel.live is for a blocking flow."""
    ahead = list(gates)
    await ahead.pop(0).park()
    try:
        body = job.workload.coroutine
        async with job.workload.open_coroutine(flow) as seat:
            flow.warm_up.enter()
            flow.warm_up.leave(await body(flow.warm_up, seat))
            await ahead.pop(0).park()
            flow.enter()
            flow.leave(await body(flow, seat))
            await ahead.pop(0).park()
    except Exception as error:  # noqa: BLE001 - whatever it is, it voids the cell and is reported with its text
        job.faults.note(flow, error)
    finally:
        for gate in ahead:
            await gate.park()


async def _run(job: Launch) -> None:
    n = len(job.flows)
    birth, start, leave = gates = (Gate(n), Gate(n), Gate(n, on_full=job.end))
    with job.timed("create"):
        tasks = [asyncio.create_task(live(job, flow, gates)) for flow in job.flows]
        await birth.wait_full()
    birth.open()
    await start.wait_full()
    job.begin()
    start.open()
    await leave.wait_full()
    with job.timed("join"):
        leave.open()
        await asyncio.gather(*tasks)


def run_in(new_loop: Callable[[], asyncio.AbstractEventLoop], job: Launch) -> None:
    """Run the job, one task per flow. The loop is made and closed outside the clock."""
    with asyncio.Runner(loop_factory=new_loop) as runner:
        runner.run(_run(job))


def eager_loop() -> asyncio.AbstractEventLoop:
    """Make a loop whose tasks start at once."""
    loop = asyncio.new_event_loop()
    loop.set_task_factory(asyncio.eager_task_factory)  # type: ignore[attr-defined,unused-ignore]
    return loop


def launch_uvloop(job: Launch) -> None:
    """Run the job on uvloop."""
    import uvloop  # noqa: PLC0415 - only where it is used: other models must not carry it

    run_in(uvloop.new_event_loop, job)


ASYNCIO = Model(
    kind="user",
    about="one task per flow on asyncio's own event loop",
    body="coroutine",
    footprint=footprint,
    primitives=primitives,
    launch=partial(run_in, asyncio.new_event_loop),
)
MODELS = {
    "asyncio": ASYNCIO,
    "asyncio_eager": replace(
        ASYNCIO,
        about="asyncio whose tasks start at once, when they are made (asyncio.eager_task_factory)",
        missing=eager_missing,
        launch=partial(run_in, eager_loop),
    ),
    "uvloop": replace(
        ASYNCIO,
        about="one task per flow on uvloop, asyncio's API over libuv",
        missing=uvloop_missing,
        facts=uvloop_facts,
        launch=launch_uvloop,
    ),
}
