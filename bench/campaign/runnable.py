"""Which cells can run on this machine, and why the others cannot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bench import cells
from bench.machine import limits
from bench.models import load_model
from bench.presets.rows import Row
from bench.store.manifest import NotRun
from bench.targets import load_target
from bench.words import Cell
from bench.workloads import load_workload


def reason_not_to_run(cell: Cell) -> str:
    """Say why a cell cannot run on this machine, or return an empty string."""
    reason = cells.not_here(cell)
    if reason:
        return reason
    files, tasks = load_model(cell.model).footprint(cell.flows)
    for name in load_workload(cell.workload).targets:
        theirs = load_target(name).footprint(cell.flows, cells.parameters(cell))
        files, tasks = files + theirs[0], tasks + theirs[1]
    short = limits.shortage(files=files, tasks=tasks)
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
