"""Whether the measured core kept its frequency, where the kernel reports it."""

from __future__ import annotations

from bench.analysis.findings.facts import Facts
from bench.words import Finding

# Relative: as wide as D is asked to be known. A core that is so much faster needs so much less CPU time for the same work.
FREQUENCY = 0.05


def find(facts: Facts) -> list[Finding]:
    """Compare the lowest with the highest frequency of all records, each read before and after its cell."""
    if facts.table.empty:
        return []
    low, high = facts.table["mhz"].min(), facts.table["mhz"].max()
    if not high / low - 1 > FREQUENCY:
        return []
    return [
        Finding(
            "warning",
            f"the measured core's frequency moved: between {low:,.0f} and {high:,.0f} MHz",
            "trust ratios, which are taken inside a round; `pyperf system tune` fixes the frequency until the next start",
        )
    ]
