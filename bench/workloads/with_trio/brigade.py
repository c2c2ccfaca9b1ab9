"""brigade under trio: its own sockets, around those of the ring.

Trio's `SocketStream` is a thin cover of a socket, and has no buffer: there is one way, whatever `api` says.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from time import monotonic_ns
from typing import TYPE_CHECKING
from zlib import crc32

import trio

from bench.workloads import brigade
from bench.workloads.brigade import BYTE

if TYPE_CHECKING:
    from bench.harness.flow import Flow

Seat = tuple[trio.socket.SocketType, trio.socket.SocketType]


@asynccontextmanager
async def open_coroutine(flow: Flow) -> AsyncIterator[Seat]:
    """Take the two ends."""
    before, after = flow.shared.seat(flow.index)
    yield trio.socket.from_stdlib_socket(before), trio.socket.from_stdlib_socket(after)


async def coroutine(flow: Flow, seat: Seat) -> tuple[int, int]:
    """Pass the byte on; flow 0 sends it first."""
    before, after = seat
    leads = flow.index == 0 or flow.primitives is None
    hops, byte = 0, b""
    for part, tasks in enumerate(flow.parts):
        for _ in tasks:
            if leads:
                await after.send(BYTE)
            byte = await before.recv(1)
            if not leads:
                await after.send(byte)
            hops += len(byte)
        flow.stamps[part] = monotonic_ns()
    return hops, crc32(byte)


WORKLOAD = replace(brigade.WORKLOAD, open_coroutine=open_coroutine, coroutine=coroutine)
