"""As http_get, but the server holds every answer until all flows wait, and then answers b of them at once.

So b of N flows have something to do at a time, and before that the core is idle. One look at the kernel can find b flows. An event loop learns of all of them in one epoll_wait; threads and processes are woken one by one. If the
server answered as soon as b flows ask, a core that is behind would find many more than b.

The server sends the b answers one after the other, some microseconds apart, from a core of its own. So the first flow may
be at work before the last answer is there. The request says N and k, so the server knows which flows are still to come. No
timer decides anything, with one exception: for a flow that ended too early, the server waits one second and no longer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from time import monotonic_ns
from typing import TYPE_CHECKING
from zlib import crc32

from bench.harness.workload import Workload, no_waits
from bench.targets.http_message import BURST, Answers, body_length, burst_request, in_head, page
from bench.words import Ledger
from bench.workloads.http_get import connected_blocking, connected_coroutine, prepare

if TYPE_CHECKING:
    from bench.harness.flow import Flow, Order
    from bench.workloads.http_get import LoopStreams, Streams


def tasks(flow: Flow) -> Sequence[bytes]:
    """Each op sends this request."""
    ops, size = len(flow.waits_s), int(flow.parameters["payload_bytes"])
    return [burst_request(flow.token, flow.index, size, (int(flow.parameters["burst"]), flow.flows, ops))] * ops


def blocking(flow: Flow, seat: Streams) -> tuple[int, int]:
    """Ask, read the head, read the page."""
    reader, writer = seat
    stamps = flow.stamps
    size = checksum = 0
    for op, get in enumerate(flow.tasks):
        writer.write(get)
        writer.flush()
        head = [reader.readline()]
        while in_head(head):
            head.append(reader.readline())
        body = reader.read(body_length(head))
        stamps[op] = monotonic_ns()
        size += len(body)
        checksum = crc32(body, checksum)
    return size, checksum


async def coroutine(flow: Flow, seat: LoopStreams) -> tuple[int, int]:
    """Ask, read the head, read the page."""
    reader, writer = seat
    stamps = flow.stamps
    size = checksum = 0
    for op, get in enumerate(flow.tasks):
        writer.write(get)
        await writer.drain()
        head = [await reader.readline()]
        while in_head(head):
            head.append(await reader.readline())
        body = await reader.readexactly(body_length(head))
        stamps[op] = monotonic_ns()
        size += len(body)
        checksum = crc32(body, checksum)
    return size, checksum


def expect(order: Order) -> list[Ledger]:
    """Every flow reads the same page, k times."""
    body = page(BURST, int(order.parameters["payload_bytes"]))
    checksum = 0
    for _ in range(order.ops):
        checksum = crc32(body, checksum)
    return [Ledger(order.ops, order.ops * len(body), checksum)] * order.flows


def witness(order: Order) -> Mapping[str, Answers]:
    """The server must have answered every op of every flow."""
    return {"http": Answers.as_in(expect(order))}


WORKLOAD = Workload(
    about="every flow GETs a local page, k times; the server waits until all flows wait, then answers `burst` of them",
    shows="CPU per op against how many flows one look at the kernel wakes",
    targets=("http",),
    together=True,
    flows=(1, 10, 100, 1000),
    parameters={"wait_ms": 0, "payload_bytes": 1024, "burst": 1},
    ops={1: 2000, 10: 200, 100: 40, 1000: 20},
    prepare=prepare,
    waits=no_waits,
    tasks=tasks,
    open_blocking=connected_blocking,
    open_coroutine=connected_coroutine,
    blocking=blocking,
    coroutine=coroutine,
    expect=expect,
    witness=witness,
)
