"""One forked process per flow: a bare `os.fork`, as a pre-forking server does it.

Not multiprocessing.Process: each of its children first tears down the objects that stand for all earlier children. Creating
1,000 took 8.2 ms each, and a bare fork takes 2 to 4 (docs/design.md, Models). Their work phase is the same.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from bench.harness.flow import Primitives
from bench.machine.orphans import die_with_parent
from bench.models import kernel
from bench.models.model import Model
from bench.words import KILLED

if TYPE_CHECKING:
    from bench.harness.flow import Flow
    from bench.harness.share import Launch


def ending(code: int) -> str:
    """How a process ended: `code` is its exit status, or less than 0, by a signal."""
    return f"{KILLED} by signal {-code}" if code < 0 else f"ended with exit status {code}"


class ForkedFlow:
    """A flow that is a process of its own."""

    def __init__(self, job: Launch, flow: Flow, gates: tuple[kernel.SharedGate, ...]) -> None:
        self._job, self._flow, self._gates = job, flow, gates
        self._pid = 0

    def start(self) -> None:
        """Fork; the child lives the flow's life and ends without returning here."""
        parent = os.getpid()
        self._pid = os.fork()
        if self._pid == 0:
            status = 1
            try:
                self._live(parent)
                status = 0
            finally:
                # No clean-up of what was copied: buffers, atexit handlers and pyperf belong to the parent.
                os._exit(status)

    def _live(self, parent: int) -> None:
        die_with_parent(parent)
        for gate in self._gates:
            gate.adopt()
        self._flow.touch()
        birth, start, leave = self._gates
        kernel.live(self._job, self._flow, (birth, start, leave), alone=True)

    def join(self) -> None:
        """Wait until the process is gone; if it was killed or failed, the cell is void."""
        _, status = os.waitpid(self._pid, 0)
        if status != 0:
            self._job.faults.note(
                self._flow, ChildProcessError(f"its process {ending(os.waitstatus_to_exitcode(status))}")
            )


class Child:
    """A forked process that sends back the number that its function returned.

    When it is gone, the kernel adds what it has used to its parent's account (bench.harness.meters). That includes its end,
    which takes longer than many functions do, and its own children.
    """

    _MESSAGE = struct.Struct("q")

    def __init__(self, function: Callable[..., int], *arguments: Any) -> None:
        self._read, write = os.pipe()
        parent = os.getpid()
        self._pid = os.fork()
        if self._pid == 0:
            try:
                die_with_parent(parent)
                os.write(write, self._MESSAGE.pack(function(*arguments)))
            finally:
                os._exit(0)  # what was copied from the parent is not this process's to clean up
        os.close(write)

    def result(self) -> int:
        """Wait for its end; return what the function returned. Raises ChildProcessError where it sent nothing."""
        said = os.read(self._read, self._MESSAGE.size)
        os.close(self._read)
        _, status = os.waitpid(self._pid, 0)
        if len(said) < self._MESSAGE.size:
            raise ChildProcessError(f"a child process {ending(os.waitstatus_to_exitcode(status))}, without a result")
        return int(self._MESSAGE.unpack(said)[0])


def primitives() -> Primitives:
    """What multiprocessing has. The queue is SimpleQueue, because Queue hands items over through a thread of its own."""
    import multiprocessing  # noqa: PLC0415 - only some workloads need it, and it takes 10 ms to import

    fork = multiprocessing.get_context("fork")
    return Primitives(fork.Lock, partial(fork.Semaphore, 0), fork.Event, lambda _: fork.SimpleQueue(), Child)


def launch(job: Launch) -> None:
    """Run the job, one forked process per flow."""
    n = len(job.flows)
    gates = (kernel.SharedGate(n), kernel.SharedGate(n), kernel.SharedGate(n))
    kernel.launch(job, [ForkedFlow(job, flow, gates) for flow in job.flows], gates)


MODELS = {
    "process": Model(kind="kernel", about="one forked process per flow (os.fork)", primitives=primitives, launch=launch)
}
