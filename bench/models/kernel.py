"""What thread and process share: gates that flows park at in a read, and a blocking flow's life.

Strategy: a gate is two pipes. Flows arrive at the first one: each closes its copy of the write end, or the last of them
closes the only one. They park in a read of the second one; closing its write end wakes them all at once. Nothing is ever
written, so nothing can fill up. A flow that dies still counts as arrived, because the kernel closes for it. (1,000 threads
leave such a gate in 23 ms on the machine this was written on; a threading.Event took 55.)
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING, Protocol

from bench.words import NoMoreFlowsError

if TYPE_CHECKING:
    from bench.harness.flow import Flow
    from bench.harness.share import Launch, Share


class Gate:
    """Where flows park. `on_full` is called by the last to arrive, where flows share one process."""

    def __init__(self, flows: int, on_full: Callable[[], None] | None = None) -> None:
        self._arrivals_read, self._arrivals_write = os.pipe()
        self._park_read, self._park_write = os.pipe()
        self._flows = flows
        self._count = count(1)
        self._on_full = on_full

    def park(self) -> None:
        """Arrive, and wait until the gate opens. (next() of a count is atomic, with and without a GIL.)"""
        if next(self._count) == self._flows:
            if self._on_full is not None:
                self._on_full()
            os.close(self._arrivals_write)
        os.read(self._park_read, 1)

    def wait_full(self) -> None:
        """Wait until every flow has arrived."""
        os.read(self._arrivals_read, 1)

    def open(self) -> None:
        """Wake every flow that is parked here."""
        os.close(self._park_write)

    def close(self) -> None:
        """Give the descriptors back, once every flow has gone."""
        os.close(self._park_read)
        os.close(self._arrivals_read)


class SharedGate(Gate):
    """A gate for flows that are processes: each has its own copies of the write ends, and closes them."""

    def adopt(self) -> None:
        """In a new process: keep no gate open that only the parent may open."""
        os.close(self._park_write)

    def park(self) -> None:
        """Arrive by closing this process's copy of the write end, and wait until the gate opens."""
        os.close(self._arrivals_write)
        os.read(self._park_read, 1)

    def ends(self) -> Ends:
        """What a flow needs of it that inherits nothing."""
        return Ends(Descriptor(self._arrivals_write), Descriptor(self._park_read))

    def wait_full(self) -> None:
        """Wait until every other copy of the write end is closed."""
        os.close(self._arrivals_write)
        super().wait_full()


class AnyGate(Protocol):
    """What launch asks of a gate: it may also be one that greenlets park at."""

    def park(self) -> None: ...
    def wait_full(self) -> None: ...
    def open(self) -> None: ...
    def close(self) -> None: ...


@dataclass(frozen=True)
class Descriptor:
    """A descriptor on its way to another process or interpreter, where it will have another number."""

    number: int


@dataclass(frozen=True)
class Ends:
    """A shared gate as a flow sees it that has inherited nothing: the two ends it needs, and no other."""

    arrive: Descriptor
    parked: Descriptor

    def park(self) -> None:
        """Arrive by closing the write end, and wait until the gate opens."""
        os.close(self.arrive.number)
        os.read(self.parked.number, 1)
        os.close(self.parked.number)


class Parking(Protocol):
    """A gate, as a flow sees it."""

    def park(self) -> None: ...


class KernelFlow(Protocol):
    """What threading.Thread, a forked process and a greenlet have in common."""

    def start(self) -> None: ...
    def join(self) -> None: ...


Gates = tuple[AnyGate, AnyGate, AnyGate]  # birth, start, exit


def live(job: Share, flow: Flow, gates: tuple[Parking, Parking, Parking], *, alone: bool = False) -> None:
    """A blocking flow's life. `alone`: the flow is a whole process, and reads its own meters."""
    ahead = list(gates)
    ahead.pop(0).park()
    try:
        body = job.workload.blocking
        with job.workload.open_blocking(flow) as seat:
            flow.warm_up.enter()
            flow.warm_up.leave(body(flow.warm_up, seat))
            if alone:
                job.touch_own_meters(flow)
            ahead.pop(0).park()
            if alone:
                job.leave_gate()
            flow.enter()
            flow.leave(body(flow, seat))
            if alone:
                job.read_own_meters(flow, ended=True)
            ahead.pop(0).park()
    except Exception as error:  # noqa: BLE001 - whatever it is, it voids the cell and is reported with its text
        job.faults.note(flow, error)
    finally:
        for gate in ahead:
            gate.park()


PATIENCE_S = 1.0


@contextmanager
def patient() -> Iterator[None]:
    """Let threads wait for the GIL without asking every 5 ms, while no clock runs.

    A thread that waits for the GIL wakes each switch interval to ask for it. Thousands of them use the whole core for
    asking: 8,000 threads took from 0.5 to 27 s for one untimed op each. In the work phase this is part of what is measured.
    """
    before = sys.getswitchinterval()
    sys.setswitchinterval(PATIENCE_S)
    try:
        yield
    finally:
        sys.setswitchinterval(before)


def launch(job: Launch, flows: Sequence[KernelFlow], gates: Gates) -> None:
    """Start the flows, lead them through the gates, join them."""
    birth, start, leave = gates
    with job.timed("create"):
        for started, flow in enumerate(flows):
            try:
                flow.start()
            except (OSError, RuntimeError) as error:  # a thread says RuntimeError, a fork OSError
                raise NoMoreFlowsError(started, error) from error
        birth.wait_full()
    with patient():
        birth.open()
        start.wait_full()
    job.begin()
    start.open()
    leave.wait_full()
    job.end()
    with job.timed("join"):
        leave.open()
        for flow in flows:
            flow.join()
    for gate in gates:
        with suppress(OSError):
            gate.close()
