"""A hand-over between threads takes more switches than it needs, because a thread must also get the GIL.

Control: processes, which hand over in the same way, and have a GIL each.
"""

from __future__ import annotations

from bench.analysis.claims.claim import Claim, Reading

CLAIMS = (
    Claim(
        "handoff",
        "A thread that is handed the baton must also get the GIL: {figure} switches per op, where processes, which have a GIL each, "
        "take {control}",
        Reading("switches_per_op", "thread"),
        Reading("switches_per_op", "process"),
        0.5,
        effects=((Reading("D", "thread"), Reading("D", "process")),),
        gil=True,
    ),
)
