"""Campaigns over scripted cells, and what became of their folders."""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyperf

from bench.campaign.campaign import Campaign
from bench.campaign.progress import Progress
from bench.campaign.reports import ReportCost
from bench.presets.rows import Row
from bench.store.manifest import RAW, read_manifest, valid_records
from tests.support.cells import ScriptedCells
from tests.support.runs import make_manifest

SEED = 1
REPORT_S = 25.0  # of scripted runs, however many records they have
REPORT = ReportCost(REPORT_S, 0.0)
PAIR = ("thread", "asyncio")
ONE = (Row("sleep", 10, PAIR, 3, 3),)
TWO = (Row("sleep", 10, PAIR, 2, 2), Row("sleep", 100, PAIR, 3, 3))


def begin_campaign(
    folder: Path, rows: Sequence[Row], cells: ScriptedCells, *, budget_s: float = 1e6, **others: Any
) -> Campaign:
    """A campaign in a new folder, in which all blocks that may grow do so alike, unless the others say which."""
    (folder / RAW).mkdir(parents=True)
    manifest = make_manifest(seed=SEED, state="running", budget_s=budget_s, elapsed_s=0.0)
    manifest.write(folder)
    others.setdefault("report", REPORT)
    others.setdefault("too_wide", lambda blocks: dict.fromkeys(blocks, math.inf))
    return Campaign(folder, manifest, rows, cells, Progress(io.StringIO(), cells.clock), cells.clock, **others)


def resume_campaign(folder: Path, rows: Sequence[Row], cells: ScriptedCells, *, budget_s: float = 1e6) -> Campaign:
    """A campaign that goes on in a folder, as `run --resume` makes it."""
    manifest = read_manifest(folder)
    manifest.state, manifest.budget_s = "running", budget_s
    return Campaign(folder, manifest, rows, cells, Progress(io.StringIO(), cells.clock), cells.clock, report=REPORT)


def counted(folder: Path) -> list[tuple[str, int]]:
    """What counts of a run, as (cell, round), sorted; fails if anything counts twice."""
    found = sorted((r.cell.name, r.round) for r in valid_records(folder, read_manifest(folder)))
    assert len(found) == len(set(found))
    return found


def wanted(rows: Sequence[Row]) -> list[tuple[str, int]]:
    """What rows ask for at most, as (cell, round), sorted."""
    return sorted((cell.name, n) for row in rows for n in range(1, row.most + 1) for cell in row.cells(n))


def values_in(results: Path) -> int:
    """How many values pyperf finds in a file."""
    return sum(b.get_nvalue() for b in pyperf.BenchmarkSuite.load(str(results)).get_benchmarks())
