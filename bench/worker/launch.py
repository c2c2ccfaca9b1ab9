"""One launch of one cell: the flows, the hooks that launchers call, and what came of it.

Strategy: a launcher calls `timed("create")`, `begin()` when all flows are parked, `end()` when the last one has ended,
and `timed("join")`. Everything slow is read outside the window between `begin` and the last flow's own end stamp.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from time import monotonic_ns, process_time_ns
from typing import Any

from bench.harness import beside, meters
from bench.harness.flow import Faults, Field, Order, board
from bench.harness.memory import Account, Observer
from bench.harness.running import Clock, Seen, clock, own_ends
from bench.harness.share import Launch, found_used, make_flow, sizes
from bench.harness.softirqs import NetworkWork
from bench.harness.watch import Watch
from bench.harness.workload import Workload
from bench.machine.limits import throttled_us
from bench.machine.topology import siblings
from bench.own.file import FILES
from bench.targets import Referee
from bench.words import Cell
from bench.workloads import loader

UNWATCHED = ("memory", "create + join")  # what cells are about whose work phase is not what is measured


class Job(Launch):
    """A cell's flows, ready to be launched once, and then what was measured."""

    workload: Workload

    def __init__(self, order: Order, workload: Workload, referees: Collection[Referee[Any]], cpu: int) -> None:
        super().__init__(workload, Faults(), on_disk=order.on_disk)
        self.order = order
        self.load = loader(order.cell.workload)
        self.cell: Cell = order.cell
        self.cpu = cpu
        self.seconds: dict[str, float] = {}
        self.began_ns = 0
        self.clock_at_start_ns = self.clock_at_end_ns = 0  # what this process's CPU clock showed at both ends
        self.ended_ns = 0  # when the meters were read again
        self.used = meters.Used()
        self.window_cpu_ns = 0  # what every process used between the two readings of the core
        self.clocks: list[Clock] = []  # of each process, where they were read from outside, too
        self.apart_ns = 0  # the longest time between two such looks
        self.kernel_tasks = 0
        self.target_cpu_ns: list[tuple[int, int]] = []  # when asked, what targets had used
        self.observer: Observer | None = None  # there where the cell is about memory
        self.watch: Watch | None = None  # there where it matters how far flows were when
        self.network_work: NetworkWork | None = None  # there where the cell has it timed
        self.memory: list[Account | None] = []  # before any flow is made, and when all are parked
        self._referees = referees
        self.throttled_us = 0  # for how long a cgroup's limit had us stand still
        self._siblings = siblings(cpu)
        self._cores: list[meters.Core] = []
        self.turns_ns: list[float] = []  # what a turn of an empty loop took, before the gate and after the end
        self.shared = workload.prepare(order)
        stamps = sizes(order, workload)
        boards = [board(order.flows, ops, workload.marks) for ops in stamps]
        self.flows = [
            make_flow(order, workload, index, rows, self.shared) for index, rows in enumerate(zip(*boards, strict=True))
        ]
        self._gate = self.flows[0].gate
        self._processes: set[int] = set()  # flows' own
        self._asks_beside = order.cell.workload in FILES
        self._apart: set[int] = set()  # processes that are no flows, and of the suite's own
        self._beside_ns: list[
            dict[beside.Named, int]
        ] = []  # before and after: what else the cell has started, and its CPU

    @contextmanager
    def timed(self, phase: str) -> Iterator[None]:
        """Time a phase of the launch that is not work: create or join."""
        start = monotonic_ns()
        yield
        self.seconds[phase] = (monotonic_ns() - start) / 1e9

    def begin(self) -> None:
        """All flows are parked: read the slow meters, then the fast ones, then start the clock."""
        self.observe()
        apart = [referee.child for referee in self._referees]
        if self.watch is not None:
            self.watch.wait_ready()
            apart.append(self.watch.process)
        seen = meters.kernel_tasks(apart=apart)
        self.kernel_tasks = seen - (self.observer is not None)
        self._processes = {flow[Field.PID] for flow in self.flows} - {0}
        self._apart = {*apart, *self._processes}
        self._read_beside()
        self._read_target()
        self.turns_ns.append(meters.turn_ns())
        self.throttled_us = -throttled_us()
        self._cores.append(meters.core(self.cpu, siblings=self._siblings))
        self.window_cpu_ns = -self._seen_from_outside_ns()
        self._before = meters.used(self._garbage)
        self.clock_at_start_ns = process_time_ns()
        self._gate[0] = self.began_ns = monotonic_ns()

    def observe(self) -> None:
        """Read the account of memory, where the cell is about that."""
        if self.observer is not None:
            self.memory.append(self.observer.read())

    def end(self) -> None:
        """The last flow has stamped its end: read the meters in reverse order. Called once, or twice to no effect."""
        if len(self._cores) < 2:
            self.clock_at_end_ns, self.ended_ns = process_time_ns(), monotonic_ns()
            after = meters.used(self._garbage)
            last = max(self.flows, key=lambda flow: flow[Field.END])
            if last[Field.FIRST_CLOCK_AT_END]:
                self.clock_at_end_ns, self.ended_ns = last[Field.FIRST_CLOCK_AT_END], last[Field.END]
            self.used = meters.between(self._before, after, self.clock_at_end_ns - self.clock_at_start_ns)
            if self.watch is not None:
                self.watch.stop()
            if self.network_work is not None:
                self.network_work.stop()
            self.window_cpu_ns += self._seen_from_outside_ns()
            self._cores.append(meters.core(self.cpu, siblings=self._siblings))
            self.throttled_us += throttled_us()
            self.turns_ns.append(meters.turn_ns())
            self._read_target()
            self._read_beside()

    def read_clocks(self) -> None:
        """After the launch: make the clock of each process, of what it has read itself and what was read from outside."""
        if self.watch is None or not self.ended_ns:
            return
        read: dict[int, list[Seen]] = {}
        for process, seen in self.watch.readings():
            read.setdefault(process, []).append(seen)
        own = (self.began_ns, self.clock_at_start_ns), (self.ended_ns, self.clock_at_end_ns)
        ends = {os.getpid(): own, **own_ends(self.flows)}
        self.clocks = [clock(start, end, read.get(process, ())) for process, (start, end) in ends.items()]
        self.apart_ns = self.watch.apart_ns

    def close(self) -> list[str]:
        """After the launch: return what flows failed of."""
        self._garbage.close()
        if hasattr(self.shared, "close"):
            self.shared.close()
        return self.faults.close()

    def counted(self) -> int:
        """What all flows have counted together, where they share a counter."""
        return int(self.shared.counter[0]) if hasattr(self.shared, "counter") else 0

    def total_used(self) -> meters.Used:
        """What every process of the cell used in the work phase, added up."""
        total = self.used
        for flow in self.flows:
            if (own := found_used(flow)) is not None:
                total = total + own
        return total

    def _seen_from_outside_ns(self) -> int:
        """What every process of the cell has used up to now, and children that are gone; parked flows stand still."""
        own = process_time_ns() + meters.of_children()["cpu_ns"]
        return own + sum(meters.cpu_clock_ns(process) or 0 for process in self._processes)

    @property
    def window(self) -> tuple[meters.Core, meters.Core]:
        """The core's counters around the work phase."""
        before, after = self._cores
        return before, after

    def beside(self) -> tuple[list[str], float]:
        """What the cell has started besides its flows and worked on its core, by name, and its CPU seconds."""
        return beside.busy(*self._beside_ns) if len(self._beside_ns) == 2 else ([], 0.0)

    def _read_beside(self) -> None:
        if self._asks_beside:
            self._beside_ns.append(beside.used_ns(self.cpu, self._apart))

    def _read_target(self) -> None:
        used_ns = [ns for referee in self._referees if (ns := referee.cpu_ns()) is not None]
        if used_ns:
            self.target_cpu_ns.append((monotonic_ns(), sum(used_ns)))
