"""A new finding is one file and one line: both are added to a copy of the suite, which then reports it."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.contract.test_docs import add_line
from tests.contract.test_ledger import copy as copy  # noqa: PLC0414 - a fixture
from tests.support.records import rounds_of
from tests.support.runs import make_run

FILE = '''"""Cells that caused page faults."""

from __future__ import annotations

from bench.analysis.findings.facts import Facts, cells_where, name_cells
from bench.words import Finding

FAULTS = 5  # per cell: a flow that only sleeps touches no new page


def find(facts: Facts) -> list[Finding]:
    """Name the cells that caused more."""
    named = cells_where(facts.medians("page_faults") > FAULTS)
    return name_cells(named, "error", "page after page was touched by", "touch fewer pages")
'''
SAID: dict[str, Any] = {
    "level": "error",
    "what": "page after page was touched by sleep/thread/100",
    "remedy": "touch fewer pages",
    "cells": ["sleep/thread/100"],
}


def report(copy: Path, run: Path) -> str:
    """Report a run with the copy of the suite; return what the terminal shows."""
    done = subprocess.run(
        [sys.executable, "-m", "bench", "report", "--format", "json,html,cells,findings", str(run)],
        cwd=copy,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def test_a_finding_is_one_file_and_one_line(copy: Path) -> None:
    records = [
        *rounds_of("sleep/thread/100", [1.0] * 3, page_faults=6),
        *rounds_of("sleep/asyncio/100", [1.0] * 3, page_faults=5, steal=0.5),
    ]
    run = make_run(copy / "run", records)
    report(copy, run)
    (before,) = json.loads((run / "report.json").read_text())["findings"]
    (copy / "bench/analysis/findings/touched_pages.py").write_text(FILE)
    add_line(copy / "bench/analysis/findings/__init__.py", r'    "steal",', '"touched_pages",')
    shown = report(copy, run)
    assert json.loads((run / "report.json").read_text())["findings"] == [SAID, before]
    assert SAID["what"] in re.sub(r"\s+", " ", shown)
    assert SAID["what"] in (run / "index.html").read_text()
