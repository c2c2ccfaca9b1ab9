"""Charts as data: throughput, CPU per op, durations and lateness, against the number of flows or the percentile."""

from __future__ import annotations

import math
from collections.abc import Sequence

from bench.analysis import laws
from bench.analysis.statistics import Estimate
from bench.report.document import Chart, Line, Point
from bench.report.figures import Run, of_rounds

READ_THROUGHPUT = (
    "Higher is better; both axes are logarithmic. Solid: measured, with the 95 % interval (mostly smaller than the "
    "marker). Dashed in the same colour, mostly under the solid line: the most that one core can give N flows that wait Z "
    "and use D of CPU per op, min(N/(D+Z), 1/D), with its own Z and D of the next larger N; its last, dotted part takes D from the N "
    "below, so a model whose D still falls can be above it. While a line rises along its slope, waits overlap and the core "
    "has time; where it bends, the core is full. The flat dashed line is computed, not measured: 1/Z, one wait after the other."
)
READ_UNBOUND = (
    "Higher is better; both axes are logarithmic. Bars are 95 % intervals of the median over rounds. No bound is drawn: "
    "here is no wait Z of a known length to reckon with. A disk takes as long as those who ask it together make it take, and flows "
    "that hand over wait for each other."
)
READ_DEMAND = (
    "Lower is better. What one op costs the core, user and system time together, wake-ups included. It changes with the "
    "number of flows, so a CPU per op always belongs to its N: of waits that end together, one wake-up of asyncio's or uvloop's loop "
    "serves several; a thread or a process is woken for each wait of its own, and what falls there is not taken apart here (an idle core that "
    "must wake, cold caches). Bars are 95 % intervals of the median over rounds; points without had fewer than six rounds."
)
READ_TIME = "Shorter is better."
READ_WAITS = " Concurrent waits take as long as the longest of them; one after the other, as long as the sum."
READ_DURATION = (
    "Lower is better. How long one op took, from the end of the one before: solid, the median; dashed, the 99th "
    "percentile, of the ops of all rounds together. Who asks for what others are using, a disk, a lock, waits for those "
    "before it, and whose turn it is waits for the core."
)
READ_LATENESS = (
    "Lower is better. How late the ops of all rounds ended, after they were due: half of them by at most the value at 50 %, "
    "all but one in a thousand by at most the value at 99.9 %. Bars are 95 % intervals from drawing whole rounds again. Below zero: earlier than due; where a server gives the waits, an op is due after the wait it asked for and what the server added to waits on average. The scale is linear "
    "up to 1 ms and logarithmic beyond."
)
LATENESS_FLOWS = 100  # the number of flows whose lateness is drawn, if it was measured
PERCENTILES = (0.25, 0.5, 0.75, 0.9, 0.95, 0.98, 0.99, 0.995, 0.999)


def charts(run: Run, workload: str) -> tuple[Chart, ...]:
    """Every chart of a workload, but for its timeline."""
    flows = run.flows(workload)
    if len(flows) < 2:
        return time_chart(run, workload, flows)
    return (*scaling_charts(run, workload), *duration_chart(run, workload), *lateness_chart(run, workload))


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
            wait = max(run.wait_s(workload, model).items(), default=(0, 0.0))[1]  # of the most flows
            beyond = [n for n in run.flows(workload) if n >= x.points[-1].x]
            if wait > 0 and len(beyond) > 1:
                throughput.append(Line(model, tuple(Point(n, 1 / wait) for n in beyond), "computed"))
        else:
            limits = laws.bounds(
                run.demand_s(workload, model), run.wait_s(workload, model), run.at_once(workload, model)
            )
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
            READ_THROUGHPUT if any(line.style != "measured" for line in throughput) else READ_UNBOUND,
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
            READ_TIME + (READ_WAITS if (run.table.loc[run.table["workload"] == workload, "Z"] > 0).any() else ""),
            bars=True,
        ),
    )


def duration_chart(run: Run, workload: str) -> tuple[Chart, ...]:
    """Op durations against N, where nobody knew beforehand how long an op would take."""
    lines = []
    for model in run.models:
        for q, style in ((0.5, "measured"), (0.99, "bound")):
            points = []
            for n in run.flows(workload):
                (found,) = of_rounds(run.rows(workload, model, n), "op_histogram", [q])
                if found is not None:
                    points.append(in_ms(n, found))
            if points:
                lines.append(Line(model, tuple(points), style))
    if not lines:
        return ()
    title = f"{workload}: how long an op takes, by number of flows"
    return (Chart(f"{workload}-duration", title, "flows", "ms", tuple(lines), READ_DURATION),)


def lateness_chart(run: Run, workload: str) -> tuple[Chart, ...]:
    """Lateness as a cumulative distribution up to p99.9, at one number of flows."""
    lines = []
    for model in run.models:
        found = of_rounds(run.rows(workload, model, LATENESS_FLOWS), "late_histogram", PERCENTILES)
        points = [in_ms(nines(q), e) for q, e in zip(PERCENTILES, found, strict=True) if e is not None]
        if points:
            lines.append(Line(model, tuple(points)))
    if not lines:
        return ()
    title = f"{workload}: how late ops end, {LATENESS_FLOWS} flows"
    id_ = f"{workload}-lateness"
    return (
        Chart(
            id_, title, "share of the ops that are at most so late", "ms late", tuple(lines), READ_LATENESS, nines=True
        ),
    )


def in_ms(x: float, ns: Estimate) -> Point:
    """A point of an estimate in nanoseconds."""
    return Point(x, ns.value / 1e6, ns.low / 1e6, ns.high / 1e6)


def nines(q: float) -> float:
    """Where a quantile stands on an axis on which each further nine takes the same room."""
    return -math.log10(1 - q)
