"""A flow as its body sees it, and the board where flows leave what happened.

Strategy: one anonymous shared mapping of int64, a row per flow: the flow's own stamps first, then its head, the
fields of `Field`. A thread, a coroutine and a forked process write it in the same way, without a lock, a pipe or an
allocation in the timed path; the harness reads it when all is over.
"""

from __future__ import annotations

import mmap
import os
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum, auto
from time import monotonic_ns
from typing import Any

from bench.measure.pin import current_cpu
from bench.targets.disk_file import DiskFile
from bench.words import Cell, Value


class Field(IntEnum):
    """The columns of a row's head. Times in ns; those from CPU_NS on are written only by a flow that is a process."""

    FIRST = 0
    END = auto()
    CPU_AT_START = auto()
    CPU_AT_END = auto()
    BYTES = auto()
    CHECKSUM = auto()
    CPU_NS = auto()
    USER_US = auto()
    SYSTEM_US = auto()
    VOLUNTARY = auto()
    INVOLUNTARY = auto()
    FAULTS = auto()
    GC_COLLECTIONS = auto()
    GC_NS = auto()
    READ_BYTES = auto()


@dataclass(frozen=True)
class Order:
    """What a cell is asked to do: the cell, its parameters with defaults filled in, and where its targets are."""

    cell: Cell
    parameters: Mapping[str, Value]
    token: str
    http: tuple[str, int] | None = None
    file: DiskFile | None = None
    seed: int = 0
    flows: int = 0
    ops: int = 0

    def waits_s(self, index: int) -> list[float]:
        """The seconds that each op of a flow is asked to wait.

        Flows that a gate released wait in step, which is epoll's best case: with phase=spread, the first op waits a
        draw from [0, Z) instead of Z.
        """
        wait_s = float(self.parameters["wait_ms"]) / 1000
        waits = [wait_s] * self.ops
        if self.parameters["phase"] == "spread":
            # Whole microseconds, since that is what a request can ask for.
            waits[:1] = [random.Random(f"{self.seed}/{index}").randrange(max(1, round(wait_s * 1e6))) / 1e6][: self.ops]
        return waits


class Flow:
    """One flow: what its body may read, and where it leaves its stamps."""

    __slots__ = (
        "_head",
        "index",
        "marks",
        "parameters",
        "seed",
        "shared",
        "stamps",
        "tasks",
        "token",
        "waits_s",
        "warm_up",
    )

    def __init__(self, order: Order, index: int, waits_s: Sequence[float], row: memoryview, shared: Any) -> None:
        self.index = index
        self.parameters = order.parameters
        self.token = order.token
        self.seed = f"{order.seed}/{index}"
        self.waits_s = waits_s
        self.shared = shared
        self.stamps = row[: len(waits_s)]
        self._head = row[len(waits_s) : len(waits_s) + len(Field)]
        self.marks = row[len(waits_s) + len(Field) :]
        self.tasks: Sequence[Any] = ()
        self.warm_up: Flow = self

    def __getitem__(self, field: Field) -> int:
        return self._head[field]

    def __setitem__(self, field: Field, value: int) -> None:
        self._head[field] = value

    def enter(self) -> None:
        """Note that the flow has left the gate, and on which core."""
        self._head[Field.FIRST] = monotonic_ns()
        self._head[Field.CPU_AT_START] = current_cpu()

    def leave(self, tally: tuple[int, int] | None) -> None:
        """Note the end of the flow's work: this stamp stops the clock."""
        self._head[Field.END] = monotonic_ns()
        self._head[Field.CPU_AT_END] = current_cpu()
        if tally is not None:
            self._head[Field.BYTES], self._head[Field.CHECKSUM] = tally

    def touch(self) -> None:
        """Write the whole row once, so that its pages are this process's before the clock starts."""
        for i in range(len(self.stamps)):
            self.stamps[i] = 0
        for field in Field:
            self._head[field] = 0
        for i in range(len(self.marks)):
            self.marks[i] = 0


class Faults:
    """Why flows failed: a pipe that threads, coroutines and forked processes can all write one line into."""

    def __init__(self) -> None:
        self._read, self._write = os.pipe()
        os.set_blocking(self._read, False)
        os.set_blocking(self._write, False)

    def note(self, flow: Flow, error: BaseException) -> None:
        """Leave one line; the first 64 KiB are enough to tell, what does not fit is dropped."""
        line = f"flow {flow.index}: {type(error).__name__}: {error}".replace("\n", " ")[:400]
        try:
            os.write(self._write, line.encode() + b"\n")
        except BlockingIOError:
            return

    def close(self) -> list[str]:
        """Return what was noted."""
        os.close(self._write)
        text = b""
        while part := os.read(self._read, 65536):
            text += part
        os.close(self._read)
        return text.decode(errors="replace").splitlines()


def board(flows: int, ops: int, marks: int = 0) -> list[memoryview]:
    """Make one row of int64 per flow: `ops` stamps, the head, marks; shared with every process forked later."""
    width = ops + len(Field) + marks
    # The mapping lives as long as a view of it does.
    view = memoryview(mmap.mmap(-1, max(1, flows * width) * 8)).cast("B").cast("q")
    rows = [view[i * width : (i + 1) * width] for i in range(flows)]
    for i in range(0, len(view), mmap.PAGESIZE // 8):
        view[i] = 0
    return rows
