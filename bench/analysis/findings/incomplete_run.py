"""A run that did not measure all that it planned."""

from __future__ import annotations

from bench.analysis.findings.facts import Facts
from bench.store.runs import name_of
from bench.words import Finding


def find(facts: Facts) -> list[Finding]:
    """Return an error with the command that goes on with the run."""
    manifest = facts.manifest
    if manifest.state == "complete":
        return []
    return [
        Finding(
            "error",
            f"the run is {manifest.state}",
            f'go on with `make bench ARGS="--resume {name_of(manifest)}"`',
        )
    ]
