"""A core that falls idle between waits makes an op dearer. Control: the same cell on a core that may not sleep."""

from __future__ import annotations

from bench.analysis.claims.claim import Claim, Reading

CLAIMS = tuple(
    Claim(
        workload,
        f"Cost of CPU idle states under {model}: an op takes {{figure}} µs of CPU, and {{control}} on a core that may not sleep ({{flows}})",
        Reading("D", model, scale=1e6),
        Reading("D", model, "?awake=1", scale=1e6),
        0.05,
    )
    for workload in ("sleep", "http_get")
    for model in ("thread", "asyncio", "uvloop")
)
