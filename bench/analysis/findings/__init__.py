"""What the reader must know about a run. Each finding is one file here, with its thresholds and their reasons, and one line below."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Protocol, cast

import pandas as pd

from bench.analysis.findings.facts import Facts
from bench.store.manifest import Manifest
from bench.words import WORST_FIRST, Finding

# In the order of the page, where those of one level stand together, the worst level first.
FINDINGS = (
    "of_the_campaign",
    "void_cells",
    "disturbed_blocks",
    "flow_limits",
    "incomplete_run",
    "busy_server",
    "strangers",
    "child_on_the_core",
    "unequal_results",
    "interference",
    "steal",
    "cpu_limit",
    "busy_sibling",
    "slow_start",
    "mostly_starting",
    "unread_clocks",
    "early_timers",
    "gate_bound",
    "wide_intervals",
    "drift",
    "bimodal",
    "unsteady",
    "not_steady",
    "core_frequency",
    "core_speed",
    "moved_flows",
    "spoiled_interpreter",
    "older_meaning",
)


class Finder(Protocol):
    """What each file named above has."""

    def find(self, facts: Facts) -> list[Finding]: ...


def load_finder(name: str) -> Finder:
    """Import the file of one finding."""
    return cast("Finder", import_module(f"{__name__}.{name}"))


def find_by_name(facts: Facts) -> dict[str, list[Finding]]:
    """Return the findings about a run by the name of the file that found them, in the order of FINDINGS."""
    return {name: load_finder(name).find(facts) for name in FINDINGS}


def worst_first(found: Mapping[str, Sequence[Finding]]) -> list[Finding]:
    """Put findings of all files into one list, the worst level first."""
    every = (finding for findings in found.values() for finding in findings)
    return sorted(every, key=lambda finding: WORST_FIRST.index(finding.level))


def find_all(table: pd.DataFrame, manifest: Manifest) -> list[Finding]:
    """Return every finding about a run, worst first. `table` is the frame of its records; it may be empty."""
    return worst_first(find_by_name(Facts(table, manifest)))
