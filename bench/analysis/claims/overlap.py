"""Waits overlap, whoever does the waiting. Control: the longest wait of a single flow, which nothing can beat."""

from __future__ import annotations

from bench.analysis.claims.claim import Claim, Reading

CLAIMS = tuple(
    Claim(
        "countasync",
        f"Under {model} the waits overlap: all flows together take {{figure}} s, and the longest of them alone waits {{control}} s",
        Reading("T", model),
        Reading("wait_longest_s", model),
        0.05,
        agrees="equal",
    )
    for model in ("thread", "process", "asyncio", "uvloop")
)
