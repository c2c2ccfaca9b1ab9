"""A flow as its body sees it, and the board where flows leave what happened.

Strategy: one shared mapping of int64 with a row per flow: the flow's own stamps first, then its head, the fields of
`Field` and the counters. A thread, a coroutine and a process write it in the same way: without a lock, a pipe or an
allocation in the timed path. The harness reads it at the end. A forked process has the mapping already; a process that
starts in another way maps the same memory by its descriptor (man 2 memfd_create).
"""

from __future__ import annotations

import mmap
import os
import sys
import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from enum import IntEnum, auto
from time import monotonic_ns
from typing import Any

from bench.figures import COUNTERS
from bench.harness.draws import waits_s
from bench.harness.pin import current_cpu
from bench.words import Cell, Value


class Field(IntEnum):
    """The first columns of a row's head, which every flow writes. Times in ns. bench/native/flow.h has the same."""

    FIRST = 0
    END = auto()
    CPU_AT_START = auto()
    CPU_AT_END = auto()
    BYTES = auto()
    CHECKSUM = auto()
    # Of a flow that is a process, its number, and what its own CPU clock showed at both ends of what is counted: ns of CPU.
    PID = auto()
    CLOCK_AT_START = auto()
    CLOCK_AT_END = auto()
    FIRST_CLOCK_AT_END = auto()  # what that of the cell's first process showed then


# Behind them, the head has a column for each counter of bench/figures.py: of a flow that is a process, what that used.
HEAD = len(Field) + len(COUNTERS)


def not_there(*_: Any) -> Any:
    """Stand for a primitive that a model does not have. Workloads that need it are not run under that model."""
    raise NotImplementedError("this model has no such primitive")


@dataclass(frozen=True)
class Primitives:
    """What flows of a model can wait at, of the model's own kind. Each call makes a new one.

    `lock`: free at first. `baton`: not free at first; one flow releases it, another acquires it. `event`: waited for by
    many. `queue`: of at most so many items. `spawn(function, *arguments)`: a child flow; its `result` (or
    awaiting it) is what the function returned. The calls of kernel models block; those of user models are awaited.
    """

    lock: Callable[[], Any] = not_there
    baton: Callable[[], Any] = not_there
    event: Callable[[], Any] = not_there
    queue: Callable[[int], Any] = not_there
    spawn: Callable[..., Any] = not_there

    def has(self, name: str) -> bool:
        """Return whether the model has the primitive of this name."""
        return getattr(self, name) is not not_there


@dataclass(frozen=True)
class Order:
    """What a cell is asked to do: the cell, its parameters with defaults filled in, and where its targets are.

    `targets`: by name, in the target's own type. `on_disk`: one of them is a disk, so each process counts what it makes
    that give. `kit`: None for a model whose flows never run at the same time.
    """

    cell: Cell
    parameters: Mapping[str, Value]
    token: str
    seed: int = 0
    flows: int = 0
    ops: int = 0
    primitives: Primitives | None = None  # None for a model whose flows never run at the same time
    targets: Mapping[str, Any] = field(default_factory=dict)
    on_disk: bool = False
    proving: bool = False  # the small check: nothing is timed

    @property
    def port(self) -> int:
        """Where the server of a user's file listens on loopback; 0 where there is none."""
        return next((int(place.port) for name, place in self.targets.items() if name.startswith("serve_")), 0)

    def waits_s(self, index: int) -> list[float]:
        """The seconds that each op of a flow is asked to wait (bench.harness.draws)."""
        p = self.parameters
        wait_s = float(p["wait_ms"]) / 1000
        return waits_s(f"{self.seed}/{index}", self.ops, wait_s, str(p["wait"]), str(p["phase"]))


class Flow:
    """One flow: what its body may read, and where it leaves its stamps. `gate[0]` is when the gate opened, ns."""

    __slots__ = (
        "flows",
        "gate",
        "head",
        "index",
        "marks",
        "parameters",
        "parts",
        "port",
        "primitives",
        "proving",
        "seed",
        "shared",
        "stamps",
        "tasks",
        "token",
        "waits_s",
        "warm_up",
    )

    def __init__(self, order: Order, index: int, waits_s: Sequence[float], row: Row, shared: Any) -> None:
        self.index = index
        self.flows = order.flows
        self.primitives: Any = order.primitives
        self.proving = order.proving
        self.port = order.port
        self.parameters = order.parameters
        self.token = order.token
        self.seed = f"{order.seed}/{index}"
        self.waits_s = waits_s
        self.shared = shared
        self.stamps, self.head, self.marks, self.gate = row
        self.tasks: Sequence[Any] = ()
        self.parts: Sequence[Sequence[Any]] = ()  # the tasks again, where each part of them leaves a stamp
        self.warm_up: Flow = self

    def __getitem__(self, field: Field) -> int:
        return self.head[field]

    def __setitem__(self, field: Field, value: int) -> None:
        self.head[field] = value

    def enter(self) -> None:
        """Note that the flow has left the gate, and on which core."""
        self.head[Field.FIRST] = monotonic_ns()
        self.head[Field.CPU_AT_START] = current_cpu()

    def leave(self, tally: tuple[int, int] | None) -> None:
        """Note the end of the flow's work: this stamp stops the clock."""
        self.head[Field.END] = monotonic_ns()
        self.head[Field.CPU_AT_END] = current_cpu()
        if tally is not None:
            self.head[Field.BYTES], self.head[Field.CHECKSUM] = tally

    def touch(self) -> None:
        """Write the whole row once, so that its pages are this process's before the clock starts."""
        for i in range(len(self.stamps)):
            self.stamps[i] = 0
        for i in range(HEAD):
            self.head[i] = 0
        for i in range(len(self.marks)):
            self.marks[i] = 0


def told(error: BaseException) -> str:
    """An error in a line; of one in a user's own file, with its place."""
    file = sys.modules.get("bench.own.file")  # loaded where there is such a file
    return str(file.told(error)) if file and file.is_in(error) else f"{type(error).__name__}: {error}"


class Faults:
    """Why flows failed: a pipe that threads, coroutines and forked processes can all write one line into."""

    def __init__(self, ends: tuple[int, int] | None = None) -> None:
        self._read, self.write = ends or os.pipe()
        if ends is None:
            os.set_blocking(self._read, False)
            os.set_blocking(self.write, False)

    @classmethod
    def told_to(cls, write: int) -> Faults:
        """The same pipe elsewhere, where there is only its end to write into; the descriptor is ours from now on."""
        return cls((-1, write))

    def note(self, flow: Flow, error: BaseException) -> None:
        """Leave one line; the first 64 KiB are enough to tell, what does not fit is dropped."""
        line = " ".join(f"flow {flow.index}: {told(error)}".splitlines())[:400]
        try:
            os.write(self.write, line.encode() + b"\n")
        except BlockingIOError:
            return

    def close(self) -> list[str]:
        """Return what was noted."""
        os.close(self.write)
        text = b""
        with suppress(BlockingIOError):  # a child that outlived its launch still holds the pipe
            while part := os.read(self._read, 65536):
                text += part
        os.close(self._read)
        return [line for line in text.decode(errors="replace").split("\n") if line]


class SharedMemory(mmap.mmap):
    """Memory that other processes and interpreters can map too, by its descriptor. It lives as long as a view of it."""

    fd: int

    @classmethod
    def make(cls, size: int) -> SharedMemory:
        """Make so many bytes, all 0."""
        fd = os.memfd_create("board")
        os.ftruncate(fd, size)
        return cls.of(fd)

    @classmethod
    def of(cls, fd: int) -> SharedMemory:
        """Map what a descriptor stands for, all of it; the descriptor is ours from now on."""
        memory = cls(fd, os.fstat(fd).st_size)
        memory.fd = fd
        weakref.finalize(memory, os.close, fd).atexit = False
        return memory

    def words(self) -> memoryview:
        """All of it as int64."""
        return memoryview(self).cast("B").cast("q")


def shared_words(count: int) -> memoryview:
    """Make so many int64, all 0, that processes can share."""
    words = SharedMemory.make(max(1, count) * 8).words()
    for i in range(0, len(words), mmap.PAGESIZE // 8):
        words[i] = 0
    return words[:count]


Row = tuple[memoryview, memoryview, memoryview, memoryview]  # a flow's stamps, head and marks; all flows' gate


def rows(words: memoryview, ops: int, marks: int) -> Iterator[Row]:
    """Divide a board into its rows, `ops` stamps, the head, marks; the last word is everybody's: when the gate opened."""
    width = ops + HEAD + marks
    head = ops + HEAD
    for at in range(0, len(words) - 1, width):
        yield words[at : at + ops], words[at + ops : at + head], words[at + head : at + width], words[-1:]


def board(flows: int, ops: int, marks: int = 0) -> list[Row]:
    """Make a board with a row for each flow."""
    return list(rows(shared_words(flows * (ops + HEAD + marks) + 1), ops, marks))
