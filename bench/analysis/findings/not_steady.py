"""Cells whose CPU per op moves while they run: their figure depends on how long one measures."""

from __future__ import annotations

from bench.analysis.findings.facts import Facts
from bench.analysis.steady import MOVES, moving
from bench.words import NAMED, Finding


def find(facts: Facts) -> list[Finding]:
    """Name the cells with the change, the largest first."""
    found = sorted(moving(facts.worked).items(), key=lambda one: -abs(one[1] - 1))
    if not found:
        return []
    named = ", ".join(f"{cell} ({(ratio - 1) * 100:+.0f} %)" for cell, ratio in found[:NAMED])
    more = f" and {len(found) - NAMED} more" if len(found) > NAMED else ""
    return [
        Finding(
            "warning",
            f"not steady: CPU per op of the last three quarters of the ops differs by more than {MOVES * 100:.0f} % from that of the first: {named}{more}",
            "no verdict is given on their CPU per op; with more ops each they may become steady",
            tuple(sorted(cell for cell, _ in found)),
        )
    ]
