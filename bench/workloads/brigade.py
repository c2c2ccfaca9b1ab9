"""A ring of flows passes one byte on through socket pairs: a switch that is driven by IO.

Flow 0 sends the byte and waits for it to come round; every other flow waits for it and passes it on. Under sequential
there is no ring: each flow's pair leads back to itself, which is the same sends and receives without a single switch.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from time import monotonic_ns
from typing import TYPE_CHECKING
from zlib import crc32

from bench.harness.workload import Workload
from bench.words import Ledger

if TYPE_CHECKING:
    from bench.harness.flow import Flow, Order

BYTE = b"x"

Seat = tuple[socket.socket, socket.socket]  # where the byte comes from, where it goes


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
def open_blocking(flow: Flow) -> Iterator[Seat]:
    """Take the two ends."""
    yield flow.shared.seat(flow.index)


@asynccontextmanager
async def open_coroutine(flow: Flow) -> AsyncIterator[Seat]:
    """Take the two ends, which must not block."""
    seat = flow.shared.seat(flow.index)
    for end in seat:
        end.setblocking(False)  # noqa: FBT003
    yield seat


def blocking(flow: Flow, seat: Seat) -> tuple[int, int]:
    """Pass the byte on; flow 0 sends it first."""
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


async def coroutine(flow: Flow, seat: Seat) -> tuple[int, int]:
    """Pass the byte on; flow 0 sends it first."""
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
    parameters={"wait_ms": 0},
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
