"""Did every flow do the work? What flows say, what the workload expects, and what the target saw must agree.

Strategy: pure comparison, flow by flow, of the stamps and tallies on the board with `expect(order)` and with the waits
that were asked for. The first disagreement is a Fault whose text names the flow and both figures; a cell with a fault is
void. What a target saw, the target compares itself (bench.targets).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bench.harness.flow import Field, Flow
from bench.words import KILLED, UNKNOWN, Fault, Ledger

# Timers may be early: uvloop counts whole milliseconds and wakes up to 1 ms before it should. More is other work.
EARLY_NS = 1_500_000


@dataclass(frozen=True)
class Given:
    """What a target says of the waits that it gave one flow: their sum, ns, and when the last was over (monotonic, ns)."""

    waited_ns: int
    over_ns: int


def written(flow: Flow, *, stamped: bool = True) -> Ledger:
    """The ledger a flow left: an op counts if it left a stamp; without stamps, the flow has counted its ops itself."""
    if not stamped:
        return Ledger(flow[Field.BYTES], 0, flow[Field.CHECKSUM])
    return Ledger(sum(1 for stamp in flow.stamps if stamp), flow[Field.BYTES], flow[Field.CHECKSUM])


def durations_ns(flow: Flow) -> list[int]:
    """How long each op of a flow took, first to last, from its stamps."""
    since, durations = flow[Field.FIRST], []
    for stamp in flow.stamps:
        durations.append(stamp - since)
        since = stamp
    return durations


def fairness(flows: Sequence[Flow]) -> float:
    """How evenly flows were served until the first of them had all its ops: 1 is even, 1/n is one flow alone.

    Jain's index, (sum x)^2 / (n sum x^2): Jain, Chiu & Hawe, DEC Research Report TR-301 (1984).
    """
    first = min(flow.stamps[-1] for flow in flows)
    done = [sum(1 for stamp in flow.stamps if stamp <= first) for flow in flows]
    return float(sum(done) ** 2 / (len(done) * sum(x * x for x in done)))


NO_SCHEDULE: Mapping[int, Sequence[int]] = {}


def check(
    flows: Sequence[Flow],
    expected: Sequence[Ledger],
    faults: Sequence[str],
    due: Mapping[int, Sequence[int]] = NO_SCHEDULE,
    *,
    stamped: bool = True,
) -> None:
    """Raise Fault where a flow failed, did other work than expected, or waited less than it was asked to.

    `due`: when each op of a flow was due, ns, by the flow's index, where the workload has a schedule.
    """
    if faults:
        faults = sorted(faults, key=lambda fault: KILLED not in fault)  # what others failed of may come of that
        raise Fault(faults[0] + (f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""))
    for flow, wanted in zip(flows, expected, strict=True):
        found = written(flow, stamped=stamped)
        for what in ("ops", "bytes", "checksum"):
            ours, theirs = getattr(found, what), getattr(wanted, what)
            if theirs not in {ours, UNKNOWN}:
                raise Fault(f"flow {flow.index} did other work: {what} {ours}, expected {theirs}")
        if stamped:
            _check_waits(flow)
            for op, (stamp, due_ns) in enumerate(zip(flow.stamps, due.get(flow.index, ()), strict=False)):
                if stamp < due_ns - EARLY_NS:
                    raise Fault(
                        f"flow {flow.index} waited less: op {op} ended {(due_ns - stamp) / 1e6:.3f} ms too early"
                    )


def _check_waits(flow: Flow) -> None:
    for op, (took, wait_s) in enumerate(zip(durations_ns(flow), flow.waits_s, strict=True)):
        if wait_s and took < wait_s * 1e9 - EARLY_NS:
            raise Fault(
                f"flow {flow.index} waited less: op {op} took {took / 1e6:.3f} ms, asked for {wait_s * 1e3:.3f} ms"
            )


def check_counted(counted: int, expected: int) -> None:
    """Raise Fault where what all flows have counted together, in a counter that they share, is not what it must be."""
    if counted != expected:
        raise Fault(f"all flows together counted {counted}, expected {expected}: some did it at the same time")
