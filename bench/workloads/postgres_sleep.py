"""Every flow asks PostgreSQL to sleep, again and again: what `sleep` is with a database and its driver on top.

Idiomatic on both sides: `psycopg.Connection` against `psycopg.AsyncConnection`, one for each flow, opened as its seat.
The statement is prepared with the untimed op, so that all timed ones are alike. The server runs one process for each
connection, on a core of its own. Its timer counts whole milliseconds and is up to one late, as asyncio's is. The driver is
imported only where a cell needs it, once, before any flow is made.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from ctypes.util import find_library
from importlib import import_module
from importlib.util import find_spec
from time import monotonic_ns
from typing import TYPE_CHECKING

from bench.harness.workload import Workload
from bench.targets.postgres import Statements
from bench.targets.postgres_server import Postgres, missing
from bench.words import Ledger, Value

if TYPE_CHECKING:
    import psycopg

    from bench.harness.flow import Flow, Order

SLEEP = "select pg_sleep(%s)"
PREPARED = 1  # of each connection: the one statement


def cannot(model: str, _parameters: Mapping[str, Value]) -> str:
    """Nearly every model can do it, where there are psycopg and PostgreSQL."""
    if model == "process_pool":
        return "a pool's processes are handed connections that another has opened, which libpq forbids"
    if find_spec("psycopg") is None:
        return "psycopg is not installed"
    if find_spec("psycopg_binary") is None and find_library("pq") is None:
        return "psycopg has no libpq here"
    return missing()


def prepare(order: Order) -> str:
    """Tell the flows how to connect, and load the driver once: flows that are forked find it there."""
    import_module("psycopg")
    server: Postgres = order.targets["postgres"]
    return server.dsn()


@contextmanager
def open_blocking(flow: Flow) -> Iterator[psycopg.Cursor]:
    """Connect; each statement is a transaction of its own."""
    import psycopg  # noqa: PLC0415 - only where it is used: other workloads must not carry it

    with (
        psycopg.connect(flow.shared, autocommit=True, prepare_threshold=0) as connection,
        connection.cursor() as cursor,
    ):
        yield cursor


@asynccontextmanager
async def open_coroutine(flow: Flow) -> AsyncIterator[psycopg.AsyncCursor]:
    """Connect; each statement is a transaction of its own."""
    import psycopg  # noqa: PLC0415 - likewise

    async with (
        await psycopg.AsyncConnection.connect(flow.shared, autocommit=True, prepare_threshold=0) as connection,
        connection.cursor() as cursor,
    ):
        yield cursor


def blocking(flow: Flow, seat: psycopg.Cursor) -> tuple[int, int]:
    """Ask, take the row."""
    stamps = flow.stamps
    rows = 0
    for op, wait_s in enumerate(flow.tasks):
        seat.execute(SLEEP, (wait_s,))
        rows += len(seat.fetchall())
        stamps[op] = monotonic_ns()
    return rows, 0


async def coroutine(flow: Flow, seat: psycopg.AsyncCursor) -> tuple[int, int]:
    """Ask, take the row."""
    stamps = flow.stamps
    rows = 0
    for op, wait_s in enumerate(flow.tasks):
        await seat.execute(SLEEP, (wait_s,))
        rows += len(await seat.fetchall())
        stamps[op] = monotonic_ns()
    return rows, 0


def expect(order: Order) -> list[Ledger]:
    """Every op brings one row."""
    return [Ledger(order.ops, order.ops)] * order.flows


def witness(order: Order) -> Mapping[str, Statements]:
    """The server must have done every op of every flow, the untimed one and its preparation too, over one connection each."""
    return {"postgres": Statements(order.flows * (PREPARED + 1 + order.ops))}


WORKLOAD = Workload(
    about="every flow asks a local PostgreSQL to sleep, k times, through psycopg",
    shows="how much of what models differ by in sleep is left with a real database driver on top",
    targets=("postgres",),
    flows=(1, 10, 100),
    named=("wait",),
    parameters={"phase": "spread"},
    op_s=0.3e-3,
    cannot=cannot,
    prepare=prepare,
    open_blocking=open_blocking,
    open_coroutine=open_coroutine,
    blocking=blocking,
    coroutine=coroutine,
    expect=expect,
    witness=witness,
)
