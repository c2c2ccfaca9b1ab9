"""What became of a timer beside large reads of a disk: the table."""

from __future__ import annotations

from collections.abc import Collection

from bench.report.document import Table
from bench.report.figures import Run, pooled
from bench.report.text import BLANK, digits, milliseconds
from bench.report.workloads.views import views
from bench.store import histogram

STALL_NS = 5_000_000  # a timer of 5 ms that is late by more than itself has been stood in the way of
NEEDED = ("timer", "timer_ms", "read_kib", "late_max_s")


def reads_table(run: Run, workload: str) -> tuple[Table, ...]:
    """What became of a timer beside reads that a thread or a pool does."""
    return beside_reads(run, workload, {workload}, set())


def inline_reads_table(run: Run, workload: str) -> tuple[Table, ...]:
    """What became of a timer where the loop itself reads, and for comparison where it does not."""
    others = {other for other in run.manifest.workloads if "reads" in views(run, other)}
    return beside_reads(run, workload, {workload, *others}, {workload})


def beside_reads(run: Run, workload: str, shown: Collection[str], inline: Collection[str]) -> tuple[Table, ...]:
    """A row for each model of the workloads that are shown; of `inline` ones, the loop itself reads."""
    if not {*NEEDED} <= {*run.table}:
        return ()
    with_timer = run.table[(run.table["timer"] == 1) & run.table["workload"].isin(shown)].dropna(subset=[*NEEDED])
    if workload not in set(with_timer["workload"]):
        return ()
    rows = []
    for (kind, model), cell in with_timer.groupby(["workload", "model"], sort=False):
        read = histogram.percentile_ns(pooled(cell, "op_histogram"), 0.5, beyond=1)
        late_most = cell["late_max_s"].max() * 1e9
        inside = kind in inline
        how = "inside the loop" if inside else "in place" if model == "thread" else "through the pool"
        counts = pooled(cell, "late_histogram")
        median_late = histogram.percentile_ns(counts, 0.5, beyond=1)
        stalled = sum(n for bucket, n in counts.items() if histogram.middle(bucket) > STALL_NS) / max(
            1, sum(counts.values())
        )
        rows.append(
            (
                str(model),
                how,
                milliseconds(read),
                milliseconds(late_most),
                f"{late_most / read:.1f}" if read else BLANK,
                f"{stalled * 100:.0f} %",
                milliseconds(median_late),
            )
        )
    first = with_timer.iloc[0]
    caption = (
        f"{workload}: a timer of {digits(first['timer_ms'])} ms beside reads of {int(first['read_kib']) // 1024} MiB"
    )
    head = (
        "model",
        "where it reads",
        "one read, ms",
        "timer late, at most, ms",
        "that is, reads",
        "timer ops late by over 5 ms",
        "timer late, median, ms",
    )
    note = (
        "A flow that waits for a timer again and again, beside one that reads. Where the loop itself reads, a timer that falls "
        "due meanwhile is late by the rest of that read, and by a read in each of the two turns of the loop that asyncio needs "
        "to wake a sleeper (one to run the timer, one to run the flow). Through a pool of threads, or under threads, no "
        "turn of a loop waits for a read; what is late there waited for the core, or for the GIL. The timer's remaining ops run when the "
        "reads are over, so its median shows little."
    )
    return (Table(caption, head, tuple(sorted(set(rows), key=lambda row: (row[1], row[0]))), note),)
