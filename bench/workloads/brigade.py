"""A ring of flows passes one byte on through socket pairs: a switch that is driven by IO.

Flow 0 sends the byte and waits for it to come round; every other flow waits for it and passes it on. Under sequential
there is no ring: each flow's pair leads back to itself, which is the same sends and receives without a single switch.

Idiomatic on both sides: a socket's `makefile` against asyncio's streams. `api=sock` is the calls of the socket itself, and
those of the loop for a socket, which register it anew for each wait.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from io import BufferedReader, BufferedWriter
from time import monotonic_ns
from typing import TYPE_CHECKING, Any
from zlib import crc32

from bench.harness.workload import Workload
from bench.words import Ledger

if TYPE_CHECKING:
    from bench.harness.flow import Flow, Order

BYTE = b"x"

APIS = ("streams", "sock")

Seat = tuple[socket.socket, socket.socket]  # where the byte comes from, where it goes
Streams = tuple[BufferedReader, BufferedWriter]
LoopStreams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@dataclass(frozen=True)
class Ring:
    """The socket pairs: flow i receives from the second end of pair i."""

    pairs: Sequence[Seat]
    whole: bool  # is there one ring, or does each pair lead back to its own flow?

    def seat(self, index: int) -> Seat:
        """Return the socket where a flow receives, and the one where it sends."""
        following = (index + 1) % len(self.pairs) if self.whole else index
        return self.pairs[index][1], self.pairs[following][0]

    def close(self) -> None:
        """Close every socket."""
        for pair in self.pairs:
            for end in pair:
                end.close()


def prepare(order: Order) -> Ring:
    """Make the ring."""
    return Ring([socket.socketpair() for _ in range(order.flows)], whole=order.primitives is not None)


def waits(order: Order, _index: int) -> list[float]:
    """A flow waits for the one before it."""
    return [0.0] * order.ops


@contextmanager
def open_blocking(flow: Flow) -> Iterator[Any]:
    """Take the two ends."""
    before, after = seat = flow.shared.seat(flow.index)
    if flow.parameters["api"] == "sock":
        yield seat
    else:
        with before.makefile("rb") as reader, after.makefile("wb") as writer:
            yield reader, writer


@asynccontextmanager
async def open_coroutine(flow: Flow) -> AsyncIterator[Any]:
    """Take the two ends, which must not block."""
    before, after = seat = flow.shared.seat(flow.index)
    for end in seat:
        end.setblocking(False)  # noqa: FBT003
    if flow.parameters["api"] == "sock":
        yield seat
    else:  # a stream closes its socket at its end, and the ring's are the ring's
        reader, unused = await asyncio.open_unix_connection(sock=before.dup())
        _, writer = await asyncio.open_unix_connection(sock=after.dup())
        try:
            yield reader, writer
        finally:
            for one in (unused, writer):
                one.close()
                await one.wait_closed()


def blocking(flow: Flow, seat: Any) -> tuple[int, int]:
    """Pass the byte on; flow 0 sends it first."""
    if flow.parameters["api"] == "sock":
        return sock_blocking(flow, seat)
    before, after = seat
    leads = flow.index == 0 or flow.primitives is None
    hops, byte = 0, b""
    for part, tasks in enumerate(flow.parts):
        for _ in tasks:
            if leads:
                after.write(BYTE)
                after.flush()
            byte = before.read(1)
            if not leads:
                after.write(byte)
                after.flush()
            hops += len(byte)
        flow.stamps[part] = monotonic_ns()
    return hops, crc32(byte)


async def coroutine(flow: Flow, seat: Any) -> tuple[int, int]:
    """Pass the byte on; flow 0 sends it first."""
    if flow.parameters["api"] == "sock":
        return await sock_coroutine(flow, seat)
    before, after = seat
    leads = flow.index == 0 or flow.primitives is None
    hops, byte = 0, b""
    for part, tasks in enumerate(flow.parts):
        for _ in tasks:
            if leads:
                after.write(BYTE)
                await after.drain()
            byte = await before.readexactly(1)
            if not leads:
                after.write(byte)
                await after.drain()
            hops += len(byte)
        flow.stamps[part] = monotonic_ns()
    return hops, crc32(byte)


def sock_blocking(flow: Flow, seat: Seat) -> tuple[int, int]:
    """The same with the calls of the socket itself."""
    before, after = seat
    leads = flow.index == 0 or flow.primitives is None
    hops, byte = 0, b""
    for part, tasks in enumerate(flow.parts):
        for _ in tasks:
            if leads:
                after.sendall(BYTE)
            byte = before.recv(1)
            if not leads:
                after.sendall(byte)
            hops += len(byte)
        flow.stamps[part] = monotonic_ns()
    return hops, crc32(byte)


async def sock_coroutine(flow: Flow, seat: Seat) -> tuple[int, int]:
    """The same with the loop's calls for a socket."""
    before, after = seat
    leads = flow.index == 0 or flow.primitives is None
    hops, byte = 0, b""
    for part, tasks in enumerate(flow.parts):
        for _ in tasks:
            if leads:
                await asyncio.get_running_loop().sock_sendall(after, BYTE)
            byte = await asyncio.get_running_loop().sock_recv(before, 1)
            if not leads:
                await asyncio.get_running_loop().sock_sendall(after, byte)
            hops += len(byte)
        flow.stamps[part] = monotonic_ns()
    return hops, crc32(byte)


def expect(order: Order) -> list[Ledger]:
    """Every flow has passed the byte on k times, and it is still the same."""
    return [Ledger(order.ops, 0, crc32(BYTE) if order.ops else 0)] * order.flows


WORKLOAD = Workload(
    about="a ring of flows passes one byte on through socket pairs; each passes it k times",
    shows="what it costs to hand over to another flow by IO; sequential does the same IO with no switch",
    together=True,
    control=True,
    flows=(2, 10, 100, 500),
    parameters={"wait_ms": 0, "api": "streams"},
    choices={"api": APIS},
    named=("api",),
    # 16,000 hops and more: 8,000, a twentieth of a second for threads, varied by twice as much between processes.
    ops={1: 8000, 10: 1600, 100: 160, 500: 40},
    op_s=15e-6,
    stamped=False,
    prepare=prepare,
    waits=waits,
    open_blocking=open_blocking,
    open_coroutine=open_coroutine,
    blocking=blocking,
    coroutine=coroutine,
    expect=expect,
)
