"""Every flow reads random blocks of a file past the page cache: a wait for a disk.

The kernel has no read of a file that an event loop could wait for. So asyncio does what everybody does, and hands the read
to a thread; then the kernel sees more than one task. With `timer=1`, flow 0 does not read but waits for a timer again and
again. It is a bystander, and shows whether other flows stand still during a read.
"""

from __future__ import annotations

import asyncio
import os
import random
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from mmap import mmap
from time import monotonic_ns
from typing import TYPE_CHECKING, Any
from zlib import crc32

from bench.harness.workload import Workload
from bench.targets import disk_file
from bench.words import Ledger

if TYPE_CHECKING:
    from bench.harness.flow import Flow, Order


Seat = tuple[int, mmap, memoryview]  # descriptor, buffer, and the last block of the buffer


@dataclass(frozen=True)
class Shared:
    """The file, and the pool of threads that coroutines read through. Its threads start when they are first needed."""

    file: disk_file.DiskFile
    threads: int
    pool: ThreadPoolExecutor = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "pool", ThreadPoolExecutor(self.threads))

    def __reduce__(self) -> tuple[Any, ...]:
        """To another process: the file, and a pool of its own."""
        return Shared, (self.file, self.threads)

    def close(self) -> None:
        """End the pool's threads."""
        self.pool.shutdown()


def prepare(order: Order) -> Shared:
    """Make the file cold, and the pool."""
    file: disk_file.DiskFile = order.targets["file"]
    file.make_cold()
    return Shared(file, int(order.parameters["pool"]))


def is_timer(order: Order, index: int) -> bool:
    """Return whether a flow is the bystander that only waits for a timer."""
    return bool(order.parameters["timer"]) and index == 0


def waits(order: Order, index: int) -> list[float]:
    """How long a disk takes is not known beforehand; how long the bystander's timer takes is."""
    return [float(order.parameters["timer_ms"]) / 1000 if is_timer(order, index) else 0.0] * order.ops


def offsets(seed: str, size: int, ops: int) -> list[int]:
    """Return the places that a flow reads: drawn once, the same under every model."""
    draw = random.Random(seed)
    return [draw.randrange(disk_file.FILE_BYTES // size) * size for _ in range(ops)]


def tasks(flow: Flow) -> Sequence[int]:
    """Each op reads from this place in the file."""
    return offsets(flow.seed, int(flow.parameters["read_kib"]) * 1024, len(flow.waits_s))


@contextmanager
def open_file(file: disk_file.DiskFile, size: int) -> Iterator[Seat]:
    """Open the file, with a buffer for this flow alone."""
    fd, buffer = file.open(), disk_file.buffer(size)
    try:
        yield fd, buffer, memoryview(buffer)[-disk_file.BLOCK :]
    finally:
        os.close(fd)


@contextmanager
def open_blocking(flow: Flow) -> Iterator[Seat]:
    """Open the file."""
    with open_file(flow.shared.file, int(flow.parameters["read_kib"]) * 1024) as seat:
        yield seat


@asynccontextmanager
async def open_coroutine(flow: Flow) -> AsyncIterator[Seat]:
    """Open the file."""
    with open_file(flow.shared.file, int(flow.parameters["read_kib"]) * 1024) as seat:
        yield seat


def blocking(flow: Flow, seat: Seat) -> tuple[int, int]:
    """Read a block, stamp, again."""
    fd, buffer, last = seat
    stamps = flow.stamps
    size = checksum = 0
    if flow.parameters["timer"] and flow.index == 0:
        for op, wait_s in enumerate(flow.waits_s):
            time.sleep(wait_s)
            stamps[op] = monotonic_ns()
        return size, checksum
    for op, offset in enumerate(flow.tasks):
        size += os.preadv(fd, [buffer], offset)
        stamps[op] = monotonic_ns()
        checksum = crc32(last, checksum)
    return size, checksum


async def coroutine(flow: Flow, seat: Seat) -> tuple[int, int]:
    """Read a block, stamp, again."""
    fd, buffer, last = seat
    stamps = flow.stamps
    size = checksum = 0
    if flow.parameters["timer"] and flow.index == 0:
        for op, wait_s in enumerate(flow.waits_s):
            await asyncio.sleep(wait_s)
            stamps[op] = monotonic_ns()
        return size, checksum
    for op, offset in enumerate(flow.tasks):
        size += await asyncio.get_running_loop().run_in_executor(flow.shared.pool, os.preadv, fd, [buffer], offset)
        stamps[op] = monotonic_ns()
        checksum = crc32(last, checksum)
    return size, checksum


def expect(order: Order) -> list[Ledger]:
    """Every flow reads what its seed draws, whole and in order; the last block of each read is looked at."""
    size = int(order.parameters["read_kib"]) * 1024
    found = []
    for index in range(order.flows):
        read = checksum = 0
        if not is_timer(order, index):
            for offset in offsets(f"{order.seed}/{index}", size, order.ops):
                checksum = crc32(disk_file.block((offset + size) // disk_file.BLOCK - 1), checksum)
                read += size
        found.append(Ledger(order.ops, read, checksum))
    return found


def witness(order: Order) -> Mapping[str, disk_file.Fetched]:
    """The kernel must have fetched every byte from the disk."""
    return {"file": disk_file.Fetched(sum(ledger.bytes for ledger in expect(order)))}


WORKLOAD = Workload(
    about="every flow reads random blocks of a file past the page cache, k times (asyncio: in a pool of threads)",
    shows="a wait for a disk, which is a queue and not a delay",
    views=("scaling", "figures", "variants", "tasks", "floor", "reads"),
    targets=("file",),
    flows=(1, 10, 100, 1000),
    # wait_ms=0: nobody knows beforehand how long a disk takes. timer_ms is the bystander's wait.
    parameters={"wait_ms": 0, "read_kib": 4, "timer": 0, "timer_ms": 5},
    ops={1: 2000, 10: 400, 100: 100, 1000: 20},
    prepare=prepare,
    waits=waits,
    tasks=tasks,
    open_blocking=open_blocking,
    open_coroutine=open_coroutine,
    blocking=blocking,
    coroutine=coroutine,
    expect=expect,
    witness=witness,
)
