"""Every workload has a null cell, which has no ops and shows what the gate costs."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from bench.cells import not_here
from bench.harness.pin import allowed_cpus
from bench.models import MODELS
from bench.store import records
from bench.words import Cell
from bench.workloads import WORKLOADS, load_workload

ROOT = Path(__file__).resolve().parents[2]
SEGMENTS_ONLY = "two_flows"  # its ops are its segments


def null_cell(workload: str) -> Cell:
    """The smallest null cell of a workload, under the first model that has it here."""
    cells = (Cell(workload, m, load_workload(workload).flows[0], (("ops", 0),)) for m in ("thread", "asyncio", *MODELS))
    return next(cell for cell in cells if not not_here(cell))


@pytest.mark.parametrize("workload", sorted({*WORKLOADS} - {SEGMENTS_ONLY, "postgres_sleep"}))
def test_a_null_cell_does_nothing_and_is_not_void(workload: str, tmp_path: Path) -> None:
    path = tmp_path / "record.json"
    command = [sys.executable, "-m", "bench.worker.main", null_cell(workload).name, "--record", str(path)]
    done = subprocess.run(
        [*command, "--cpu", str(allowed_cpus()[-1])], cwd=ROOT, capture_output=True, text=True, check=False, timeout=60
    )
    assert (done.returncode, json.loads(done.stdout.splitlines()[-1])) == (0, {"void": None}), done.stderr
    record = records.read(path)
    assert record.metadata["ops_done"] == record.metadata["bytes_done"] == 0
    assert "start_cpu_s" not in record.metadata


def test_a_workload_whose_ops_are_its_segments_says_so() -> None:
    assert "segments" in not_here(Cell(SEGMENTS_ONLY, "thread", 2, (("ops", 0),)))
