"""A thread is switched to for each wait, and an event loop serves several waits in one wake-up.

Control: the loop's own switches per op. Effect: the thread's CPU per op is the larger one, which it often is not.
"""

from __future__ import annotations

from bench.analysis.claims.claim import Claim, Reading

CLAIMS = tuple(
    Claim(
        workload,
        f"The kernel switches away from a {kernel} and back {{figure}} times per op; one wake-up of asyncio's loop serves several flows, "
        "which takes {control} switches per op ({flows})",
        Reading("voluntary_per_op", kernel),
        Reading("voluntary_per_op", "asyncio"),
        1.0,
        effects=((Reading("D", kernel), Reading("D", "asyncio")),),
    )
    for workload in ("sleep", "http_get", "handoff", "brigade")
    for kernel in ("thread", "process")
)
