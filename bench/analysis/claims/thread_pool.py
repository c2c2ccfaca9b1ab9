"""Under asyncio a file is read by a thread of a pool. Control: the same reads by the event loop itself."""

from __future__ import annotations

from bench.analysis.claims.claim import Claim, Reading

CLAIMS = tuple(
    Claim(
        "file_read",
        f"{model} hands each read to a thread of a pool, and the result back: {{figure}} µs of CPU per read, where the loop itself takes "
        "{control} ({flows}), and stands still meanwhile",
        Reading("D", model, scale=1e6),
        Reading("D", model, workload="file_read_inline", scale=1e6),
        0.05,
        effects=((Reading("D", model), Reading("D", "thread")),),
    )
    for model in ("asyncio", "uvloop")
)
