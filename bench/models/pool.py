"""A pool of workers that flows are handed to: the two executors of concurrent.futures.

Strategy: a flow is one submitted item. There are as many workers as parameters["pool"] says, but never more than flows.
If there are more flows than workers, the flows run in waves, as in any pool. Submitting is inside the clock: a program
that uses a pool pays for it.

Seats are opened beforehand in the main thread. Each worker's first item parks the worker at the gates. In between it does
the untimed op of the flow that has the worker's number, because first-touch faults are the worker's. The main thread does
the untimed ops of the other flows.

A process pool reaches the job through a global of this module, which fork copies; only the number of a flow is sent. The
first submit forks all workers. The executor starts a thread of its own only after that, so no worker is forked while
another thread holds a lock. Python 3.12 and newer warn of a fork with threads, and do not here.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from concurrent.futures import BrokenExecutor, Executor, Future, ThreadPoolExecutor, wait
from contextlib import ExitStack, suppress
from dataclasses import replace
from functools import partial
from itertools import count
from typing import TYPE_CHECKING, Any

from bench.harness.flow import Field, Primitives, not_there
from bench.machine.orphans import die_with_parent
from bench.models import kernel, process, thread
from bench.models.model import Model
from bench.words import KILLED

if TYPE_CHECKING:
    from bench.harness.share import Launch
    from bench.words import Value


def at_once(parameters: Mapping[str, Value]) -> int:
    """As many as it has workers."""
    return int(parameters["pool"])


def footprint_processes(flows: int) -> tuple[int, int]:
    """A worker is a task, watched through a descriptor or two; there are never more of them than flows."""
    return 3 * flows, flows + 2


def without_spawn(of: Callable[[], Primitives]) -> Primitives:
    """What threads, or processes, have. A child would wait for a worker that its parent keeps, for ever: so no spawn."""
    return replace(of(), spawn=not_there)


class Crew:
    """What the workers of one launch share: the job, the gates, and each flow's seat."""

    def __init__(self, job: Launch, workers: int, *, alone: bool) -> None:
        self.job = job
        self.body = job.workload.blocking
        self.workers = workers
        self.alone = alone  # each worker is a process
        gate = kernel.SharedGate if self.alone else kernel.Gate
        self.birth, self.start, self.exit = self.gates = gate(workers), gate(workers), gate(workers)
        self.seats: dict[int, tuple[Any, ExitStack]] = {}
        self.served: list[int] = []  # in a worker that is a process: whose seats it has used
        self._ended = count(1)

    def open(self) -> None:
        """Take every flow's seat; do the untimed ops of those flows that no worker will begin with."""
        for flow in self.job.flows:
            own = ExitStack()
            try:
                self.seats[flow.index] = own.enter_context(self.job.workload.open_blocking(flow)), own
                if flow.index >= self.workers:
                    self.body(flow.warm_up, self.seats[flow.index][0])
            except Exception as error:  # noqa: BLE001 - whatever it is, it voids the cell and is reported with its text
                self.job.faults.note(flow, error)

    def close(self, index: int) -> None:
        """Give a seat back; this process's copies of it."""
        try:
            self.seats.pop(index, (None, ExitStack()))[1].close()
        except Exception as error:  # noqa: BLE001 - likewise
            self.job.faults.note(self.job.flows[index], error)

    def adopt(self, parent: int) -> None:
        """In a new worker process: end with the parent, and close the ends of gates that only the parent may open."""
        die_with_parent(parent)
        for gate in self.gates:
            gate.adopt()  # type: ignore[attr-defined]

    def settle(self, number: int) -> None:
        """A worker's first item: park, do the untimed op of the flow of this number, park again."""
        flow = self.job.flows[number]
        self.birth.park()
        try:
            flow.warm_up.enter()
            if number in self.seats:
                flow.warm_up.leave(self.body(flow.warm_up, self.seats[number][0]))
        except Exception as error:  # noqa: BLE001 - likewise
            self.job.faults.note(flow, error)
        if self.alone:
            for any_flow in self.job.flows:  # it may run any of them: map the pages of its row
                any_flow[Field.END] = any_flow[Field.END]
            self.job.touch_own_meters(flow)
        self.start.park()
        if self.alone:
            self.job.leave_gate()

    def run(self, index: int) -> None:
        """A flow, from its start to its end."""
        flow, tally = self.job.flows[index], None
        flow.enter()
        try:
            if index in self.seats:
                tally = self.body(flow, self.seats[index][0])
        except Exception as error:  # noqa: BLE001 - likewise
            self.job.faults.note(flow, error)
        flow.leave(tally)
        if self.alone:
            self.job.read_own_meters(flow, ended=True)
            self.served.append(index)
        elif next(self._ended) == len(self.job.flows):
            self.job.end()

    def finish(self) -> None:
        """The last item of a worker process: close the seats that it has used, of which only it knows what is left to read."""
        for index in self.served:
            self.close(index)
        self.exit.park()


_crew: list[Crew] = []  # of the launch that is going on; a fork copies it


def settle(number: int) -> None:
    """Pass it on to this worker's crew: only the name of a function and a number are sent to a process."""
    _crew[0].settle(number)


def run(index: int) -> None:
    """Likewise."""
    _crew[0].run(index)


def finish(_: int) -> None:
    """Likewise."""
    _crew[0].finish()


def executor(crew: Crew) -> Executor:
    """Make the pool. A process pool forks when it is first given an item, a pool of threads for each of the first."""
    if not crew.alone:
        return ThreadPoolExecutor(crew.workers)
    import multiprocessing  # noqa: PLC0415 - a pool of threads must not carry it
    from concurrent.futures import ProcessPoolExecutor  # noqa: PLC0415

    fork = multiprocessing.get_context("fork")
    return ProcessPoolExecutor(crew.workers, mp_context=fork, initializer=crew.adopt, initargs=(os.getpid(),))


def submit_all(pool: Executor, crew: Crew, function: Callable[[int], None], items: int) -> list[Future[None]]:
    """Submit items 0, 1, …; where a worker process was killed, the pool takes no more, and the cell is void."""
    futures: list[Future[None]] = []
    try:
        futures.extend(pool.submit(function, item) for item in range(items))
    except BrokenExecutor as error:
        crew.job.faults.note(crew.job.flows[len(futures)], told(error))
    return futures


def told(error: BaseException) -> BaseException:
    """The same of a worker's end in the words that others have for it: a worker ends early only where it was killed."""
    return ChildProcessError(f"a worker {KILLED}: {error}") if isinstance(error, BrokenExecutor) else error


def lead(crew: Crew, job: Launch) -> None:
    """Make the pool, lead its workers through the gates, hand the flows to it, wait for them, end it."""
    with job.timed("create"):
        pool = executor(crew)
        submit_all(pool, crew, settle, crew.workers)
        crew.birth.wait_full()
    crew.birth.open()
    crew.start.wait_full()
    job.begin()
    crew.start.open()
    futures = submit_all(pool, crew, run, len(job.flows))
    wait(futures)
    job.end()
    with job.timed("join"):
        if crew.alone:
            submit_all(pool, crew, finish, crew.workers)
            crew.exit.wait_full()
        crew.exit.open()
        pool.shutdown()
    for flow, future in zip(job.flows, futures, strict=False):
        error = future.exception()
        if error is not None:
            job.faults.note(flow, told(error))


def launch(job: Launch, *, alone: bool) -> None:
    """Run the job through a pool; `alone`: of processes."""
    crew = Crew(job, min(at_once(job.order.parameters), len(job.flows)), alone=alone)
    crew.open()
    _crew[:] = [crew]
    lead(crew, job)
    for flow in job.flows:
        crew.close(flow.index)
    _crew.clear()
    for gate in crew.gates:
        with suppress(OSError):
            gate.close()


MODELS = {
    "thread_pool": Model(
        kind="kernel",
        about="a pool of threads that flows are handed to (concurrent.futures.ThreadPoolExecutor)",
        at_once=at_once,
        primitives=partial(without_spawn, thread.primitives),
        launch=partial(launch, alone=False),
    ),
    "process_pool": Model(
        kind="kernel",
        about="a pool of forked processes that flows are handed to (concurrent.futures.ProcessPoolExecutor, fork)",
        at_once=at_once,
        footprint=footprint_processes,
        primitives=partial(without_spawn, process.primitives),
        launch=partial(launch, alone=True),
    ),
}
