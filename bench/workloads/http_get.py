"""Every flow GETs a local page that answers after a set delay, over one kept-alive connection.

Idiomatic on both sides: a socket's `makefile` against asyncio's streams. Both read the head line by line and share
the two pure functions that understand it (bench.targets.http_message).
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from io import BufferedReader, BufferedWriter
from time import monotonic_ns
from typing import TYPE_CHECKING
from zlib import crc32

from bench.targets.http_message import MAX_REST_BYTES, body_length, check_rest, in_head, page, request
from bench.words import Ledger, Witness

if TYPE_CHECKING:
    from bench.measure.flow import Flow, Order

ABOUT = "every flow GETs a local page that answers after a set delay, k times, keep-alive"
SHOWS = "a wait for the network, with the convenience that people use on top of it"
TARGETS = ("http",)
FLOWS = (1, 10, 100, 1000)
PARAMETERS = {"phase": "spread", "payload_bytes": 1024}
PATH = "/page"


def prepare(order: Order) -> tuple[str, int]:
    """Tell the flows where the server is."""
    if order.http is None:
        raise RuntimeError("http_get needs the http server's address")
    return order.http


def tasks(flow: Flow) -> Sequence[bytes]:
    """Each op sends this request."""
    made: dict[float, bytes] = {}
    size = int(flow.parameters["payload_bytes"])
    return [made.setdefault(wait_s, request(PATH, flow.token, flow.index, wait_s, size)) for wait_s in flow.waits_s]


@contextmanager
def open_blocking(flow: Flow) -> Iterator[tuple[BufferedReader, BufferedWriter]]:
    """Connect."""
    with connect_blocking(flow.shared) as seat:
        yield seat


@asynccontextmanager
async def open_coroutine(flow: Flow) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """Connect."""
    async with connect_coroutine(flow.shared) as seat:
        yield seat


@contextmanager
def connect_blocking(address: tuple[str, int]) -> Iterator[tuple[BufferedReader, BufferedWriter]]:
    """Connect; on leaving, nothing may be left to read. asyncio sets TCP_NODELAY on every connection; so does this."""
    with socket.create_connection(address) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with connection.makefile("rb") as reader, connection.makefile("wb") as writer:
            yield reader, writer
            connection.setblocking(False)  # noqa: FBT003
            rest = reader.read(MAX_REST_BYTES)  # None: nothing there, b"": closed
            check_rest(rest or b"", closed=rest == b"")


@asynccontextmanager
async def connect_coroutine(
    address: tuple[str, int],
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """Connect; on leaving, nothing may be left to read."""
    reader, writer = await asyncio.open_connection(*address)
    try:
        yield reader, writer
        closed = reader.at_eof()
        reader.feed_eof()  # now a read returns what is there, and does not wait
        check_rest(await reader.read(MAX_REST_BYTES), closed=closed)
    finally:
        writer.close()
        await writer.wait_closed()


def blocking(flow: Flow, seat: tuple[BufferedReader, BufferedWriter]) -> tuple[int, int]:
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


async def coroutine(flow: Flow, seat: tuple[asyncio.StreamReader, asyncio.StreamWriter]) -> tuple[int, int]:
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
    body = page(PATH, int(order.parameters["payload_bytes"]))
    checksum = 0
    for _ in range(order.ops):
        checksum = crc32(body, checksum)
    return [Ledger(order.ops, order.ops * len(body), checksum)] * order.flows


def witness(order: Order) -> Witness:
    """The server must have answered every op of every flow."""
    return Witness(http={i: (ledger.ops, ledger.bytes) for i, ledger in enumerate(expect(order))})
