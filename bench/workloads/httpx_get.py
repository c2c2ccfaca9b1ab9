"""Every flow GETs a local page that answers after a set delay, through httpx: http_get with a real client.

Idiomatic on both sides: `httpx.Client` against `httpx.AsyncClient`, one for each flow, opened as its seat. They keep one
connection for good and read no proxies from the environment. All other settings, time limits included, are httpx's own.
Nothing here is encrypted, so no certificate authorities are loaded: that would take longer than the work. The library is
imported only where a cell needs it, once, before any flow is made.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from importlib import import_module
from importlib.util import find_spec
from time import monotonic_ns
from typing import TYPE_CHECKING, Any
from zlib import crc32

from bench.harness.workload import Workload
from bench.targets.http_message import Answers, target
from bench.words import Value
from bench.workloads.http_get import PATH, expect

if TYPE_CHECKING:
    import httpx

    from bench.harness.flow import Flow, Order


def cannot(_model: str, _parameters: Mapping[str, Value]) -> str:
    """Every model can do it, where httpx is installed."""
    return "" if find_spec("httpx") else "httpx is not installed"


def prepare(order: Order) -> str:
    """Tell the flows where the server is, and load the client once: flows that are forked find it there."""
    import_module("httpx")
    host, port = order.targets["http"].address
    return f"http://{host}:{port}"


def tasks(flow: Flow) -> Sequence[str]:
    """Each op asks for this URL: what http_get asks for, and on the same account."""
    size = int(flow.parameters["payload_bytes"])
    return [flow.shared + target(PATH, flow.token, flow.index, wait_s, size) for wait_s in flow.waits_s]


def settings() -> dict[str, Any]:
    """How either client is made."""
    import httpx  # noqa: PLC0415 - only where it is used: other workloads must not carry it

    one = httpx.Limits(max_connections=1, max_keepalive_connections=1, keepalive_expiry=None)
    return {"limits": one, "trust_env": False, "verify": False}


@contextmanager
def open_blocking(_flow: Flow) -> Iterator[httpx.Client]:
    """Make a client; it connects with the untimed op."""
    import httpx  # noqa: PLC0415 - likewise

    with httpx.Client(**settings()) as client:
        yield client


@asynccontextmanager
async def open_coroutine(_flow: Flow) -> AsyncIterator[httpx.AsyncClient]:
    """Make a client; it connects with the untimed op."""
    import httpx  # noqa: PLC0415 - likewise

    async with httpx.AsyncClient(**settings()) as client:
        yield client


def blocking(flow: Flow, seat: httpx.Client) -> tuple[int, int]:
    """Get the page."""
    stamps = flow.stamps
    size = checksum = 0
    for op, url in enumerate(flow.tasks):
        response = seat.get(url)
        body = response.raise_for_status().content
        stamps[op] = monotonic_ns()
        size += len(body)
        checksum = crc32(body, checksum)
    return size, checksum


async def coroutine(flow: Flow, seat: httpx.AsyncClient) -> tuple[int, int]:
    """Get the page."""
    stamps = flow.stamps
    size = checksum = 0
    for op, url in enumerate(flow.tasks):
        response = await seat.get(url)
        body = response.raise_for_status().content
        stamps[op] = monotonic_ns()
        size += len(body)
        checksum = crc32(body, checksum)
    return size, checksum


def witness(order: Order) -> Mapping[str, Answers]:
    """The server must have answered every op of every flow, over one connection each."""
    return {"http": Answers.as_in(expect(order))}


WORKLOAD = Workload(
    about="every flow GETs a local page that answers after a set delay, k times, through httpx",
    shows="how much of what models differ by in http_get is left with a real client on top",
    targets=("http",),
    flows=(1, 10, 100),
    named=("wait",),
    parameters={"phase": "spread", "payload_bytes": 1024},
    op_s=1e-3,  # seen: 0.45 ms; twice that where each flow is a process
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
