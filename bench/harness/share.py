"""A job's share: what one flow needs of its job, in whatever process or interpreter it runs; and what a launcher needs of it.

Kept apart from bench.worker.launch so that a process that starts from nothing imports no more than this.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from itertools import pairwise
from time import monotonic_ns, process_time_ns
from typing import Any

from bench.figures import COUNTERS
from bench.harness import meters
from bench.harness.flow import Faults, Field, Flow, Order, Row
from bench.harness.running import PARTS, part_ends
from bench.harness.workload import Workload
from bench.words import Cell

WARM_UP_WAIT_S = 0.001  # the untimed op of each flow waits this long


def leave_used(flow: Flow, used: meters.Used) -> None:
    """Leave on the board what a flow that is a process has used."""
    for column, count in enumerate(used.values(), len(Field)):
        flow.head[column] = count


def found_used(flow: Flow) -> meters.Used | None:
    """What a flow has left there; None where it is no process, or interpreter, of its own."""
    counts = flow.head[len(Field) :]
    return meters.Used(**dict(zip(COUNTERS, counts, strict=True))) if any(counts) else None


class Share:
    """The workload, where faults are noted, and the meters of this process.

    `whole`: is it a process's? An interpreter beside others in one process has only its garbage to itself.
    `on_disk`: the order's. `first`: the cell's first process, which is this one unless said.
    """

    def __init__(
        self, workload: Workload, faults: Faults, *, on_disk: bool, whole: bool = True, first: int | None = None
    ) -> None:
        self.workload = workload
        self.faults = faults
        self._on_disk = on_disk
        self._whole = whole
        self.first = os.getpid() if first is None else first
        self._garbage = meters.GarbageMeter()
        self._before = meters.Used()
        self._clock_ns = 0  # what this process's CPU clock showed when counting began

    def touch_own_meters(self, flow: Flow) -> None:
        """Before the gate: use all that a flow's end will use, so that the pages are there; then read the meters."""
        self.read_own_meters(flow.warm_up)
        self.leave_gate()
        self.read_own_meters(flow.warm_up, ended=True)
        self.read_own_meters(flow)

    def leave_gate(self) -> None:
        """In a process other than the first, right behind the gate: from here on its CPU is a flow's."""
        self._clock_ns = process_time_ns()

    def read_own_meters(self, flow: Flow, *, ended: bool = False) -> None:
        """In a process other than the first: leave what it used up to a flow's end on the board.

        That is since it left its gate, or since the end of the flow that it ran before: a worker's time between its flows
        is on somebody's account. The CPU clock is read first, right at the flow's end.
        """
        clock_ns = process_time_ns()
        if not self._whole:
            now = meters.used_by_interpreter(self._garbage)
            if ended:
                leave_used(flow, now - self._before)
            self._before = now
            return
        flow[Field.PID] = os.getpid()
        now = meters.used(self._garbage, disk=self._on_disk)
        if ended:
            flow[Field.CLOCK_AT_START], flow[Field.CLOCK_AT_END] = self._clock_ns, clock_ns
            # The first process wakes when the last flow has ended: what it uses for that is no flow's.
            flow[Field.FIRST_CLOCK_AT_END] = meters.cpu_clock_ns(self.first) or 0
            leave_used(flow, meters.between(self._before, now, clock_ns - self._clock_ns))
            self._clock_ns = clock_ns
        self._before = now


class Launch(Share):
    """One launch of a cell as its launcher sees it: the flows, and hooks that it calls on the way (bench.worker.launch)."""

    order: Order
    cell: Cell
    flows: list[Flow]
    shared: Any  # what the workload's `prepare` made
    load: Callable[[], Workload]  # finds the workload again in a process that starts from nothing

    def timed(self, phase: str) -> AbstractContextManager[None]:
        """Time a phase of the launch that is not work: create or join."""
        raise NotImplementedError

    def begin(self) -> None:
        """All flows are parked: start the clock."""
        raise NotImplementedError

    def end(self) -> None:
        """The last flow has stamped its end: read the meters. Called once, or twice to no effect."""
        raise NotImplementedError


def make_flow(order: Order, workload: Workload, index: int, rows: tuple[Row, Row], shared: Any) -> Flow:
    """Make a flow and its warm-up, which writes on another account and into a scratch row: it must not count as work."""
    row, scratch = rows

    def one(waits_s: Sequence[float], where: Row, token: str) -> Flow:
        flow = Flow(order, index, waits_s, where, shared)
        flow.token = token
        flow.seed = f"{token}/{index}" if token != order.token else flow.seed
        flow.tasks = workload.tasks(flow)
        if not workload.stamped:
            flow.parts = [flow.tasks[since:end] for since, end in pairwise((0, *part_ends(len(flow.tasks))))]
        return flow

    flow = one(workload.waits(order, index), row, order.token)
    scratch[3][0] = monotonic_ns()  # what a warm-up takes for the gate's opening
    flow.warm_up = one([WARM_UP_WAIT_S] * workload.steps, scratch, f"{order.token}-warm")
    return flow


def sizes(order: Order, workload: Workload) -> tuple[int, int]:
    """How many stamps a flow's row has, and its scratch row."""
    return (order.ops, workload.steps) if workload.stamped else (PARTS, PARTS)
