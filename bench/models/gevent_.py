"""One greenlet per flow, in one thread: blocking bodies as they stand, in a process that gevent has monkey-patched.

The patch is made when the process starts, before anything else is imported (bench.worker.monkey_patch). Bodies call
os.sched_yield to let others run, and gevent does not replace that. So the launcher puts gevent.sleep in its place, which
without an argument does the same for greenlets. A read of a file (os.preadv) is not replaced either, and stays so: the
kernel has nothing that a loop could wait for. While one greenlet reads a file, every other one stands still.
"""

from __future__ import annotations

import importlib.util
import os
import queue
import threading
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from bench.harness.flow import Primitives
from bench.models import kernel
from bench.models.model import Model
from bench.models.thread import baton

if TYPE_CHECKING:
    from bench.harness.share import Launch
    from bench.words import Value


def missing() -> str:
    """Gevent is a library of its own."""
    return "gevent is not installed" if importlib.util.find_spec("gevent") is None else ""


def cannot(workload: str, parameters: Mapping[str, Value]) -> str:
    """Greenlets have no stack of their own, so a workload about stacks makes no sense here."""
    if workload == "park" and parameters["stack_kib"]:
        return "greenlets share one thread's stack: what one has touched is not its own"
    return ""


def footprint(_flows: int) -> tuple[int, int]:
    """The loop's own few descriptors; one task."""
    return 8, 1


def facts() -> Mapping[str, Value]:
    """Which gevent it was, on which loop, and how that waits."""
    import gevent  # noqa: PLC0415 - only where it is used: other models must not carry it

    loop = gevent.get_hub().loop
    return {
        "gevent_version": str(gevent.__version__),
        "gevent_loop": f"{type(loop).__module__.split('.')[1]} ({loop.backend})",
    }


class Child:
    """A greenlet beside the one that starts it."""

    def __init__(self, function: Callable[..., Any], *arguments: Any) -> None:
        import gevent  # noqa: PLC0415 - likewise

        self._greenlet = gevent.spawn(function, *arguments)

    def result(self) -> Any:
        """Wait for its end; return what the function returned, or raise what it raised."""
        return self._greenlet.get()


def primitives() -> Primitives:
    """What threading and queue have, which is gevent's in a process that is patched."""
    return Primitives(threading.Lock, baton, threading.Event, queue.Queue, Child)


class Gate:
    """Where greenlets park: an event. It is kernel.Gate to whoever uses it."""

    def __init__(self, flows: int, on_full: Callable[[], None] | None = None) -> None:
        from gevent.event import Event  # noqa: PLC0415 - likewise

        self._missing = flows
        self._on_full = on_full
        self._full = Event()
        self._open = Event()

    def park(self) -> None:
        """Arrive, and wait until the gate opens."""
        self._missing -= 1
        if self._missing == 0:
            if self._on_full is not None:
                self._on_full()
            self._full.set()
        self._open.wait()

    def wait_full(self) -> None:
        """Wait until every flow has arrived."""
        self._full.wait()

    def open(self) -> None:
        """Wake every flow that is parked here."""
        self._open.set()

    def close(self) -> None:
        """It has nothing to give back."""


def launch(job: Launch) -> None:
    """Run the job, one greenlet per flow."""
    import gevent  # noqa: PLC0415 - likewise
    from gevent import monkey  # noqa: PLC0415

    if not monkey.is_module_patched("threading"):
        raise RuntimeError("gevent needs a process of its own: run python -m bench.worker.main")
    setattr(os, "sched_yield", gevent.sleep)  # noqa: B010 - the type checker knows only the real one
    n = len(job.flows)
    gates = (Gate(n), Gate(n), Gate(n, on_full=job.end))
    kernel.launch(job, [gevent.Greenlet(kernel.live, job, flow, gates) for flow in job.flows], gates)


MODELS = {
    "gevent": Model(
        kind="user",
        about="one greenlet per flow, blocking code as it stands, monkey-patched; os.sched_yield is gevent.sleep(0) here",
        missing=missing,
        cannot=cannot,
        footprint=footprint,
        primitives=primitives,
        facts=facts,
        launch=launch,
    )
}
