"""Cells without a figure: they did other work than asked, or did not end."""

from __future__ import annotations

from bench.analysis.findings.facts import Facts
from bench.words import Finding


def find(facts: Facts) -> list[Finding]:
    """Return one error for each void attempt that no later attempt replaced."""
    superseded = set(facts.manifest.superseded)
    return [
        Finding("error", f"{void.cell}, round {void.round}, is void: {void.reason}")
        for void in facts.manifest.void
        if void.id not in superseded
    ]
