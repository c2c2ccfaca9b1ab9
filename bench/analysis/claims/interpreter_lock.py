"""Among many threads, the GIL costs switches that the waits do not need. Control: the same work in C, without a GIL."""

from __future__ import annotations

from bench.analysis.claims.claim import Claim, Reading

CLAIMS = tuple(
    Claim(
        workload,
        "Threads that want the GIL at the same time wake and sleep again: {figure} voluntary switches per op ({flows}), where threads in "
        "C, which have no GIL, take {control}",
        Reading("voluntary_per_op", "thread"),
        Reading("voluntary_per_op", "native_thread"),
        0.5,
        effects=((Reading("D", "thread"), Reading("D", "native_thread")),),
        gil=True,
    )
    for workload in ("sleep", "http_get")
)
