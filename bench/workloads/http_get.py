"""Every flow GETs a local page that answers after a set delay, over one kept-alive connection.

Idiomatic on both sides: a socket's `makefile` against asyncio's streams. Both read the head line by line and share
the two pure functions that understand it (bench.targets.http_message).

Three parameters ask what that costs. `api=raw`: the calls of the socket itself, and those of the loop for a socket.
`keepalive=0`: each op makes a connection of its own and closes it, all inside the clock. `timeout_s`: a limit for each op.
Blocking code sets it once, on the socket; asyncio sets it around each op. Each of these goes through `ask`, which is one
call more per op than in the default's body. A fourth, `heap=trimmed`, runs the default's body in a heap without room for
asyncio's receive buffer (bench.harness.heap).

Two more change what is waited at, and no call: `transport=unix` is the control of all network work, and `congestion=reno` has
TCP send without the timers of a pacing congestion control (bench.targets.http_place).
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AbstractContextManager, asynccontextmanager, contextmanager
from functools import partial
from io import BufferedReader, BufferedWriter
from time import monotonic_ns
from typing import TYPE_CHECKING, Any
from zlib import crc32

from bench.harness.heap import ROOMY, STATES
from bench.harness.workload import Workload
from bench.targets.http_message import (
    MAX_REST_BYTES,
    Answers,
    body_in,
    body_length,
    check_rest,
    grown,
    in_head,
    page,
    request,
)
from bench.targets.http_place import SYSTEM, TCP, Way, cannot_connect, over_what
from bench.words import Ledger, Value

if TYPE_CHECKING:
    from bench.harness.flow import Flow, Order

DEFAULT_WAY = ("streams", 1, 0)
PATH = "/page"
CHUNK_BYTES = 65536  # what a raw receive asks for: more than a response of the default size, less than a large one

Streams = tuple[BufferedReader, BufferedWriter]
LoopStreams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


def cannot(_model: str, parameters: Mapping[str, Value]) -> str:
    """Every model can do it, with parameters that make sense."""
    if parameters["api"] not in {"streams", "raw"}:
        return f"api={parameters['api']}: it is streams or raw"
    if parameters["heap"] not in STATES:
        return f"heap={parameters['heap']}: it is {' or '.join(STATES)}"
    return cannot_connect(parameters)


def prepare(order: Order) -> Way:
    """Tell the flows how to connect to the server."""
    way: Way = order.targets["http"].way(order.parameters)
    return way


def tasks(flow: Flow) -> Sequence[bytes]:
    """Each op sends this request."""
    made: dict[float, bytes] = {}
    size = int(flow.parameters["payload_bytes"])
    return [made.setdefault(wait_s, request(PATH, flow.token, flow.index, wait_s, size)) for wait_s in flow.waits_s]


@contextmanager
def open_blocking(flow: Flow) -> Iterator[Any]:
    """Connect, unless each op does."""
    if not flow.parameters["keepalive"]:
        yield None
    elif flow.parameters["api"] == "raw":
        with connect_raw_blocking(flow.shared, limit_s(flow)) as seat:
            yield seat
            seat.setblocking(False)  # noqa: FBT003
            check_left(seat)
    else:
        with connect_blocking(flow.shared, limit_s(flow)) as seat:
            yield seat


@asynccontextmanager
async def open_coroutine(flow: Flow) -> AsyncIterator[Any]:
    """Connect, unless each op does."""
    if not flow.parameters["keepalive"]:
        yield None
    elif flow.parameters["api"] == "raw":
        async with connect_raw_coroutine(flow.shared) as seat:
            yield seat
            check_left(seat)
    else:
        async with connect_coroutine(flow.shared) as seat:
            yield seat


def connected_blocking(flow: Flow) -> AbstractContextManager[Streams]:
    """Connect, for a flow of a workload that has no such choice."""
    return connect_blocking(flow.shared)


def connected_coroutine(flow: Flow) -> AbstractAsyncContextManager[LoopStreams]:
    """Connect, for a flow of a workload that has no such choice."""
    return connect_coroutine(flow.shared)


def limit_s(flow: Flow) -> float | None:
    """The longest that an op may take; None: there is no limit."""
    return float(flow.parameters["timeout_s"]) or None


def check_left(connection: socket.socket) -> None:
    """Nothing may be left to read on a connection that does not block."""
    try:
        rest = connection.recv(MAX_REST_BYTES)
    except BlockingIOError:
        return
    check_rest(rest, closed=rest == b"")


@contextmanager
def connect_blocking(way: Way, limit_s: float | None = None) -> Iterator[Streams]:
    """Connect; on leaving, nothing may be left to read."""
    with connect_raw_blocking(way, limit_s) as connection, connection.makefile("rb") as reader:
        with connection.makefile("wb") as writer:
            yield reader, writer
        connection.setblocking(False)  # noqa: FBT003
        rest = reader.read(MAX_REST_BYTES)  # None: nothing there, b"": closed
        check_rest(rest or b"", closed=rest == b"")


@asynccontextmanager
async def connect_coroutine(way: Way) -> AsyncIterator[LoopStreams]:
    """Connect; on leaving, nothing may be left to read."""
    async with connect_once_coroutine(way) as (reader, writer):
        yield reader, writer
        closed = reader.at_eof()
        reader.feed_eof()  # now a read returns what is there, and does not wait
        check_rest(await reader.read(MAX_REST_BYTES), closed=closed)


@contextmanager
def connect_once_blocking(way: Way, limit_s: float | None = None) -> Iterator[Streams]:
    """Connect for one op."""
    with (
        connect_raw_blocking(way, limit_s) as connection,
        connection.makefile("rb") as reader,
        connection.makefile("wb") as writer,
    ):
        yield reader, writer


@asynccontextmanager
async def connect_once_coroutine(way: Way) -> AsyncIterator[LoopStreams]:
    """Connect for one op."""
    reader, writer = await (asyncio.open_connection(*way.address) if way.usual else open_streams(way))
    try:
        yield reader, writer
    finally:
        writer.close()
        await writer.wait_closed()


async def open_streams(way: Way) -> LoopStreams:
    """Asyncio's streams over a socket that is not the usual one."""
    connection = way.make()
    try:
        connection.setblocking(False)  # noqa: FBT003
        await asyncio.get_running_loop().sock_connect(connection, way.address)
        opened = asyncio.open_unix_connection if isinstance(way.address, str) else asyncio.open_connection
        return await opened(sock=connection)
    except BaseException:
        connection.close()
        raise


@contextmanager
def connect_raw_blocking(way: Way, limit_s: float | None = None) -> Iterator[socket.socket]:
    """Connect. asyncio sets TCP_NODELAY on every connection; so does this, and its mirror image."""
    with socket.create_connection(way.address, limit_s) if way.usual else way.make() as connection:  # type: ignore[arg-type]
        if not way.usual:
            connection.settimeout(limit_s)
            connection.connect(way.address)
        way.send_at_once(connection)
        yield connection


@asynccontextmanager
async def connect_raw_coroutine(way: Way) -> AsyncIterator[socket.socket]:
    """Connect. asyncio sets TCP_NODELAY on every connection; so does this, and its mirror image."""
    with way.make() as connection:
        connection.setblocking(False)  # noqa: FBT003
        await asyncio.get_running_loop().sock_connect(connection, way.address)
        way.send_at_once(connection)
        yield connection


def is_default(flow: Flow) -> bool:
    """Return whether the flow asks in the default way."""
    return tuple(flow.parameters[key] for key in ("api", "keepalive", "timeout_s")) == DEFAULT_WAY


def blocking_way(flow: Flow) -> Callable[[Any, bytes], bytes]:
    """Return how an op asks with the flow's parameters. The time limit is a property of the socket."""
    raw = flow.parameters["api"] == "raw"
    ask = get_raw_blocking if raw else get_streams_blocking
    if flow.parameters["keepalive"]:
        return ask
    connect = connect_raw_blocking if raw else connect_once_blocking
    return partial(get_anew_blocking, partial(connect, flow.shared, limit_s(flow)), ask)


def coroutine_way(flow: Flow) -> Callable[[Any, bytes], Awaitable[bytes]]:
    """Return how an op asks with the flow's parameters. The time limit is put around it."""
    raw = flow.parameters["api"] == "raw"
    ask: Callable[..., Awaitable[bytes]] = get_raw_coroutine if raw else get_streams_coroutine
    if not flow.parameters["keepalive"]:
        connect = connect_raw_coroutine if raw else connect_once_coroutine
        ask = partial(get_anew_coroutine, partial(connect, flow.shared), ask)
    limit = limit_s(flow)
    return ask if limit is None else partial(within, limit, ask)


async def within(limit_s: float, ask: Callable[[Any, bytes], Awaitable[bytes]], seat: Any, get: bytes) -> bytes:
    """Ask, and give up after so many seconds."""
    async with asyncio.timeout(limit_s):
        return await ask(seat, get)


def blocking(flow: Flow, seat: Any) -> tuple[int, int]:
    """Ask, read the head, read the page."""
    if not is_default(flow):
        return varied_blocking(flow, seat)
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


async def coroutine(flow: Flow, seat: Any) -> tuple[int, int]:
    """Ask, read the head, read the page."""
    if not is_default(flow):
        return await varied_coroutine(flow, seat)
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


def varied_blocking(flow: Flow, seat: Any) -> tuple[int, int]:
    """Ask in the way that the parameters want."""
    ask = blocking_way(flow)
    stamps = flow.stamps
    size = checksum = 0
    for op, get in enumerate(flow.tasks):
        body = ask(seat, get)
        stamps[op] = monotonic_ns()
        size += len(body)
        checksum = crc32(body, checksum)
    return size, checksum


def get_streams_blocking(seat: Streams, get: bytes) -> bytes:
    """One GET, as the bodies have it."""
    reader, writer = seat
    writer.write(get)
    writer.flush()
    head = [reader.readline()]
    while in_head(head):
        head.append(reader.readline())
    return reader.read(body_length(head))


def get_raw_blocking(seat: socket.socket, get: bytes) -> bytes:
    """One GET with the calls of the socket itself."""
    seat.sendall(get)
    received = seat.recv(CHUNK_BYTES)
    while (body := body_in(received)) is None:
        received = grown(received, seat.recv(CHUNK_BYTES))
    return body


def get_anew_blocking(connect: Callable[[], Any], ask: Callable[[Any, bytes], bytes], _seat: None, get: bytes) -> bytes:
    """One GET over a connection of its own."""
    with connect() as connection:
        return ask(connection, get)


async def varied_coroutine(flow: Flow, seat: Any) -> tuple[int, int]:
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


async def get_streams_coroutine(seat: LoopStreams, get: bytes) -> bytes:
    """One GET, as the bodies have it."""
    reader, writer = seat
    writer.write(get)
    await writer.drain()
    head = [await reader.readline()]
    while in_head(head):
        head.append(await reader.readline())
    return await reader.readexactly(body_length(head))


async def get_raw_coroutine(seat: socket.socket, get: bytes) -> bytes:
    """One GET with the loop's calls for a socket."""
    await asyncio.get_running_loop().sock_sendall(seat, get)
    received = await asyncio.get_running_loop().sock_recv(seat, CHUNK_BYTES)
    while (body := body_in(received)) is None:
        received = grown(received, await asyncio.get_running_loop().sock_recv(seat, CHUNK_BYTES))
    return body


async def get_anew_coroutine(
    connect: Callable[[], Any],
    ask: Callable[[Any, bytes], Awaitable[bytes]],
    _seat: None,
    get: bytes,
) -> bytes:
    """One GET over a connection of its own."""
    async with connect() as connection:
        return await ask(connection, get)


def expect(order: Order) -> list[Ledger]:
    """Every flow reads the same page, k times."""
    body = page(PATH, int(order.parameters["payload_bytes"]))
    checksum = 0
    for _ in range(order.ops):
        checksum = crc32(body, checksum)
    return [Ledger(order.ops, order.ops * len(body), checksum)] * order.flows


def witness(order: Order) -> Mapping[str, Answers]:
    """The server must have answered every op of every flow."""
    connections = 1 if order.parameters["keepalive"] else order.ops
    return {"http": Answers.as_in(expect(order), connections, over_what(order.parameters))}


WORKLOAD = Workload(
    about="every flow GETs a local page that answers after a set delay, k times, keep-alive",
    shows="a wait for the network, with the convenience that people use on top of it",
    targets=("http",),
    flows=(1, 10, 30, 100, 300, 1000),
    named=("wait",),
    parameters={
        "phase": "spread",
        "payload_bytes": 1024,
        "api": "streams",
        "keepalive": 1,
        "timeout_s": 0,
        "heap": ROOMY,
        "transport": TCP,
        "congestion": SYSTEM,
    },
    cannot=cannot,
    prepare=prepare,
    tasks=tasks,
    open_blocking=open_blocking,
    open_coroutine=open_coroutine,
    blocking=blocking,
    coroutine=coroutine,
    expect=expect,
    witness=witness,
)
