"""What is said about each workload: its charts as data, its verdicts, its tables, its bodies."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from bench.analysis import laws
from bench.render.document import Chart, Line, Point, Section
from bench.render.figures import Run
from bench.render.sentences import chosen, grouped
from bench.render.tables import figures_table, gate_table
from bench.render.text import digits

READ_THROUGHPUT = (
    "Higher is better; both axes are logarithmic. Solid: measured, with the 95 % interval (mostly smaller than the "
    "marker). Dashed in the same colour: the most that one core can give, min(N/(D+Z), 1/D) with D, the CPU per op, of "
    "the next larger N; its last, dotted part takes D from the N below and is an estimate. While a line rises along "
    "its slope, waits overlap and the core has time; where it bends, the core is full. The flat dashed line is "
    "computed, not measured: N·k·Z, one wait after the other."
)
READ_DEMAND = (
    "Lower is better. What one op costs the core, user and system time together, wake-ups included. It falls with the "
    "number of flows where one wake-up serves several of them, so a CPU per op always belongs to its N. Bars are 95 % "
    "intervals of the median over rounds; points without bars had fewer than six rounds."
)
READ_TIME = (
    "Shorter is better. Concurrent waits take as long as the longest of them; one after the other, as long as the sum."
)


def sections(run: Run) -> tuple[Section, ...]:
    """One per workload, in the manifest's order."""
    if run.table.empty:
        return ()
    measured = set(run.table["workload"])
    return tuple(section(run, w) for w in run.manifest.workloads if w in measured)


def section(run: Run, workload: str) -> Section:
    """Everything about one workload."""
    about = run.manifest.about
    flows = run.flows(workload)
    charts = scaling_charts(run, workload) if len(flows) > 1 else time_chart(run, workload, flows)
    return Section(
        name=workload,
        about=about["workloads"][workload],
        shows=about["shows"][workload],
        parameters=parameters_text(run, workload),
        charts=charts,
        verdicts=grouped([v for v in chosen(run) if v.workload == workload]),
        table=figures_table(run, workload),
        gate=gate_table(run, workload),
        bodies=run.manifest.bodies.get(workload, {}),
    )


def parameters_text(run: Run, workload: str) -> str:
    """The parameters that all cells of a workload share."""
    rows = run.table[(run.table["workload"] == workload) & (run.table["suffix"] == "")]
    if rows.empty:
        return ""
    first = rows.iloc[0]
    ops = {int(n): int(k) for n, k in zip(rows["flows"], rows["ops_per_flow"], strict=True)}
    parts = [f"each op waits {digits(first['wait_s'] * 1e3)} ms", f"phase={first['phase']}"]
    if "payload_bytes" in rows and not pd.isna(first["payload_bytes"]):
        parts.append(f"{int(first['payload_bytes']):,} bytes a page")
    parts.append("ops per flow: " + ", ".join(f"{k} at {n:,} flows" for n, k in sorted(ops.items())))
    return "; ".join(parts)


def scaling_charts(run: Run, workload: str) -> tuple[Chart, ...]:
    """Throughput against N with its bounds, and CPU per op against N."""
    throughput: list[Line] = []
    demand: list[Line] = []
    kinds = run.manifest.about["kinds"]
    for model in run.models:
        x = measured_line(run, workload, model, "X", 1)
        if x is None:
            continue
        throughput.append(x)
        if kinds.get(model) == "none":
            wait = run.wait_s(workload, model)
            beyond = [n for n in run.flows(workload) if n >= x.points[-1].x]
            if wait > 0 and len(beyond) > 1:
                throughput.append(Line(model, tuple(Point(n, 1 / wait) for n in beyond), "computed"))
        else:
            limits = laws.bounds(run.demand_s(workload, model), run.wait_s(workload, model))
            solid = [Point(b.flows, b.ops_per_s) for b in limits if not b.estimated]
            if solid:
                throughput.append(Line(model, tuple(solid), "bound"))
                throughput.append(Line(model, (solid[-1], Point(limits[-1].flows, limits[-1].ops_per_s)), "estimate"))
        d = measured_line(run, workload, model, "D", 1e6)
        if d is not None:
            demand.append(d)
    return (
        Chart(
            f"{workload}-throughput",
            f"{workload}: ops per second by number of flows",
            "flows",
            "ops per second",
            tuple(throughput),
            READ_THROUGHPUT,
        ),
        Chart(
            f"{workload}-cpu",
            f"{workload}: CPU per op by number of flows",
            "flows",
            "CPU per op, µs",
            tuple(demand),
            READ_DEMAND,
        ),
    )


def measured_line(run: Run, workload: str, model: str, figure: str, scale: float) -> Line | None:
    """One model's measured line, or None where it has no point."""
    points = []
    for n in run.flows(workload):
        e = run.figure(workload, model, n, figure)
        if e is not None:
            points.append(Point(n, e.value * scale, e.low * scale, e.high * scale))
    return Line(model, tuple(points)) if points else None


def time_chart(run: Run, workload: str, flows: Sequence[int]) -> tuple[Chart, ...]:
    """One number of flows: the time of each model."""
    if not flows:
        return ()
    lines = []
    for model in run.models:
        e = run.figure(workload, model, flows[0], "T")
        if e is not None:
            lines.append(Line(model, (Point(e.value, 0, e.low, e.high),)))
    return (
        Chart(
            f"{workload}-time",
            f"{workload}: time of {flows[0]} flows",
            "seconds",
            "",
            tuple(lines),
            READ_TIME,
            bars=True,
        ),
    )
