"""An interpreter that makes all figures worthless, such as a debug build. What it may be is said where it is read."""

from __future__ import annotations

from bench.analysis.findings.facts import Facts
from bench.machine.host import spoiled
from bench.words import Finding


def find(facts: Facts) -> list[Finding]:
    """Return an error for each thing that is wrong with it."""
    return spoiled(facts.manifest.environment.get("interpreter", {}))
