"""A forked process copies each page that it writes to. Control: page faults of threads, which share all pages."""

from __future__ import annotations

from bench.analysis.claims.claim import Claim, Reading

CLAIMS = tuple(
    Claim(
        workload,
        "A process has pages of its own, and the kernel copies each that it writes to: {figure} page faults per op, where threads take "
        "{control} ({flows})",
        Reading("faults_per_op", "process"),
        Reading("faults_per_op", "thread"),
        1.0,
        effects=((Reading(effect, "process"), Reading(effect, "thread")),),
    )
    for workload, effect in (("create", "T"), ("sleep", "D"), ("http_get", "D"), ("httpx_get", "D"))
)
