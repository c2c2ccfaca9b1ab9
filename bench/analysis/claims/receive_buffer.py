"""asyncio takes a new buffer for each receive. Where the heap has no room for it, the kernel maps and clears it each time.

Control: page faults of the same cell whose heap has room.
"""

from __future__ import annotations

from bench.analysis.claims.claim import Claim, Reading

CLAIMS = (
    Claim(
        "http_get",
        "Where the heap has no room (heap=trimmed), asyncio's buffer of 256 KiB is mapped anew for each answer: {figure} page faults per "
        "op instead of {control} ({flows})",
        Reading("faults_per_op", "asyncio", "?heap=trimmed"),
        Reading("faults_per_op", "asyncio"),
        1.0,
        effects=((Reading("D", "asyncio", "?heap=trimmed"), Reading("D", "asyncio")),),
    ),
)
