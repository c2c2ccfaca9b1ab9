"""Cells without a figure: they did other work than asked, or did not end."""

from __future__ import annotations

from bench.analysis.findings.facts import Facts
from bench.words import Finding, listed


def find(facts: Facts) -> list[Finding]:
    """Return an error for each void attempt that no later attempt replaced; those of a workload with one reason are one."""
    superseded = set(facts.manifest.superseded)
    alike: dict[tuple[str, str], list[str]] = {}
    for void in facts.manifest.void:
        if void.id not in superseded:
            key = (void.cell.partition("/")[0], void.reason)
            alike.setdefault(key, []).append(f"{void.cell}, round {void.round}")
    return [
        Finding("error", f"{places[0]}, is void: {reason}")
        if len(places) == 1
        else Finding(
            "error",
            f"{len(places)} cells of {workload} are void: {reason}: {listed(dict.fromkeys(p.partition(',')[0] for p in places))}",
        )
        for (workload, reason), places in alike.items()
    ]
