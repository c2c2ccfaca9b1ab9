"""A flow that is sent to a process or an interpreter that starts from nothing, and shares no Python object with its sender.

What is sent is the order, a function that loads its workload, the flow's number, what `prepare` made, and descriptors. They
are those of the board, of the gates and of the pipe for faults. The flow is made again there, from the same order. How a descriptor travels
is up to the sender. It brings a pickler that knows `kernel.Descriptor`, sockets, and views of the board's kind of memory
(`reduce_words`).
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING, Any

from bench.harness.flow import Faults, Order, SharedMemory, rows
from bench.harness.share import Share, make_flow, sizes
from bench.models import kernel, load_model

if TYPE_CHECKING:
    from bench.harness.flow import Flow
    from bench.harness.share import Launch
    from bench.harness.workload import Workload


@dataclass(frozen=True)
class Parcel:
    """All that a flow needs. The primitives do not travel: they are the model's, and made again."""

    order: Order
    load: Callable[[], Workload]
    index: int
    shared: Any
    board: kernel.Descriptor
    scratch: kernel.Descriptor
    faults: kernel.Descriptor
    gates: tuple[kernel.Ends, kernel.Ends, kernel.Ends]
    switch_interval_s: float
    first: int  # the sender's process

    def live(self, *, whole: bool) -> None:
        """Make the flow again and live its life. `whole`: in a process of its own."""
        sys.setswitchinterval(self.switch_interval_s)
        workload = self.load()
        order = replace(self.order, primitives=load_model(self.order.cell.model).primitives())
        mine = [
            next(islice(rows(SharedMemory.of(memory.number).words(), ops, workload.marks), self.index, None))
            for memory, ops in zip((self.board, self.scratch), sizes(order, workload), strict=True)
        ]
        flow = make_flow(order, workload, self.index, (mine[0], mine[1]), self.shared)
        flow.touch()
        share = Share(
            workload, Faults.told_to(self.faults.number), on_disk=order.on_disk, whole=whole, first=self.first
        )
        kernel.live(share, flow, self.gates, alone=True)
        os.close(self.faults.number)


def memory_of(view: memoryview) -> SharedMemory:
    """The memory that a view is of. Raises TypeError where it is not shared."""
    if not isinstance(view.obj, SharedMemory):
        raise TypeError("this memory cannot travel: only bench.harness.flow.shared_words makes such that can")
    return view.obj


def mapped(memory: kernel.Descriptor, count: int) -> memoryview:
    """The words again, elsewhere."""
    return SharedMemory.of(memory.number).words()[:count]


def reduce_words(view: memoryview) -> tuple[Any, ...]:
    """How a pickler sends what `shared_words` returned: its descriptor, and how many words."""
    return mapped, (kernel.Descriptor(memory_of(view).fd), len(view))


def pack(job: Launch, flow: Flow, gates: tuple[kernel.SharedGate, ...]) -> Parcel:
    """Make a flow's parcel."""
    birth, start, leave = (gate.ends() for gate in gates)
    board, scratch = (kernel.Descriptor(memory_of(one.gate).fd) for one in (flow, flow.warm_up))
    return Parcel(
        replace(job.order, primitives=None),
        job.load,
        flow.index,
        job.shared,
        board,
        scratch,
        kernel.Descriptor(job.faults.write),
        (birth, start, leave),
        sys.getswitchinterval(),
        os.getpid(),
    )
