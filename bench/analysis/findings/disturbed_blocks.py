"""Blocks that were disturbed while measured, and what was done about them."""

from __future__ import annotations

from bench.analysis.findings.facts import Facts
from bench.words import Finding, listed


def find(facts: Facts) -> list[Finding]:
    """Count the disturbed blocks; a hint where all were measured again, otherwise a warning."""
    disturbed = facts.manifest.disturbed
    if not disturbed:
        return []
    table = facts.table
    measured = set() if table.empty else set(zip(table["block"], table["round"], strict=True))
    # A block that is disturbed several times has an entry for each time. Only its last state counts.
    last = {(entry.block, entry.round): entry.again for entry in sorted(disturbed, key=lambda one: not one.again)}
    count, again = len(last), sum(last.values())
    used = sum(place in measured for place, repeated in last.items() if not repeated)
    became = {
        "measured again": again,
        "left out because there were quiet rounds enough": count - again - used,
        "used all the same": used,
    }
    return [
        Finding(
            "warning" if again < count else "hint",
            f"{count} {'block was' if count == 1 else 'blocks were'} disturbed while measured: "
            f"{', '.join(f'{number} {what}' for what, number in became.items() if number)} (disturbed attempts are kept in raw/): "
            f"{listed(entry.block for entry in disturbed)}; the first: {disturbed[0].why}",
            "stop other work on this machine",
        )
    ]
