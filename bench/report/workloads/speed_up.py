"""How many times as fast as one flow after the other, by the CPU's share of an op: the table."""

from __future__ import annotations

from bench.analysis.laws import speed_up
from bench.analysis.statistics import Estimate, ratio
from bench.report.document import Table
from bench.report.figures import Run
from bench.report.text import BLANK
from bench.report.workloads.views import measured, suffixes


def speed_up_text(found: Estimate | None) -> str:
    """How many times as fast, with the interval where there is one."""
    if found is None:
        return BLANK
    text = f"{1 / found.value:.2f}"
    return f"{text} ({1 / found.high:.2f} to {1 / found.low:.2f})" if found.has_interval else text


def speed_up_table(run: Run, workload: str) -> tuple[Table, ...]:
    """How many times as fast as one flow after the other, by the share of CPU in each op, and the most there can be."""
    if not measured(run, workload, "burn_pct"):
        return ()
    models = [m for m in run.models if run.manifest.about["kinds"].get(m) != "none"]
    rows = []
    for suffix in suffixes(run, workload):
        cells = run.table[(run.table["workload"] == workload) & (run.table["suffix"] == suffix)]
        first = cells.iloc[0]
        block, n, share = str(first["block"]), int(first["flows"]), float(first["burn_pct"]) / 100
        shown = [speed_up_text(ratio(run.table, block, model, "sequential", "T")) for model in models]
        rows.append((share, (f"{share * 100:.0f} %", f"{speed_up(n, share):.2f}", *shown)))
    head = ("CPU's share of an op", "at most", *models)
    note = (
        "At most: N flows overlap until the core is full, min(N, 1 / share) (bench.analysis.laws). Waits of a flow's first op "
        "are cut to a random part, so a figure can be a little off the bound."
    )
    ordered = tuple(row for _, row in sorted(rows))
    caption = "How many times as fast as one after the other, 10 flows"
    return (Table(caption, head, ordered, note),) if rows else ()
