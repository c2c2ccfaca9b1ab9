"""One process per flow that multiprocessing starts: forked by a server that has little in memory, or from nothing.

`forkserver`: a server that has imported what flows need is forked for each of them. It is started before the clock, after
the pin, and ends with the cell. `spawn`: each flow is a new interpreter, which imports everything itself.

In both, the flow arrives in a parcel. multiprocessing would also import the main program in each new process, which here is
the harness, pyperf included. So it is shown an empty program.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from multiprocessing import forkserver, reduction, resource_tracker
from types import ModuleType
from typing import TYPE_CHECKING, Any

from bench.harness.flow import Primitives
from bench.machine.orphans import die_with_parent
from bench.models import kernel, parcel
from bench.models.model import Model
from bench.models.process import ending
from bench.words import KILLED, KilledError

if TYPE_CHECKING:
    from bench.harness.flow import Flow
    from bench.harness.share import Launch

SERVER = "bench.machine.fork_server"
SERVER_GONE = 255  # what multiprocessing says of a process where the fork server that knows it is gone


def footprint(flows: int) -> tuple[int, int]:
    """Two descriptors watch each process; the fork server and multiprocessing's tracker of resources are tasks too."""
    return 2 * flows, flows + 2


def primitives(method: str) -> Primitives:
    """What multiprocessing has for processes that are started by this method."""
    context = multiprocessing.get_context(method)
    return Primitives(
        lock=context.Lock,
        baton=partial(context.Semaphore, 0),
        event=context.Event,
        queue=lambda _: context.SimpleQueue(),
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

    def __init__(self, method: str, job: Launch, flow: Flow, gates: tuple[kernel.SharedGate, ...]) -> None:
        self._job, self._flow = job, flow
        sent = parcel.pack(job, flow, gates)
        context: Any = multiprocessing.get_context(method)
        self._process = context.Process(target=live, args=(sent, os.getpid()))

    def start(self) -> None:
        """Start it; what it needs is pickled here, in the parent."""
        with empty_program():
            try:
                self._process.start()
            except (EOFError, ConnectionError) as error:  # BrokenPipeError, too
                raise KilledError(f"the fork server {KILLED}") from error

    def join(self) -> None:
        """Wait until the process is gone; if it was killed or failed, the cell is void."""
        self._process.join()
        if self._process.exitcode != 0:
            code = self._process.exitcode or 0
            how = f"{KILLED}, or the fork server" if code == SERVER_GONE else ending(code)
            error = ChildProcessError(f"its process {how}")
            self._job.faults.note(self._flow, error)
        self._process.close()


def place_socket() -> None:
    """Have the fork server's socket in a folder that names this process: if it is killed, others know what to remove."""
    import atexit  # noqa: PLC0415 - none of these in a flow, which is a new interpreter that imports this file
    import shutil  # noqa: PLC0415
    import tempfile  # noqa: PLC0415

    from bench.machine.leftovers import FORK_SERVER  # noqa: PLC0415

    config: dict[str, Any] = multiprocessing.current_process()._config  # type: ignore[attr-defined]  # noqa: SLF001
    if config.get("tempdir") is None:
        config["tempdir"] = folder = tempfile.mkdtemp(prefix=f"{FORK_SERVER}{os.getpid()}-")
        atexit.register(shutil.rmtree, folder, ignore_errors=True)


def launch(method: str, job: Launch) -> None:
    """Run the job, one started process per flow. The server, and the tracker, are there before the first flow is."""
    if method == "forkserver":
        place_socket()
        modules = [SERVER, "bench.models.started", job.workload.blocking.__module__]
        multiprocessing.get_context("forkserver").set_forkserver_preload(modules)
        forkserver.ensure_running()
    resource_tracker.ensure_running()
    n = len(job.flows)
    gates = (kernel.SharedGate(n), kernel.SharedGate(n), kernel.SharedGate(n))
    kernel.launch(job, [StartedFlow(method, job, flow, gates) for flow in job.flows], gates)


def started(method: str, about: str) -> Model:
    """Make a model of one of multiprocessing's start methods."""
    return Model(
        kind="kernel",
        about=about,
        footprint=footprint,
        primitives=partial(primitives, method),
        launch=partial(launch, method),
    )


MODELS = {
    "process_forkserver": started(
        "forkserver", "one process per flow, forked by a small server (multiprocessing, forkserver)"
    ),
    "process_spawn": started("spawn", "one process per flow, a new interpreter each (multiprocessing, spawn)"),
}
