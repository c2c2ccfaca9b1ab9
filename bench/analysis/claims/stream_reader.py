"""asyncio's streams are written in Python. Control: the same GET through the loop's calls for sockets, without streams.

Often the control refutes the claim: those calls are dearer still, because each wait registers the socket anew.
"""

from __future__ import annotations

from bench.analysis.claims.claim import Claim, Reading

CLAIMS = tuple(
    Claim(
        "http_get",
        f"{model}'s streams are written in Python: without them (api=raw) a GET takes {{control}} µs of CPU instead of {{figure}} ({{flows}})",
        Reading("D", model, scale=1e6),
        Reading("D", model, "?api=raw", scale=1e6),
        0.05,
        effects=((Reading("D", model), Reading("D", "thread")),),
    )
    for model in ("asyncio", "uvloop")
)
