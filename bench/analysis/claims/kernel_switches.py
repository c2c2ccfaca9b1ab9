"""A thread is switched to for each wait, and an event loop serves several waits in one wake-up, or hands over in its own thread.

Control: the loop's own switches per op. Effect: the thread's CPU per op is the larger one, which it often is not.
"""

from __future__ import annotations

from bench.analysis.claims.claim import Claim, Reading

WAITS = "one wake-up of asyncio's loop serves several flows, which takes {control} switches per op ({flows})"
HANDS = "asyncio's loop goes on to the next flow in the same thread, with {control} switches per op ({flows})"
SAID = {"sleep": WAITS, "http_get": WAITS, "handoff": HANDS, "brigade": HANDS}
CLAIMS = tuple(
    Claim(
        workload,
        f"The kernel switches away from a {kernel} and back {{figure}} times per op; {said}",
        Reading("switches_per_op", kernel),
        Reading("switches_per_op", "asyncio"),
        1.0,
        effects=((Reading("D", kernel), Reading("D", "asyncio")),),
    )
    for workload, said in SAID.items()
    for kernel in ("thread", "process")
)
