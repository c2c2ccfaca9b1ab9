"""What kept a model from having more flows, when the campaign raised their number step by step."""

from __future__ import annotations

from bench.analysis.findings.facts import Facts
from bench.words import OUT_OF_TIME, Finding


def find(facts: Facts) -> list[Finding]:
    """Return a hint for each limit. A step that ended in a void cell is an error of its own, not a limit."""
    void = {void.cell for void in facts.manifest.void}
    return [
        Finding(
            "hint", f"more flows would have taken too long: {rung.cell}: {rung.stopped}", "give it a larger --budget"
        )
        if rung.stopped.startswith(OUT_OF_TIME)
        else Finding("hint", f"a limit was reached: {rung.cell}: {rung.stopped}", "raise it to have more flows")
        for rung in facts.manifest.scale
        if rung.stopped and rung.cell not in void
    ]
