"""asyncio's own event loop is written in Python. Control: the same coroutines on uvloop, whose loop is written in C.

The second claim of each workload is about threads, which need less CPU than asyncio here, although the kernel switches them.
It holds only where the loop in C needs no more than they do: otherwise something else is dear, too.
"""

from __future__ import annotations

from bench.analysis.claims.claim import Claim, Reading

WORKLOADS = ("sleep", "http_get", "handoff", "brigade", "create")


def demand(workload: str, model: str) -> Reading:
    """What an op of a workload takes, µs: of `create`, the time to make and join a flow, all on one core."""
    return Reading("create_per_flow_s" if workload == "create" else "D", model, scale=1e6)


CLAIMS = tuple(
    Claim(
        workload,
        "asyncio's event loop is written in Python: the same coroutines on uvloop's, which is written in C, take {control} µs per op "
        "instead of {figure} ({flows})",
        demand(workload, "asyncio"),
        demand(workload, "uvloop"),
        0.1,
    )
    for workload in WORKLOADS
) + tuple(
    Claim(
        workload,
        "asyncio needs no switch by the kernel, and loses that advantage in Python: {figure} µs per op ({flows}); with a loop in C the "
        "same coroutines take {control} µs, less than threads",
        demand(workload, "asyncio"),
        demand(workload, "uvloop"),
        0.1,
        effects=(
            (demand(workload, "asyncio"), demand(workload, "thread")),
            (demand(workload, "thread"), demand(workload, "uvloop")),
        ),
    )
    for workload in ("sleep", "handoff")
)
