"""http_get under trio, which has no stream that reads lines: a SocketStream, read as `api=raw` reads a socket.

So it asks in a way that the parameters choose, always; the only `api` that it has is the raw one, whatever a cell says.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from time import monotonic_ns
from typing import TYPE_CHECKING, Any
from zlib import crc32

import trio

from bench.targets.http_message import body_in, grown
from bench.workloads import http_get
from bench.workloads.http_get import CHUNK_BYTES, check_left, get_anew_coroutine, limit_s

if TYPE_CHECKING:
    import socket

    from bench.harness.flow import Flow
    from bench.targets.http_place import Way


@asynccontextmanager
async def open_coroutine(flow: Flow) -> AsyncIterator[Any]:
    """Connect, unless each op does."""
    if not flow.parameters["keepalive"]:
        yield None
    else:
        async with connect_coroutine(flow.shared) as seat:
            yield seat


@asynccontextmanager
async def connect_coroutine(way: Way) -> AsyncIterator[trio.SocketStream]:
    """Connect; on leaving, nothing may be left to read."""
    with way.make() as connection:
        yield await stream(connection, way)
        check_left(connection)


@asynccontextmanager
async def connect_raw_coroutine(way: Way) -> AsyncIterator[trio.SocketStream]:
    """Connect for one op."""
    with way.make() as connection:
        yield await stream(connection, way)


async def stream(connection: socket.socket, way: Way) -> trio.SocketStream:
    """Connect. A SocketStream sets TCP_NODELAY, as asyncio does on every connection."""
    connection.setblocking(False)  # noqa: FBT003
    ours = trio.socket.from_stdlib_socket(connection)
    await ours.connect(way.address)
    return trio.SocketStream(ours)


def coroutine_way(flow: Flow) -> Callable[[Any, bytes], Awaitable[bytes]]:
    """How the flow's parameters want an op to be asked. The limit is put around it."""
    ask: Callable[..., Awaitable[bytes]] = get_raw_coroutine
    if not flow.parameters["keepalive"]:
        ask = partial(get_anew_coroutine, partial(connect_raw_coroutine, flow.shared), ask)
    limit = limit_s(flow)
    return ask if limit is None else partial(within, limit, ask)


async def within(limit_s: float, ask: Callable[[Any, bytes], Awaitable[bytes]], seat: Any, get: bytes) -> bytes:
    """Ask, and give up after so many seconds."""
    try:
        with trio.fail_after(limit_s):
            return await ask(seat, get)
    except trio.TooSlowError as error:
        raise TimeoutError from error


async def coroutine(flow: Flow, seat: Any) -> tuple[int, int]:
    """Ask in the way that the parameters want."""
    ask = coroutine_way(flow)
    stamps = flow.stamps
    size = checksum = 0
    for op, get in enumerate(flow.tasks):
        body = await ask(seat, get)
        stamps[op] = monotonic_ns()
        size += len(body)
        checksum = crc32(body, checksum)
    return size, checksum


async def get_raw_coroutine(seat: trio.SocketStream, get: bytes) -> bytes:
    """One GET with the stream's own calls."""
    await seat.send_all(get)
    received = await seat.receive_some(CHUNK_BYTES)
    while (body := body_in(received)) is None:
        received = grown(received, await seat.receive_some(CHUNK_BYTES))
    return body


WORKLOAD = replace(http_get.WORKLOAD, open_coroutine=open_coroutine, coroutine=coroutine)
