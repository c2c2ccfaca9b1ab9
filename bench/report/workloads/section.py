"""What is said about each workload: its charts as data, its verdicts, its tables, its bodies."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pandas as pd

from bench.report.document import Chart, Group, Table, Timeline
from bench.report.figures import Run
from bench.report.sentences import chosen, grouped, readable
from bench.report.tables import figures_table, gate_table, scaling_table, waits_table
from bench.report.text import digits, plain
from bench.report.workloads.calls import calls_table
from bench.report.workloads.causes import causes
from bench.report.workloads.latency import latency_charts, latency_table
from bench.report.workloads.memory import memory_table
from bench.report.workloads.preemption import preemption_table
from bench.report.workloads.reads import inline_reads_table, reads_table
from bench.report.workloads.scaling import charts
from bench.report.workloads.speed_up import speed_up_table
from bench.report.workloads.timelines import timeline
from bench.report.workloads.variants import variants_table
from bench.report.workloads.views import views

Tables = Callable[[Run, str], tuple[Table, ...]]
Charts = Callable[[Run, str], tuple[Chart, ...]]


def figures_tables(run: Run, workload: str) -> tuple[Table, ...]:
    """The tables that most workloads have."""
    return (figures_table(run, workload), *scaling_table(run, workload), waits_table(run, workload))


# What each of VIEW_WORDS puts into a section; the other words are about its causes.
TABLES: Mapping[str, Tables] = {
    "figures": figures_tables,
    "memory": memory_table,
    "latency": latency_table,
    "calls": calls_table,
    "reads": reads_table,
    "inline_reads": inline_reads_table,
    "preemption": preemption_table,
    "speed_up": speed_up_table,
    "variants": variants_table,
}
CHARTS: Mapping[str, Charts] = {"scaling": charts, "latency": latency_charts}


@dataclass(frozen=True)
class Section:
    """What is said about one workload."""

    name: str
    about: str
    shows: str
    parameters: str
    causes: tuple[str, ...]
    charts: tuple[Chart, ...]
    verdicts: tuple[Group, ...]
    tables: tuple[Table, ...]
    timeline: Timeline | None
    gate: Table | None
    bodies: Mapping[str, str]
    programs: tuple[tuple[str, str], ...]  # models that run something of their own, and what


def sections(run: Run) -> tuple[Section, ...]:
    """One per workload, in the manifest's order."""
    if run.table.empty:
        return ()
    measured = set(run.table["workload"])
    return tuple(section(run, w) for w in run.manifest.workloads if w in measured)


def section(run: Run, workload: str) -> Section:
    """Everything about one workload."""
    words = views(run, workload)
    about, bodies = run.manifest.about, run.manifest.bodies.get(workload, {})
    return Section(
        name=workload,
        about=about["workloads"][workload],
        shows=about["shows"][workload],
        parameters=parameters_text(run, workload),
        causes=causes(run, workload),
        charts=tuple(chart for word in words if word in CHARTS for chart in CHARTS[word](run, workload) if chart.lines),
        timeline=timeline(run, workload),
        verdicts=grouped(readable([v for v in chosen(run) if v.workload == workload])),
        tables=tuple(table for word in words if word in TABLES for table in TABLES[word](run, workload)),
        gate=gate_table(run, workload),
        bodies=bodies,
        programs=tuple((m, bodies[m]) for m in run.models if m in bodies),
    )


def waits_text(wait_s: float, wait: str) -> str:
    """How long each op waits. Older runs do not say whether waits were drawn, and drew none."""
    drawn = " on average (drawn: half to one and a half times that)" if wait == "drawn" else ""
    return f"each op waits {digits(wait_s * 1e3)} ms{drawn}"


def parameters_text(run: Run, workload: str) -> str:
    """The parameters that all cells of a workload share."""
    rows = run.table[(run.table["workload"] == workload) & (run.table["suffix"] == run.suffix(workload))]
    if rows.empty:
        return ""
    first, words = rows.iloc[0], views(run, workload)
    ops = {int(n): int(k) for n, k in zip(rows["flows"], rows["ops_per_flow"], strict=True)}
    parts = (
        [waits_text(float(first["wait_s"]), str(first["wait"])), f"phase={first['phase']}"] if first["wait_s"] else []
    )
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
        if "inline_reads" not in words:
            parts.append(
                f"asyncio and uvloop read through a pool of at most {plain(first['pool'], '.0f')} threads, which starts a thread only "
                "when none is idle (kernel tasks, less one, says how many there were when the clock started)"
            )
    if "work_ms" in rows and not pd.isna(first["work_ms"]):
        parts.append(f"each piece of work burns {digits(first['work_ms'])} ms of CPU")
    if "figures" not in words:  # the tables that are there say how many there were
        return "; ".join(parts)
    parts.append(
        "ops per flow: " + ", ".join(f"{k:,} at {n:,} flow{'s' if n > 1 else ''}" for n, k in sorted(ops.items()))
    )
    return "; ".join(parts)
