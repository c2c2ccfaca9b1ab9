"""One OS thread per flow: `threading.Thread`, which the kernel schedules."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from bench.harness.flow import Primitives
from bench.models import kernel
from bench.models.model import Model

if TYPE_CHECKING:
    from bench.harness.share import Launch


class Child(threading.Thread):
    """A thread that keeps what its function returned."""

    def __init__(self, function: Callable[..., Any], *arguments: Any) -> None:
        super().__init__()
        self._call = function, arguments
        self._result: Any = None
        self.start()

    def run(self) -> None:
        """Call the function."""
        function, arguments = self._call
        self._result = function(*arguments)

    def result(self) -> Any:
        """Wait for its end; return what the function returned."""
        self.join()
        return self._result


def baton() -> threading.Lock:
    """A lock that is held: release and acquire hand it over, and no thread owns it."""
    lock = threading.Lock()
    lock.acquire()
    return lock


def primitives() -> Primitives:
    """What threading and queue have."""
    return Primitives(threading.Lock, baton, threading.Event, queue.Queue, Child)


def launch(job: Launch) -> None:
    """Run the job, one thread per flow."""
    n = len(job.flows)
    gates = (kernel.Gate(n), kernel.Gate(n), kernel.Gate(n, on_full=job.end))
    threads = [threading.Thread(target=kernel.live, args=(job, flow, gates)) for flow in job.flows]
    kernel.launch(job, threads, gates)


MODELS = {"thread": Model(kind="kernel", about="one threading.Thread per flow", primitives=primitives, launch=launch)}
