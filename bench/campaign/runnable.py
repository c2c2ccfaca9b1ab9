"""Which cells can run on this machine, and why the others cannot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bench import cells
from bench.machine import limits
from bench.models import load_model
from bench.presets.rows import Row
from bench.store.manifest import NotRun
from bench.words import Cell
from bench.workloads import load_workload


def reason_not_to_run(cell: Cell) -> str:
    """Say why a cell cannot run on this machine, or return an empty string."""
    launcher, workload = load_model(cell.model), load_workload(cell.workload)
    reason = cells.not_here(cell)
    if reason:
        return reason
    files, tasks = launcher.footprint(cell.model, cell.flows)
    # The server has them all, whoever has the other ends; only some cells of a workload with seats (park) connect.
    connects = "http" in workload.TARGETS and cells.parameters(cell).get("seat", "http") == "http"
    connections = cell.flows if connects else 0
    backends = cell.flows if "postgres" in workload.TARGETS else 0  # a process for each connection
    short = limits.shortage(files=files + connections, tasks=tasks + backends)
    return str(short) if short else ""


def runnable(rows: Sequence[Row]) -> tuple[list[Row], list[NotRun]]:
    """Split rows into what can run here and what cannot, with the reason."""
    able, unable = [], []
    for row in rows:
        first = replace(row, twins=()).cells()
        reasons = {cell.model: (cell.name, reason_not_to_run(cell)) for cell in first}
        unable += [NotRun(name, reason) for name, reason in reasons.values() if reason]
        models = tuple(model for model, (_, reason) in reasons.items() if not reason)
        if models:
            able.append(row.of(models))
    return able, unable
