"""Latency against load, where requests arrive at random: the table and the chart."""

from __future__ import annotations

import math

import pandas as pd

from bench.analysis.latency_at import Load, Reading, latency_at
from bench.report.document import Chart, Line, Point, Table
from bench.report.figures import Run, pooled
from bench.report.text import digits, milliseconds, plain
from bench.store import histogram

P99 = 0.99
KEEPS_UP = 0.9  # of the load offered; arrivals are random, so a model that keeps up can be a little below 1
LEAST_LOADS = 2  # a line needs as many
HEAD = (
    "model",
    "capacity, requests/s",
    "load",
    "arrivals",
    "served / offered",
    "latency p50, ms",
    "p99",
    "p99.9",
    "at most",
    "CPU per request, µs",
)
NOTE = (
    "Capacity: what the model can serve, as trials before the run showed at the load. Load: the share of its own "
    "capacity that arrives, as a Poisson process, for a second or longer. Latency counts from when a request was due, "
    f"not from when it was noticed, and the page itself takes 10 ms of it. Its percentiles are those of the requests of all rounds together. Served / offered: below {KEEPS_UP} the model falls behind, and its "
    "latency is as long as the load lasts. Each model has its own load: at 80 % a faster one serves more requests."
)
READ = (
    "Lower is better. Solid: the 99th percentile of latency, dashed: the median, both from when a request was due. Each "
    "model is asked for a share of its own capacity; a page takes 10 ms. Where a line leaves the floor, requests wait "
    "for the core; beyond 100 % the model falls behind, and latency grows for as long as the load lasts."
)


def loads(run: Run, workload: str, model: str) -> list[tuple[float, pd.DataFrame]]:
    """The records of one model by load, per cent of its capacity, in that order."""
    if run.table.empty or "load_pct" not in run.table:
        return []
    t = run.table[(run.table["workload"] == workload) & (run.table["model"] == model) & (run.table["load_pct"] > 0)]
    return [(float(load), cell) for load, cell in t.groupby("load_pct")]  # type: ignore[arg-type]


def used(cell: pd.DataFrame) -> pd.Series[float]:
    """The share of the work phase in which the cell itself used the core: its utilisation."""
    return cell["cpu_s"] / cell["T"]


def served_share(cell: pd.DataFrame, load_pct: float) -> float:
    """What was served of what was offered, per second: the median of its rounds."""
    return float((cell["X"] / (cell["capacity"] * load_pct / 100)).median())


def as_loads(cell: pd.DataFrame, share: float = P99) -> list[Load]:
    """Each record as a load that was reached, with a percentile of its latency, ms: the 99th unless said."""
    found = []
    for round_, busy, text in zip(cell["round"], used(cell), cell["late_histogram"], strict=True):
        ns = histogram.percentile_ns(histogram.pooled([text]), share) if isinstance(text, str) else None
        if ns is not None and not math.isnan(busy):
            found.append(Load(int(round_), float(busy), ns / 1e6))
    return found


def p99_at(run: Run, workload: str, model: str, load_pct: float) -> Reading | None:
    """The 99th percentile of latency where the core was so busy; None where no cell came near it, or the load could not be held.

    Latency at a load that is not held grows for as long as the load lasts, so it is no figure of the model's.
    """
    there = loads(run, workload, model)
    if any(load == load_pct and served_share(cell, load) < KEEPS_UP for load, cell in there):
        return None
    cells = {load: as_loads(cell) for load, cell in there}
    return latency_at([one for several in cells.values() for one in several], load_pct / 100, cells.get(load_pct, []))


def row(model: str, load: float, cell: pd.DataFrame) -> tuple[str, ...]:
    """One row of the table."""
    counts = pooled(cell, "late_histogram")
    return (
        model,
        plain(cell["capacity"].median()),
        f"{load:g} %",
        f"{sum(counts.values()):,}",
        digits(served_share(cell, load), 2),
        *(milliseconds(histogram.percentile_ns(counts, q)) for q in (0.5, 0.99, 0.999)),
        milliseconds(cell["late_max_s"].max() * 1e9),
        digits(float(cell["D"].median()) * 1e6),
    )


def latency_table(run: Run, workload: str) -> tuple[Table, ...]:
    """Latency at each load that was measured."""
    rows = [row(model, load, cell) for model in run.models for load, cell in loads(run, workload, model)]
    lost = [f"{v.cell}: {v.reason}" for v in run.manifest.void if v.cell.startswith(f"{workload}/")]
    note = NOTE + (f" Ended, because the model was too far behind: {'; '.join(lost)}." if lost else "")
    return (Table("Latency against load", HEAD, tuple(rows), note),) if rows else ()


def latency_charts(run: Run, workload: str) -> tuple[Chart, ...]:
    """The median and p99 of latency against load, where there is more than one load."""
    lines = []
    for model in run.models:
        for q, style in ((0.99, "measured"), (0.5, "bound")):
            points = []
            for load, cell in loads(run, workload, model):
                ns = histogram.percentile_ns(pooled(cell, "late_histogram"), q)
                if ns is not None:
                    points.append(Point(load, ns / 1e6))
            if len(points) >= LEAST_LOADS:
                lines.append(Line(model, tuple(points), style))
    if not lines:
        return ()
    title, x = f"{workload}: latency by load", "load, % of what the model can serve"
    return (Chart(f"{workload}-latency", title, x, "latency, ms", tuple(lines), READ),)
