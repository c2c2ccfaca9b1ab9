"""How many flows of each model there were, and what stopped it: a table for the page, and for the question of starting."""

from __future__ import annotations

from bench.report.document import Table
from bench.report.figures import Run
from bench.report.text import BLANK, digits
from bench.words import Cell, UserError

FIGURES = (("create_per_flow_s", 1e6), ("T", 1), ("D", 1e6))


def scale_table(run: Run) -> Table | None:
    """A row per step that was reached, and in the last of a ladder what stopped the next one."""
    rows: list[tuple[str, ...]] = []
    for rung in run.manifest.scale:
        try:
            cell = Cell.parse(rung.cell)
        except UserError:  # a manifest of somebody else's
            continue
        start = (f"{cell.workload} {cell.model}", f"{cell.flows:,}")
        found = run.scale[run.scale["cell"] == cell.name] if len(run.scale) else run.scale
        if rung.stopped or found.empty:
            rows.append((*start, *[BLANK] * 4, rung.stopped or "its record is not there"))
            continue
        one = found.iloc[0]
        shown = [digits(float(one[name]) * unit) for name, unit in FIGURES]
        rows.append((*start, *shown, f"{int(one['kernel_tasks']):,}", ""))
    head = (
        "",
        "flows",
        "create, µs per flow",
        "time T, s",
        "CPU per op, µs",
        "tasks the kernel sees",
        "what stopped it",
    )
    note = (
        "These models with ever more flows, once, before the rounds. What stopped it was read when it did, from /proc or the "
        "cgroup. No step may take more than half of the memory that is free."
    )
    return Table("How many flows there can be", head, tuple(rows), note) if rows else None
