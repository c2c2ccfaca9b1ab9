"""One task per flow in a nursery of trio's, in one thread.

A flow's life is that of asyncio's coroutines, at gates of trio's. Bodies call trio by other names than asyncio, so the job
has the workload with the bodies for trio (bench.workloads.load_workload).
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Coroutine, Generator, Mapping
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from bench.harness.flow import Primitives
from bench.models.asyncio_ import live
from bench.models.model import Model
from bench.words import Value

if TYPE_CHECKING:
    import outcome
    import trio

    from bench.harness.share import Launch


def missing() -> str:
    """Trio is a library of its own."""
    return "trio is not installed" if importlib.util.find_spec("trio") is None else ""


def footprint(_flows: int) -> tuple[int, int]:
    """The loop's own few descriptors; one task."""
    return 8, 1


def facts() -> Mapping[str, Value]:
    """Which trio it was."""
    import trio  # noqa: PLC0415 - only where it is used: other models must not carry it

    return {"trio_version": str(trio.__version__)}


class Child:
    """A task beside the one that starts it, in the same nursery; awaiting it gives what its function returned."""

    def __init__(self, function: Callable[..., Coroutine[Any, Any, Any]], *arguments: Any) -> None:
        import trio  # noqa: PLC0415 - likewise

        self._ended = trio.Event()
        self._outcome: outcome.Maybe[Any]
        nursery = trio.lowlevel.current_task().parent_nursery
        if nursery is None:
            raise RuntimeError("a child is started by a flow")
        nursery.start_soon(self._run, function, arguments)

    async def _run(self, function: Callable[..., Coroutine[Any, Any, Any]], arguments: tuple[Any, ...]) -> None:
        import outcome  # noqa: PLC0415 - likewise

        self._outcome = await outcome.acapture(function, *arguments)
        self._ended.set()

    def __await__(self) -> Generator[Any, Any, Any]:
        yield from self._ended.wait().__await__()
        return self._outcome.unwrap()


class Queue:
    """A memory channel of trio's, under the names of a queue's calls."""

    def __init__(self, items: int) -> None:
        import trio  # noqa: PLC0415 - likewise

        sender, receiver = trio.open_memory_channel[Any](items)
        self.put = sender.send
        self.get = receiver.receive


def baton() -> trio.Semaphore:
    """A semaphore that nobody has released yet."""
    import trio  # noqa: PLC0415 - likewise

    return trio.Semaphore(0)


def lock() -> trio.Lock:
    """A lock."""
    import trio  # noqa: PLC0415 - likewise

    return trio.Lock()


def event() -> trio.Event:
    """An event."""
    import trio  # noqa: PLC0415 - likewise

    return trio.Event()


def primitives() -> Primitives:
    """What trio has."""
    return Primitives(lock, baton, event, Queue, Child)


class Gate:
    """Where flows park: an event that all of them wait for."""

    def __init__(self, flows: int, on_full: Callable[[], None] | None = None) -> None:
        self._missing = flows
        self._on_full = on_full
        self._full = event()
        self._open = event()

    async def park(self) -> None:
        """Arrive, and wait until the gate opens."""
        self._missing -= 1
        if self._missing == 0:
            if self._on_full is not None:
                self._on_full()
            self._full.set()
        await self._open.wait()

    async def wait_full(self) -> None:
        """Wait until every flow has arrived."""
        await self._full.wait()

    def open(self) -> None:
        """Wake every flow that is parked here."""
        self._open.set()


async def _run(job: Launch) -> None:
    import trio  # noqa: PLC0415 - likewise

    n = len(job.flows)
    birth, start, leave = gates = (Gate(n), Gate(n), Gate(n, on_full=job.end))
    with ExitStack() as joined:
        async with trio.open_nursery() as nursery:
            with job.timed("create"):
                for flow in job.flows:
                    nursery.start_soon(live, job, flow, gates)
                await birth.wait_full()
            birth.open()
            await start.wait_full()
            job.begin()
            start.open()
            await leave.wait_full()
            joined.enter_context(job.timed("join"))  # which the end of the nursery is a part of
            leave.open()


def launch(job: Launch) -> None:
    """Run the job, one task per flow. The loop is made and closed outside the clock."""
    import trio  # noqa: PLC0415 - likewise

    trio.run(_run, job)


MODELS = {
    "trio": Model(
        kind="user",
        about="one task per flow in a nursery of trio's; it reads a network in the raw way, having no stream with lines",
        body="trio",
        missing=missing,
        footprint=footprint,
        primitives=primitives,
        facts=facts,
        launch=launch,
    )
}
