"""One process per flow that multiprocessing starts: forked by a server that has little in memory, or from nothing.

`forkserver`: a process that has imported what flows need is forked for each; it is started before the clock, after the
pin, and ends with the cell. `spawn`: a new interpreter for each, which imports everything itself. In both, the flow
arrives in a parcel. multiprocessing would also have each of them import the program that starts it, which is
the harness here (pyperf and all): it is shown a program with nothing in it.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from multiprocessing import forkserver, reduction, resource_tracker
from types import ModuleType
from typing import TYPE_CHECKING, Any

from bench.harness.flow import Kit, lacking
from bench.machine.orphans import die_with_parent
from bench.models import kernel, parcel, process

if TYPE_CHECKING:
    from bench.harness.flow import Flow
    from bench.harness.share import Launch

KIND = "kernel"
ABOUT = {
    "process_forkserver": "one process per flow, forked by a small server (multiprocessing, forkserver)",
    "process_spawn": "one process per flow, a new interpreter each (multiprocessing, spawn)",
}
SERVER = "bench.machine.fork_server"


def footprint(model: str, flows: int) -> tuple[int, int]:  # noqa: ARG001
    """Two descriptors watch each process; the fork server and multiprocessing's tracker of resources are tasks too."""
    return 2 * flows, flows + 2


def context_of(model: str) -> Any:
    """Multiprocessing with the model's way to start."""
    return multiprocessing.get_context(model.removeprefix("process_"))


def kit(model: str) -> Kit:
    """What multiprocessing has for processes that are started this way."""
    context = context_of(model)
    queue = lambda _: context.SimpleQueue()  # noqa: E731
    return replace(
        process.kit(model),
        lock=context.Lock,
        baton=partial(context.Semaphore, 0),
        event=context.Event,
        queue=queue,
        spawn=lacking,
    )


def received(handle: Any) -> kernel.Descriptor:
    """A descriptor in the process that it was sent to."""
    return kernel.Descriptor(handle.detach())


def reduce_descriptor(descriptor: kernel.Descriptor) -> tuple[Any, ...]:
    """How a descriptor is sent: spawn hands it down, the fork server gets it through its socket."""
    return received, (reduction.DupFd(descriptor.number),)


reduction.register(kernel.Descriptor, reduce_descriptor)
reduction.register(memoryview, parcel.reduce_words)


@contextmanager
def empty_program() -> Iterator[None]:
    """Show multiprocessing a program with nothing in it."""
    ours = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = ours


def live(sent: parcel.Parcel, starter: int) -> None:
    """In the new process: end with the one that made it, then live."""
    server = sys.modules.get(SERVER)
    die_with_parent(server.SERVER if server else starter)
    sent.live(whole=True)


class StartedFlow:
    """A flow that is a process of multiprocessing's."""

    def __init__(self, job: Launch, flow: Flow, gates: tuple[kernel.SharedGate, ...]) -> None:
        self._job, self._flow = job, flow
        sent = parcel.pack(job, flow, gates)
        self._process = context_of(job.cell.model).Process(target=live, args=(sent, os.getpid()))

    def start(self) -> None:
        """Start it; what it needs is pickled here, in the parent."""
        with empty_program():
            self._process.start()

    def join(self) -> None:
        """Wait until the process is gone; if it was killed or failed, the cell is void."""
        self._process.join()
        if self._process.exitcode != 0:
            error = ChildProcessError(f"its process ended with exit code {self._process.exitcode}")
            self._job.faults.note(self._flow, error)
        self._process.close()


def launch(job: Launch) -> None:
    """Run the job, one started process per flow. The server, and the tracker, are there before the first flow is."""
    if job.cell.model == "process_forkserver":
        modules = [SERVER, "bench.models.started", "bench.workloads.plain", job.workload.blocking.__module__]
        multiprocessing.get_context("forkserver").set_forkserver_preload(modules)
        forkserver.ensure_running()
    resource_tracker.ensure_running()
    n = len(job.flows)
    gates = (kernel.SharedGate(n), kernel.SharedGate(n), kernel.SharedGate(n))
    kernel.launch(job, [StartedFlow(job, flow, gates) for flow in job.flows], gates)
