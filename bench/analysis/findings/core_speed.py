"""Whether the measured core was equally fast beside all cells, where the kernel does not report its frequency.

An empty loop beside each cell tells it.
"""

from __future__ import annotations

from bench.analysis.findings.facts import Facts
from bench.words import Finding

# How many times as long the loop takes, between the tenth and the ninetieth of a hundred cells. A core that wakes from idle
# is up to a fifth slower than one that works. A busy neighbour on its other hardware thread makes it 1.7 times slower.
SPEED = 1.25
SPEED_CELLS = 20  # of fewer, the tenth of a hundred is one or two values


def find(facts: Facts) -> list[Finding]:
    """Compare the slow with the fast tenth of the loops, ns a turn."""
    if facts.table.empty or facts.table["mhz"].notna().any():
        return []
    turn_ns = facts.table["turn_ns"].dropna()
    if len(turn_ns) < SPEED_CELLS:
        return []
    fast, slow = (float(turn_ns.quantile(q)) for q in (0.1, 0.9))
    if not slow / fast > SPEED:
        return []
    return [
        Finding(
            "warning",
            f"the measured core's own speed moved, which no counter here shows: the same empty loop took {fast:.0f} ns a turn beside "
            f"some cells and {slow:.0f} beside others (the tenth and the ninetieth of a hundred)",
            "trust ratios, which are taken inside a round; a neighbour on the core's other hardware thread does that: rent whole cores",
        )
    ]
