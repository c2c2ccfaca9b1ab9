"""What the campaign noted while it measured."""

from __future__ import annotations

from bench.analysis.findings.facts import Facts
from bench.words import Finding


def find(facts: Facts) -> list[Finding]:
    """Return the findings in the manifest, as they are."""
    return list(facts.manifest.findings)
