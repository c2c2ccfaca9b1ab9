"""Who waits how long beside a flow that burns the CPU.

A thread must get the GIL, which the burning one keeps for a switch interval. Controls: a process, which the kernel lets run at
once; and the same threads with a shorter switch interval. A coroutine is never preempted. Control: half a burn, which is what a
tick at a random instant must wait for the end of one.
"""

from __future__ import annotations

from bench.analysis.claims.claim import Claim, Reading

LATE = "late_p50_s"

CLAIMS = (
    Claim(
        "hog",
        "A thread that wakes must get the GIL from the one that burns: it is {figure} ms late (median), where a process, for which the kernel "
        "preempts the other, is {control} ms late",
        Reading(LATE, "thread", scale=1e3),
        Reading(LATE, "process", scale=1e3),
        4.0,
        gil=True,
    ),
    Claim(
        "hog",
        "The switch interval decides how long a thread waits for the GIL: {figure} ms late (median), and {control} ms with an interval of 0.5 ms",
        Reading(LATE, "thread", scale=1e3),
        Reading(LATE, "thread", "?switch_us=500", scale=1e3),
        1.0,
        gil=True,
    ),
    *(
        Claim(
            "hog",
            f"Nothing preempts a coroutine: a tick under {model} is {{figure}} ms late (median), where a burn takes {{control}} ms",
            Reading(LATE, model, scale=1e3),
            Reading("burn_ms", model),
            -0.5,
            effects=((Reading(LATE, model), Reading(LATE, "process")),),
        )
        for model in ("asyncio", "uvloop")
    ),
)
