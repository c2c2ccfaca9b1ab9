"""Every flow POSTs some bytes to the server, which sends them back after a set delay: a message in both directions.

Idiomatic on both sides, as in http_get. Head and body of a request are one piece of bytes, made beforehand, so that
neither side pays for joining them or for writing twice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from time import monotonic_ns
from typing import TYPE_CHECKING
from zlib import crc32

from bench.harness.workload import Workload
from bench.targets.http_message import ECHO, Answers, body_length, echo_request, in_head, page
from bench.targets.http_place import TCP, cannot_connect, over_what
from bench.words import Ledger, Value
from bench.workloads.http_get import connected_blocking, connected_coroutine, prepare

if TYPE_CHECKING:
    from bench.harness.flow import Flow, Order
    from bench.workloads.http_get import LoopStreams, Streams


def cannot(_model: str, parameters: Mapping[str, Value]) -> str:
    """Every model can do it, over a transport that there is."""
    return cannot_connect(parameters)


PAYLOADS = 8  # neighbours send different bytes: an answer to another flow would show


def payload(index: int, size: int) -> bytes:
    """What a flow sends."""
    return page(f"{ECHO}/{index % PAYLOADS}", size)


def tasks(flow: Flow) -> Sequence[bytes]:
    """Each op sends this request, body included."""
    made: dict[float, bytes] = {}
    body = payload(flow.index, int(flow.parameters["payload_bytes"]))
    for wait_s in flow.waits_s:
        if wait_s not in made:
            made[wait_s] = echo_request(flow.token, flow.index, wait_s, body)
    return [made[wait_s] for wait_s in flow.waits_s]


def blocking(flow: Flow, seat: Streams) -> tuple[int, int]:
    """Send, read the head, read the body."""
    reader, writer = seat
    stamps = flow.stamps
    size = checksum = 0
    for op, post in enumerate(flow.tasks):
        writer.write(post)
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
    """Send, read the head, read the body."""
    reader, writer = seat
    stamps = flow.stamps
    size = checksum = 0
    for op, post in enumerate(flow.tasks):
        writer.write(post)
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
    """Every flow gets back what it sent, k times."""
    size = int(order.parameters["payload_bytes"])
    checksums = [0] * min(PAYLOADS, order.flows)
    for index in range(len(checksums)):
        for _ in range(order.ops):
            checksums[index] = crc32(payload(index, size), checksums[index])
    return [Ledger(order.ops, order.ops * size, checksums[index % PAYLOADS]) for index in range(order.flows)]


def witness(order: Order) -> Mapping[str, Answers]:
    """The server must have sent back every byte of every flow."""
    return {"http": Answers.as_in(expect(order), over=over_what(order.parameters))}


WORKLOAD = Workload(
    about="every flow sends payload_bytes to a local server and reads them back after a set delay, k times, keep-alive",
    shows="a message in both directions: what its size costs, where a GET only receives",
    targets=("http",),
    flows=(1, 10, 100, 1000),
    named=("wait",),
    parameters={"phase": "spread", "payload_bytes": 1024, "transport": TCP},
    cannot=cannot,
    prepare=prepare,
    tasks=tasks,
    open_blocking=connected_blocking,
    open_coroutine=connected_coroutine,
    blocking=blocking,
    coroutine=coroutine,
    expect=expect,
    witness=witness,
)
