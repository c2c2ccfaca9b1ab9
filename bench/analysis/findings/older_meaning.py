"""A run whose figures mean something else than those of today."""

from __future__ import annotations

from bench.analysis.findings.facts import Facts
from bench.store.schema import told
from bench.words import Finding


def find(facts: Facts) -> list[Finding]:
    """Return a warning where the run is of an earlier version's meaning."""
    what = told(facts.manifest.schema)
    return [Finding("warning", what, "measure again to compare with newer runs")] if what else []
