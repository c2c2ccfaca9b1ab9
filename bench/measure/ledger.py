"""Did every flow do the work? What flows say, what the workload expects, and what the target saw must agree.

Strategy: pure comparison, flow by flow, of the stamps and tallies on the board with `expect(order)`, with the waits
that were asked for, and with the referee's accounts. The first disagreement is a Fault whose text names the flow and
both figures; a cell with a fault is void.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from bench.measure.flow import Field, Flow, Order
from bench.words import Fault, Ledger

if TYPE_CHECKING:
    from bench.targets.http_referee import Seen

# Timers may be early: uvloop counts whole milliseconds and wakes up to 1 ms before it should. More is other work.
EARLY_NS = 1_500_000


def written(flow: Flow) -> Ledger:
    """The ledger a flow left: an op counts if it left a stamp."""
    return Ledger(sum(1 for stamp in flow.stamps if stamp), flow[Field.BYTES], flow[Field.CHECKSUM])


def durations_ns(flow: Flow) -> list[int]:
    """How long each op of a flow took, first to last, from its stamps."""
    since, durations = flow[Field.FIRST], []
    for stamp in flow.stamps:
        durations.append(stamp - since)
        since = stamp
    return durations


def check(
    order: Order,
    flows: Sequence[Flow],
    expected: Sequence[Ledger],
    seen: Mapping[int, Seen] | None,
    faults: Sequence[str],
) -> None:
    """Raise Fault where a flow failed, did other work than expected, waited less, or the target saw something else."""
    if faults:
        raise Fault(faults[0] + (f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""))
    for flow, wanted in zip(flows, expected, strict=True):
        found = written(flow)
        for what in ("ops", "bytes", "checksum"):
            if getattr(found, what) != getattr(wanted, what):
                raise Fault(
                    f"flow {flow.index} did other work: {what} {getattr(found, what)}, expected {getattr(wanted, what)}"
                )
        _check_waits(flow)
    if seen is not None:
        _check_seen(order, flows, expected, seen)


def _check_waits(flow: Flow) -> None:
    for op, (took, wait_s) in enumerate(zip(durations_ns(flow), flow.waits_s, strict=True)):
        if took < wait_s * 1e9 - EARLY_NS:
            raise Fault(
                f"flow {flow.index} waited less: op {op} took {took / 1e6:.3f} ms, asked for {wait_s * 1e3:.3f} ms"
            )


def _check_seen(order: Order, flows: Sequence[Flow], expected: Sequence[Ledger], seen: Mapping[int, Seen]) -> None:
    for flow, wanted in zip(flows, expected, strict=True):
        account = seen.get(flow.index)
        if account is None:
            raise Fault(f"the server saw nothing of flow {flow.index}")
        for what, theirs, ours in (
            ("answers", account.requests, wanted.ops),
            ("bytes", account.bytes, wanted.bytes),
            ("connections", account.connections, 1),
            ("answers it could not send", account.unsent, 0),
        ):
            if theirs != ours:
                raise Fault(f"the server counts {what} of flow {flow.index}: {theirs}, expected {ours}")
        asked_ns = sum(flow.waits_s) * 1e9
        if account.waited_ns < asked_ns - 1000 * order.ops:  # a request asks in whole microseconds
            raise Fault(
                f"the server made flow {flow.index} wait {account.waited_ns / 1e6:.3f} ms, "
                f"asked for {asked_ns / 1e6:.3f} ms"
            )
    for index in seen.keys() - {flow.index for flow in flows}:
        raise Fault(f"the server saw a flow {index} that does not exist")
