"""The ring of `brigade`, where asyncio goes without streams and without waiting: its Protocol's callbacks pass the byte on.

What blocks is the body of `brigade` itself. A callback has no mirror image there: the two are different programs for the
same work, and the page says so.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from time import monotonic_ns
from typing import TYPE_CHECKING, cast
from zlib import crc32

from bench.workloads import brigade
from bench.workloads.brigade import BYTE

if TYPE_CHECKING:
    from bench.harness.flow import Flow


class Hop(asyncio.Protocol):
    """One flow's place in the ring: what comes in goes out, as often as the flow's parts say."""

    def __init__(self, after: asyncio.WriteTransport) -> None:
        self.after = after
        self.done = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Read nothing before the flow begins: what comes until then waits in the kernel, as it does for the others."""
        self.before = cast("asyncio.ReadTransport", transport)
        self.before.pause_reading()

    def begin(self, flow: Flow) -> asyncio.Future[tuple[int, int]]:
        """Send the byte if the flow leads. What comes of it is there when the flow's parts are done."""
        self.leads = flow.index == 0 or flow.primitives is None
        self.stamps, self.parts = flow.stamps, enumerate(flow.parts)
        self.part = self.left = self.hops = 0
        self.byte = b""
        self.done = asyncio.get_running_loop().create_future()
        self.before.resume_reading()
        self.go_on()
        return self.done

    def go_on(self) -> None:
        """Go on to the next part that has ops; without one, the flow is done."""
        for part, tasks in self.parts:
            self.part, self.left = part, len(tasks)
            if self.left:
                if self.leads:
                    self.after.write(BYTE)
                return
            self.stamps[part] = monotonic_ns()
        self.before.pause_reading()
        self.done.set_result((self.hops, crc32(self.byte)))

    def data_received(self, data: bytes) -> None:
        """Pass it on."""
        self.byte = data
        self.hops += len(data)
        self.left -= 1
        if not self.leads:
            self.after.write(data)
        if not self.left:
            self.stamps[self.part] = monotonic_ns()
            self.go_on()
        elif self.leads:
            self.after.write(BYTE)

    def connection_lost(self, exc: Exception | None) -> None:
        """Say so to who waits."""
        if not self.done.done():
            self.done.set_exception(exc or ConnectionError("the ring is open: a neighbour closed its socket"))


@asynccontextmanager
async def open_coroutine(flow: Flow) -> AsyncIterator[Hop]:
    """Take the two ends, which a transport closes at its end: the ring's own are the ring's."""
    before, after = flow.shared.seat(flow.index)
    loop = asyncio.get_running_loop()
    sends, _ = await loop.create_unix_connection(asyncio.Protocol, sock=after.dup())
    receives, hop = await loop.create_unix_connection(partial(Hop, sends), sock=before.dup())
    try:
        yield hop
    finally:
        hop.done.cancel()  # nobody waits any more
        for transport in (receives, sends):
            transport.close()
        await asyncio.sleep(0)  # a transport closes its socket in the loop's next round


async def coroutine(flow: Flow, seat: Hop) -> tuple[int, int]:
    """Send the byte if this flow leads, and wait until the callbacks have done the work."""
    return await seat.begin(flow)


WORKLOAD = replace(
    brigade.WORKLOAD,
    about="the ring of brigade, where event loops pass the byte on in a Protocol's callbacks, without waiting",
    shows="what streams and tasks cost beside the loop itself; what blocks does as it does in brigade",
    unlike="what blocks reads and writes a socket's file; what awaits has its byte passed on by callbacks of asyncio.Protocol, in no task",
    views=("figures", "tasks"),
    parameters={"wait_ms": 0, "api": "protocol"},
    choices={"api": ("protocol",)},
    named=(),
    open_coroutine=open_coroutine,
    coroutine=coroutine,
)
