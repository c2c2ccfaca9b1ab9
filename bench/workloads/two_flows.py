"""Two unlike flows: one works, GETs a page, works; the other works, reads a file, works.

The suite began with this picture. Work is a burn of CPU, the same for both. The read is one piece of a file; a run first
measures which size takes about as long as the GET. The three ops of a flow are its segments: work, wait, work.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from mmap import mmap
from time import monotonic_ns
from typing import TYPE_CHECKING, Any
from zlib import crc32

from bench.harness.workload import Workload
from bench.targets import disk_file
from bench.targets.cpu import burn
from bench.targets.http_message import Answers, body_length, in_head, page, request
from bench.words import Cell, Ledger, Value
from bench.workloads import file_read, http_get

if TYPE_CHECKING:
    from bench.harness.fitting import Machine
    from bench.harness.flow import Flow, Order
    from bench.targets.http_place import Way

GET, READ = 0, 1  # the index of the flow that does it
SEGMENTS = 3


@dataclass(frozen=True)
class Shared:
    """How to connect to the server; the file, and the pool of threads that coroutines read through."""

    way: Way
    disk: file_read.Shared

    def close(self) -> None:
        """End the pool's threads."""
        self.disk.close()


def fit(cell: Cell, parameters: Mapping[str, Value], machine: Machine) -> tuple[tuple[str, Value], ...]:
    """The read shall take about as long as the other flow's GET, unless the cell says how much to read."""
    if cell.parameters:
        return cell.parameters
    size_kib = machine.read_kib(float(parameters["wait_ms"]) / 1000)
    return () if size_kib in {None, parameters["read_kib"]} else (("read_kib", size_kib),)


def prepare(order: Order) -> Shared:
    """Find the server, make the file cold."""
    return Shared(http_get.prepare(order), file_read.prepare(order))


def waits(order: Order, index: int) -> list[float]:
    """Only the GET is asked to wait."""
    return [0.0, float(order.parameters["wait_ms"]) / 1000 if index == GET else 0.0, 0.0]


def tasks(flow: Flow) -> Sequence[Any]:
    """What the flow waits for in the middle: the answer to this request, or a read at this place."""
    if flow.index == GET:
        size = int(flow.parameters["payload_bytes"])
        return [request(http_get.PATH, flow.token, flow.index, flow.waits_s[1], size)]
    return file_read.offsets(flow.seed, int(flow.parameters["read_kib"]) * 1024, 1)


@contextmanager
def open_blocking(flow: Flow) -> Iterator[Any]:
    """Connect, or open the file."""
    if flow.index == GET:
        with http_get.connect_blocking(flow.shared.way) as seat:
            yield seat
    else:
        with file_read.open_file(flow.shared.disk.file, int(flow.parameters["read_kib"]) * 1024) as seat:
            yield seat


@asynccontextmanager
async def open_coroutine(flow: Flow) -> AsyncIterator[Any]:
    """Connect, or open the file."""
    if flow.index == GET:
        async with http_get.connect_coroutine(flow.shared.way) as seat:
            yield seat
    else:
        with file_read.open_file(flow.shared.disk.file, int(flow.parameters["read_kib"]) * 1024) as seat:
            yield seat


def read(fd: int, buffer: mmap, offset: int, marks: memoryview) -> int:
    """Read, and note when the read was over. After that its flow may have to wait for the core."""
    size = os.preadv(fd, [buffer], offset)
    marks[1] = monotonic_ns()
    return size


def blocking(flow: Flow, seat: Any) -> tuple[int, int]:
    """Work, wait for a page or a file, work."""
    stamps, marks = flow.stamps, flow.marks
    work_ns = int(flow.parameters["work_ms"]) * 1_000_000
    burn(work_ns, marks)
    stamps[0] = monotonic_ns()
    if flow.index == GET:
        reader, writer = seat
        writer.write(flow.tasks[0])
        writer.flush()
        head = [reader.readline()]
        while in_head(head):
            head.append(reader.readline())
        content = reader.read(body_length(head))
        size = len(content)
    else:
        fd, buffer, content = seat
        size = read(fd, buffer, flow.tasks[0], marks)
    stamps[1] = monotonic_ns()
    burn(work_ns, marks)
    stamps[2] = monotonic_ns()
    return size, crc32(content)


async def coroutine(flow: Flow, seat: Any) -> tuple[int, int]:
    """Work, wait for a page or a file, work."""
    stamps, marks = flow.stamps, flow.marks
    work_ns = int(flow.parameters["work_ms"]) * 1_000_000
    burn(work_ns, marks)
    stamps[0] = monotonic_ns()
    if flow.index == GET:
        reader, writer = seat
        writer.write(flow.tasks[0])
        await writer.drain()
        head = [await reader.readline()]
        while in_head(head):
            head.append(await reader.readline())
        content = await reader.readexactly(body_length(head))
        size = len(content)
    else:
        fd, buffer, content = seat
        size = await asyncio.get_running_loop().run_in_executor(
            flow.shared.disk.pool, read, fd, buffer, flow.tasks[0], marks
        )
    stamps[1] = monotonic_ns()
    burn(work_ns, marks)
    stamps[2] = monotonic_ns()
    return size, crc32(content)


def expect(order: Order) -> list[Ledger]:
    """One page, one piece of the file, of which the last block is looked at."""
    body = page(http_get.PATH, int(order.parameters["payload_bytes"]))
    size = int(order.parameters["read_kib"]) * 1024
    (offset,) = file_read.offsets(f"{order.seed}/{READ}", size, 1)
    last = disk_file.block((offset + size) // disk_file.BLOCK - 1)
    return [Ledger(3, len(body), crc32(body)), Ledger(3, size, crc32(last))]


def witness(order: Order) -> Mapping[str, Any]:
    """The server must have answered once, and the kernel must have fetched the piece."""
    page_, piece = expect(order)
    return {"http": Answers({GET: (1, page_.bytes)}), "file": disk_file.Fetched(piece.bytes)}


def cannot(_model: str, parameters: Mapping[str, Value]) -> str:
    """Its ops are its segments."""
    return (
        ""
        if parameters["ops"] == SEGMENTS
        else f"its ops are its {SEGMENTS} segments: there is no other number of them"
    )


WORKLOAD = Workload(
    about="flow 1 works, GETs a page, works; flow 2 works, reads a file past the page cache, works",
    shows="two unlike waits overlap on one core, and the work between them cannot",
    targets=("http", "file"),
    flows=(2,),
    parameters={"wait": "constant", "work_ms": 2, "payload_bytes": 1024, "read_kib": 16384},
    ops={1: SEGMENTS},
    steps=SEGMENTS,
    marks=64,
    timeline=True,
    cannot=cannot,
    fit=fit,
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
