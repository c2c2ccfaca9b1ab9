"""What the reader must know about a run. Each finding is one file here, with its thresholds and their reasons, and one line below."""

from __future__ import annotations

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


def find_all(table: pd.DataFrame, manifest: Manifest) -> list[Finding]:
    """Return every finding about a run, worst first. `table` is the frame of its records; it may be empty."""
    facts = Facts(table, manifest)
    findings = [finding for name in FINDINGS for finding in load_finder(name).find(facts)]
    return sorted(findings, key=lambda finding: WORST_FIRST.index(finding.level))
