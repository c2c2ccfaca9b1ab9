"""How late a flow wakes beside one that burns the CPU: the table."""

from __future__ import annotations

from bench.report.document import Table
from bench.report.figures import Run, pooled
from bench.report.text import BLANK, digits, milliseconds
from bench.report.workloads.views import measured, suffixes
from bench.store import histogram


def preemption_table(run: Run, workload: str) -> tuple[Table, ...]:
    """How late the ticks were beside a flow that burns."""
    if not measured(run, workload, "burn_ms", "tick_ms", "switch_us", "late_max_s"):
        return ()
    rows = []
    for suffix in suffixes(run, workload):
        for model in run.models:
            cell = run.rows(workload, model, 2, suffix)
            if not cell.empty:
                counts = pooled(cell, "late_histogram")
                late = (milliseconds(histogram.percentile_ns(counts, q)) for q in (0.5, 0.9, 0.99))
                first = cell.iloc[0]
                most = milliseconds(cell["late_max_s"].max() * 1e9)
                interval = f"{digits(first['switch_us'] / 1000)} ms" if model == "thread" else BLANK
                rows.append((model, f"{first['burn_ms']:g}", interval, *late, most, f"{sum(counts.values()):,}"))
    head = ("model", "burns of, ms", "switch interval", "late p50, ms", "p90", "p99", "at most", "ticks")
    if not rows:
        return ()
    ticks = digits(float(run.table.loc[run.table["workload"] == workload, "tick_ms"].iloc[0]))
    note = (
        f"A tick is due every {ticks} ms, on a schedule: a tick that is missed counts as late as it is. The switch interval is how "
        "long a Python thread may keep the GIL when another wants it (sys.setswitchinterval)."
    )
    return (Table("How late a flow wakes beside one that burns the CPU", head, tuple(rows), note),)
