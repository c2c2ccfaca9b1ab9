"""What is said about each workload: its charts as data, its verdicts, its tables, its bodies."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from bench.analysis.verdicts import Verdict
from bench.report.causes import causes
from bench.report.document import Section, Table
from bench.report.figures import Run
from bench.report.loads import load_charts
from bench.report.scaling import charts
from bench.report.sentences import chosen, grouped
from bench.report.special import special_tables
from bench.report.tables import figures_table, gate_table, scaling_table, waits_table
from bench.report.text import digits, plain
from bench.report.timelines import timeline

CHARTLESS = (
    "park",
    "hog",
    "io_share",
    "switch",
    "open_loop",
    "layers",
)  # their tables say it, and a chart of time would say nothing

OWN_TABLES = ("park", "open_loop", "layers", "hog")  # the general columns do not fit what they measure


def sections(run: Run) -> tuple[Section, ...]:
    """One per workload, in the manifest's order."""
    if run.table.empty:
        return ()
    measured = set(run.table["workload"])
    return tuple(section(run, w) for w in run.manifest.workloads if w in measured)


def section(run: Run, workload: str) -> Section:
    """Everything about one workload."""
    about, bodies = run.manifest.about, run.manifest.bodies.get(workload, {})
    return Section(
        name=workload,
        about=about["workloads"][workload],
        shows=about["shows"][workload],
        parameters=parameters_text(run, workload),
        causes=causes(run, workload),
        charts=load_charts(run, workload)
        if workload in CHARTLESS
        else tuple(chart for chart in charts(run, workload) if chart.lines),
        timeline=timeline(run, workload),
        verdicts=grouped(readable([v for v in chosen(run) if v.workload == workload])),
        tables=tables(run, workload),
        gate=gate_table(run, workload),
        bodies=bodies,
        programs=tuple((m, bodies[m]) for m in run.models if m in bodies),
    )


MOST_PAIRED = 4  # models of which every pair is put into words: six pairs, of two figures each


def readable(found: Sequence[Verdict]) -> list[Verdict]:
    """Every pair of a few models; of many, each against the first of its block only. The table of ratios has them all."""
    models: dict[str, dict[str, None]] = {}
    for v in found:
        models.setdefault(v.block, {}).update({v.reference: None, v.model: None})
    return [v for v in found if len(models[v.block]) <= MOST_PAIRED or v.reference == next(iter(models[v.block]))]


def tables(run: Run, workload: str) -> tuple[Table, ...]:
    """A workload's tables; of one that is about memory, what time it took says nothing."""
    special = special_tables(run, workload)
    if workload in OWN_TABLES:
        return special
    return (figures_table(run, workload), *scaling_table(run, workload), waits_table(run, workload), *special)


def parameters_text(run: Run, workload: str) -> str:
    """The parameters that all cells of a workload share."""
    rows = run.table[(run.table["workload"] == workload) & (run.table["suffix"] == run.suffix(workload))]
    if rows.empty:
        return ""
    first = rows.iloc[0]
    ops = {int(n): int(k) for n, k in zip(rows["flows"], rows["ops_per_flow"], strict=True)}
    parts = [f"each op waits {digits(first['wait_s'] * 1e3)} ms", f"phase={first['phase']}"] if first["wait_s"] else []
    if "payload_bytes" in rows and not pd.isna(first["payload_bytes"]):
        parts.append(f"{int(first['payload_bytes']):,} bytes a page")
    if "postgres_version" in rows and not pd.isna(first["postgres_version"]):
        parts.append(f"PostgreSQL {first['postgres_version']}")
    if "read_method" in rows and not pd.isna(first["read_method"]):
        disk = run.manifest.environment.get("disk", {})
        parts.append(
            f"{plain(first['read_kib'])} KiB a read, past the page cache by {first['read_method']}, "
            f"from {disk.get('file system', 'an unknown file system')} on {disk.get('device', 'an unknown device')}"
        )
        if workload != "file_read_inline":
            parts.append(
                f"asyncio and uvloop read through a pool of at most {plain(first['pool'], '.0f')} threads, which starts a thread only "
                "when none is idle (kernel tasks, less one, says how many there were when the clock started)"
            )
    if "work_ms" in rows and not pd.isna(first["work_ms"]):
        parts.append(f"each piece of work burns {digits(first['work_ms'])} ms of CPU")
    if workload in OWN_TABLES:  # which say how many there were
        return "; ".join(parts)
    parts.append(
        "ops per flow: " + ", ".join(f"{k:,} at {n:,} flow{'s' if n > 1 else ''}" for n, k in sorted(ops.items()))
    )
    return "; ".join(parts)
