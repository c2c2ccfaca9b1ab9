"""Requests arrive at random, as a Poisson process; each is served by a flow of its own, made for it.

The http server announces the arrivals from its own core: one message each, when it is due. One flow, the dispatcher, reads
them and starts a new flow for each. That flow GETs a page and ends. It connects anew, because a forked process has no
connection to share.

Latency counts from when an arrival was due, not from when it was noticed. So a model that falls behind shows it. (This
avoids coordinated omission: Tene, "How NOT to Measure Latency", 2013.)

With `load_pct=0`, the default, all arrivals are due at once and PILOT_FLOWS of them are served at a time. Then ops / T is
the model's `capacity`, requests per second, and `load_pct` takes a share of it (see `loaded`). A run measures the
capacities first (bench.campaign.pilot), and corrects them by trials at each load (see `steered`). The number of arrivals is set beforehand. When the last of them is late by LATE_S,
those not begun are unserved: the cell is void, and its reason says how many.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import replace
from statistics import geometric_mean
from time import monotonic_ns
from typing import TYPE_CHECKING, Any
from zlib import crc32

from bench.harness.workload import Workload, no_waits
from bench.targets.arrivals import MESSAGE_BYTES, offsets_ns
from bench.targets.http_message import Answers, arrivals_request, in_head, page, request
from bench.words import Cell, Ledger, UnfitError, UserError, Value
from bench.workloads.http_get import (
    PATH,
    connect_once_blocking,
    connect_once_coroutine,
    get_streams_blocking,
    get_streams_coroutine,
)
from bench.workloads.http_get import prepare as server_address

if TYPE_CHECKING:
    from contextlib import AbstractAsyncContextManager, AbstractContextManager

    from bench.harness.fitting import Machine
    from bench.harness.flow import Flow, Order
    from bench.targets.http_place import Way
    from bench.workloads.http_get import LoopStreams, Streams


SECONDS = 1.0  # how long arrivals come, where `loaded` decides it
TRIAL_S, TRIAL_ARRIVALS, TRIALS = 0.5, 300, 3  # of a pilot at a load, which tells how busy the core is then
FULL = 0.97  # a core that is busier serves what it can: how much more was offered does not show
LEAST_ARRIVALS = 1050  # or longer: a p99 needs a thousand
PILOT_FLOWS = 200  # at a time: enough that the core, not the 10 ms, is what holds them up
MOST_CHILDREN = 1000  # that are started and not joined; nearly all of them have ended
LEAD_NS = 2_000_000  # after the gate: by then the server knows when to announce what
LATE_S = 10.0
DISPATCHER, ANNOUNCER = 0, 1  # accounts at the server: what is asked for arrivals, and their announcements


def cannot(model: str, _parameters: Mapping[str, Value]) -> str:
    """It needs flows beside the one that starts them."""
    return "it cannot start a flow for an arrival and go on: each would wait for the one before" * (
        model == "sequential"
    )


def prepare(order: Order) -> Way:
    """Tell the flows where the server is. A load needs a capacity that it is a share of."""
    if float(order.parameters["load_pct"]) > 0 and float(order.parameters["capacity"]) <= 0:
        raise UserError(
            "load_pct is a share of `capacity`, requests per second: measure that first, with load_pct=0, then say "
            "?capacity=...&load_pct=..., or let `make bench` do both"
        )
    return server_address(order)


def fit(
    cell: Cell,
    _parameters: Mapping[str, Value],
    machine: Machine,
) -> tuple[tuple[str, Value], ...]:
    """A load is a share of the model's own capacity, which is measured first, unless the cell says what it is."""
    given = dict(cell.parameters)
    if "load_pct" not in given or "capacity" in given:
        return cell.parameters
    capacity = machine.ops_per_s(replace(cell, parameters=()))
    if not capacity:
        raise UnfitError("its capacity is not known: it did not do the work when all requests were there at once")
    load_pct = int(given["load_pct"])
    return loaded(steered(cell, capacity, load_pct, machine), load_pct)


def steered(cell: Cell, capacity: float, load_pct: int, machine: Machine) -> float:
    """The capacity of which the load keeps the core as busy as it is named, arrivals per second.

    When all requests are there at once, one wake-up serves many, so a request takes less CPU than at a load. Trials at the load show
    how much it takes then: capacity is 1 / CPU per request (the utilisation law). Loads of 100 % and more stay as they are.
    """
    if load_pct >= 100:
        return capacity
    at_load: list[float] = []  # what each trial says
    for _ in range(TRIALS):
        busy = machine.busy(replace(cell, parameters=loaded(capacity, load_pct, TRIAL_S, TRIAL_ARRIVALS)))
        if busy >= FULL:
            capacity *= load_pct / 100
        elif busy:
            at_load.append(capacity * load_pct / 100 / busy)
            capacity = geometric_mean(at_load)
    return capacity


def loaded(
    capacity: float, load_pct: int, seconds: float = SECONDS, least: int = LEAST_ARRIVALS
) -> tuple[tuple[str, Value], ...]:
    """Return a cell's parameters for so much of a capacity (requests per second), for so long, and at least so many arrivals."""
    whole = round(capacity)
    ops = max(least, round(whole * load_pct / 100 * seconds))
    return (("capacity", whole), ("load_pct", load_pct), ("ops", ops))


def rate(parameters: Mapping[str, Value]) -> float:
    """Arrivals per second; 0: all at once."""
    return float(parameters["capacity"]) * float(parameters["load_pct"]) / 100


def due(flows: Sequence[Flow], began_ns: int) -> Mapping[int, Sequence[int]]:
    """When each arrival was due."""
    (flow,) = flows
    return {
        flow.index: [began_ns + LEAD_NS + ns for ns in offsets_ns(flow.seed, rate(flow.parameters), len(flow.waits_s))]
    }


def takes_s(parameters: Mapping[str, Value], make_s: float) -> float:
    """A flow is made for each request, and the last of them is due when it is due."""
    if parameters["load_pct"] and not parameters["capacity"]:
        return SECONDS  # before it was fitted to the model's capacity
    per_s = rate(parameters)
    return int(parameters["ops"]) * max(make_s, 1 / per_s if per_s else 0.0)


def tasks(flow: Flow) -> Sequence[bytes]:
    """What each arrival asks for."""
    wait_s, size = float(flow.parameters["page_ms"]) / 1000, int(flow.parameters["payload_bytes"])
    return [request(PATH, flow.token, DISPATCHER, wait_s, size)] * len(flow.waits_s)


def open_blocking(flow: Flow) -> AbstractContextManager[Streams]:
    """Connect to the server, which announces the arrivals."""
    return connect_once_blocking(flow.shared)


def open_coroutine(flow: Flow) -> AbstractAsyncContextManager[LoopStreams]:
    """Connect to the server, which announces the arrivals."""
    return connect_once_coroutine(flow.shared)


def call_for(flow: Flow) -> bytes:
    """The request for announcements: from shortly after the gate on."""
    begin_ns = flow.gate[0] + LEAD_NS
    return arrivals_request(flow.token, ANNOUNCER, (begin_ns, flow.seed, rate(flow.parameters), len(flow.waits_s)))


def most_children(flow: Flow) -> int:
    """How many flows may be started and not joined."""
    return MOST_CHILDREN if rate(flow.parameters) else PILOT_FLOWS


def in_time(flow: Flow, op: int, message: bytes) -> None:
    """Raise TimeoutError where an arrival is served much too late: all that follow would be late, too."""
    if len(message) < MESSAGE_BYTES:
        raise ConnectionError("the server stopped announcing arrivals")
    late_s = (monotonic_ns() - int.from_bytes(message, "little")) / 1e9
    if late_s > LATE_S:
        raise TimeoutError(f"{len(flow.waits_s) - op} of {len(flow.waits_s)} arrivals were unserved {LATE_S} s late")


def serve_blocking(flow: Flow, op: int, get: bytes) -> int:
    """Serve one arrival, which is the whole life of a flow; return size and CRC-32 of the page."""
    with connect_once_blocking(flow.shared) as seat:
        body = get_streams_blocking(seat, get)
        flow.stamps[op] = monotonic_ns()
    return size_and_checksum(body)


async def serve_coroutine(flow: Flow, op: int, get: bytes) -> int:
    """Serve one arrival, which is the whole life of a flow; return size and CRC-32 of the page."""
    async with connect_once_coroutine(flow.shared) as seat:
        body = await get_streams_coroutine(seat, get)
        flow.stamps[op] = monotonic_ns()
    return size_and_checksum(body)


def size_and_checksum(body: bytes) -> int:
    """Return size and CRC-32 in one number: a flow can return a number under every model."""
    return len(body) << 32 | crc32(body)


def blocking(flow: Flow, seat: Any) -> tuple[int, int]:
    """Wait for an arrival, start a flow for it, again; join them, oldest first."""
    reader, writer = seat
    spawn, most = flow.primitives.spawn, most_children(flow)
    children: deque[Any] = deque()
    size = checksum = 0
    writer.write(call_for(flow))
    writer.flush()
    head = [reader.readline()]
    while in_head(head):
        head.append(reader.readline())
    for op, get in enumerate(flow.tasks):
        in_time(flow, op, reader.read(MESSAGE_BYTES))
        children.append(spawn(serve_blocking, flow, op, get))
        if len(children) == most:
            size, checksum = added(size, checksum, children.popleft().result())
    while children:
        size, checksum = added(size, checksum, children.popleft().result())
    return size, checksum


async def coroutine(flow: Flow, seat: Any) -> tuple[int, int]:
    """Wait for an arrival, start a flow for it, again; join them, oldest first."""
    reader, writer = seat
    spawn, most = flow.primitives.spawn, most_children(flow)
    children: deque[Any] = deque()
    size = checksum = 0
    writer.write(call_for(flow))
    await writer.drain()
    head = [await reader.readline()]
    while in_head(head):
        head.append(await reader.readline())
    for op, get in enumerate(flow.tasks):
        in_time(flow, op, await reader.readexactly(MESSAGE_BYTES))
        children.append(spawn(serve_coroutine, flow, op, get))
        if len(children) == most:
            size, checksum = added(size, checksum, await children.popleft())
    while children:
        size, checksum = added(size, checksum, await children.popleft())
    return size, checksum


def added(size: int, checksum: int, result: int) -> tuple[int, int]:
    """Add one arrival's page to the tally."""
    return size + (result >> 32), crc32(result.to_bytes(8, "little"), checksum)


def expect(order: Order) -> list[Ledger]:
    """Every arrival was served once, with the whole page."""
    size = checksum = 0
    result = size_and_checksum(page(PATH, int(order.parameters["payload_bytes"])))
    for _ in range(order.ops):
        size, checksum = added(size, checksum, result)
    return [Ledger(order.ops, size, checksum)]


def witness(order: Order) -> Mapping[str, Answers]:
    """The server must have answered once for each arrival, over a connection of its own, and announced them all."""
    (ledger,) = expect(order)
    asked = {DISPATCHER: (order.ops, ledger.bytes), ANNOUNCER: (order.ops, 0)}
    return {"http": Answers(asked, connections=order.ops)}


WORKLOAD = Workload(
    about="k requests arrive at random; each is served by a new flow, which GETs a page that takes page_ms",
    shows="what a flow for each request costs, and how late answers get near the most that a model can serve",
    views=("latency", "floor"),
    measure="lateness",
    targets=("http",),
    needs=("spawn",),
    flows=(1,),
    parameters={"wait_ms": 0, "page_ms": 10, "payload_bytes": 1024, "capacity": 0, "load_pct": 0},
    ops={1: 1000},
    cannot=cannot,
    fit=fit,
    prepare=prepare,
    waits=no_waits,
    takes_s=takes_s,
    tasks=tasks,
    open_blocking=open_blocking,
    open_coroutine=open_coroutine,
    blocking=blocking,
    coroutine=coroutine,
    expect=expect,
    witness=witness,
    due=due,
)
