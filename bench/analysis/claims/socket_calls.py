"""The loop's calls for sockets make each wait dearer than its streams do. Control: the same work through streams."""

from __future__ import annotations

from bench.analysis.claims.claim import Claim, Reading

CLAIMS = tuple(
    Claim(
        workload,
        f"{model}'s calls for bare sockets ({name}) register the socket for each wait: an op takes {{figure}} µs of CPU instead of "
        "{control} through streams ({flows})",
        Reading("D", model, f"?{name}", scale=1e6),
        Reading("D", model, scale=1e6),
        0.05,
    )
    for workload, name in (("http_get", "api=raw"), ("brigade", "api=sock"))
    for model in ("asyncio", "uvloop")
)
