"""On several cores, threads that wake while another holds the GIL sleep once more.

Control: processes on the same cores, which have a GIL each. They are moved between cores as well, so what all of them pay
for that is not the GIL's.
"""

from __future__ import annotations

from bench.analysis.claims.claim import Claim, Reading

CLAIMS = tuple(
    Claim(
        workload,
        "On all cores (pin=0) a thread that wakes while another holds the GIL sleeps once more: {figure} switches per op, where processes, "
        "which have a GIL each, take {control} ({flows})",
        Reading("switches_per_op", "thread", "?pin=0"),
        Reading("switches_per_op", "process", "?pin=0"),
        0.5,
        effects=((Reading("D", "thread", "?pin=0"), Reading("D", "thread")),),
        gil=True,
    )
    for workload in ("http_get", "handoff", "brigade")
)
