"""The document: everything a report says, as plain data. HTML and terminal are views of it.

Strategy: a pure function of the manifest and the records. Figures become text here, once, with their units in the
headings, so that every view shows the same digits.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from bench.analysis import laws
from bench.analysis.findings import findings
from bench.analysis.frames import frame
from bench.analysis.statistics import Estimate, estimate
from bench.analysis.verdicts import Verdict, verdicts
from bench.store import histogram
from bench.store.manifest import Manifest
from bench.store.records import Record
from bench.words import Finding

HEADLINE_FLOWS = 100  # verdicts are put into words from this many flows on: below, a wait is all there is to see
BLANK = "–"


@dataclass(frozen=True)
class Point:
    """A point of a chart's line with its interval (NaN without one)."""

    x: float
    y: float
    low: float = math.nan
    high: float = math.nan


@dataclass(frozen=True)
class Line:
    """One model's line: `style` is measured, bound (dashed), estimate (dotted) or computed (dashed, thin)."""

    model: str
    points: tuple[Point, ...]
    style: str = "measured"


@dataclass(frozen=True)
class Chart:
    """A chart as data: log-log unless `bars`, where each line is one model's single figure."""

    id: str
    title: str
    x_label: str
    y_label: str
    lines: tuple[Line, ...]
    how_to_read: str
    bars: bool = False


@dataclass(frozen=True)
class Table:
    """A table: headings with units, rows of text, the first column of each row a heading of its own."""

    caption: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""


@dataclass(frozen=True)
class Group:
    """Sentences under one title."""

    title: str
    sentences: tuple[str, ...]


@dataclass(frozen=True)
class Section:
    """What is said about one workload."""

    name: str
    about: str
    shows: str
    parameters: str
    charts: tuple[Chart, ...]
    verdicts: tuple[Group, ...]
    table: Table
    gate: Table | None
    bodies: Mapping[str, str]


@dataclass(frozen=True)
class Document:
    """A whole report."""

    title: str
    id: str
    host: str
    facts: tuple[tuple[str, str], ...]
    answer: tuple[str, ...]
    card: Table
    headlines: tuple[Group, ...]
    ratios: Table
    findings: tuple[Finding, ...]
    sections: tuple[Section, ...]
    models: tuple[tuple[str, str, str], ...]
    environment: Mapping[str, tuple[tuple[str, str], ...]]
    commands: tuple[tuple[str, str], ...]
    not_run: tuple[tuple[str, str], ...]
    void: tuple[tuple[str, str], ...]
    notes: tuple[str, ...] = field(default=())


def digits(value: float | None, significant: int = 3) -> str:
    """Format a number with so many significant digits and thousands separated; a blank for None and NaN."""
    if value is None or math.isnan(value):
        return BLANK
    if value == 0:
        return "0"
    places = significant - 1 - math.floor(math.log10(abs(value)))
    rounded = round(value, places)
    return f"{rounded:,.{max(0, places)}f}"


def with_interval(found: Estimate | None, scale: float = 1) -> str:
    """Format an estimate as `29.1 ± 0.8`; without an interval, the value alone."""
    if found is None:
        return BLANK
    text = digits(found.value * scale)
    if not found.has_interval:
        return text
    return f"{text} ± {digits((found.high - found.low) / 2 * scale, 2)}"


def whole(found: Estimate | None) -> str:
    """Format a count."""
    return BLANK if found is None else f"{found.value:,.0f}"


class Run:
    """A run's frame with the look-ups that the parts of a document share."""

    def __init__(self, manifest: Manifest, records: Sequence[Record]) -> None:
        self.manifest = manifest
        self.table = frame(records)
        self.models = list(manifest.models)
        self.verdicts = verdicts(self.table, self.models)

    def rows(self, workload: str, model: str, flows: int, suffix: str = "") -> pd.DataFrame:
        """The records of one cell."""
        t = self.table
        if t.empty:
            return t
        return t[
            (t["workload"] == workload) & (t["model"] == model) & (t["flows"] == flows) & (t["suffix"] == suffix)
        ]

    def figure(self, workload: str, model: str, flows: int, name: str, suffix: str = "") -> Estimate | None:
        """Estimate one figure of one cell, or None."""
        rows = self.rows(workload, model, flows, suffix)
        return estimate(rows, name) if len(rows) else None

    def flows(self, workload: str, suffix: str = "") -> list[int]:
        """The numbers of flows that a workload was measured at."""
        if self.table.empty:
            return []
        t = self.table
        return sorted(int(n) for n in t.loc[(t["workload"] == workload) & (t["suffix"] == suffix), "flows"].unique())

    def demand_s(self, workload: str, model: str) -> dict[int, float]:
        """D by N, CPU seconds per op."""
        found = {n: self.figure(workload, model, n, "D") for n in self.flows(workload)}
        return {n: e.value for n, e in found.items() if e is not None}

    def wait_s(self, workload: str, model: str) -> float:
        """Z of the largest N, seconds."""
        waits = [self.figure(workload, model, n, "Z") for n in self.flows(workload)]
        return next((e.value for e in reversed(waits) if e is not None), math.nan)


def card(run: Run) -> Table:
    """The whole result on one card; only rows that were measured."""
    rows: list[tuple[str, ...]] = []

    def row(label: str, cell: Any) -> None:
        texts = tuple(cell(model) for model in run.models)
        if any(text != BLANK for text in texts):
            rows.append((label, *texts))

    waits = run.flows("countasync")
    if waits:
        row("three flows wait 1 s each: time, s", lambda m: with_interval(run.figure("countasync", m, waits[0], "T")))
    for n in (1, 100, 1000):
        row(
            f"CPU per http_get at {n:,} flow{'s' if n > 1 else ''}, µs",
            lambda m, n=n: with_interval(run.figure("http_get", m, n, "D"), 1e6),
        )
    row("one core is full at (N*), flows", lambda m: full_core_text(run, "http_get", m))
    row(
        "tasks that the kernel sees for 1,000 flows",
        lambda m: whole(run.figure("http_get", m, 1000, "kernel_tasks")),
    )
    note = "± is half the 95 % interval of the median over rounds; where it is missing, there were fewer than six rounds."
    return Table("The card", ("", *run.models), tuple(rows), note)


def full_core_text(run: Run, workload: str, model: str) -> str:
    """N* as text; blank for a model that runs one flow at a time, for which it has no meaning."""
    if run.manifest.about["kinds"].get(model) == "none":
        return BLANK
    found = laws.full_core(run.demand_s(workload, model), run.wait_s(workload, model))
    if found is None:
        return BLANK
    prefix = "more than " if found.beyond else "less than " if found.below else ""
    return f"{prefix}{digits(found.flows, 2)}"


def answer(run: Run) -> tuple[str, ...]:
    """The first sentences of the page: what a user would repeat to a colleague."""
    said: list[str] = []
    for n in (100, 1000):
        found = {m: run.figure("http_get", m, n, "D") for m in run.models}
        known = sorted(((e.value, m) for m, e in found.items() if e is not None))
        if len(known) > 1:
            listed = ", ".join(f"{m} {digits(value * 1e6)} µs" for value, m in known)
            said.append(f"CPU that one GET costs its client with {n:,} flows on the core: {listed}.")
    waits = run.flows("countasync")
    if waits:
        alone = run.figure("countasync", "sequential", waits[0], "T")
        others = [run.figure("countasync", m, waits[0], "T") for m in run.models if m != "sequential"]
        together = max((e.value for e in others if e is not None), default=None)
        if alone is not None and together is not None:
            said.append(
                f"Waits overlap whoever does the waiting: three waits of one second take {digits(alone.value)} s one after "
                f"the other, and at most {digits(together)} s together."
            )
    return tuple(said)


def headlines(run: Run) -> tuple[Group, ...]:
    """Verdicts on the blocks with many flows, against the first concurrent model."""
    reference = next((m for m in run.models if run.manifest.about["kinds"].get(m) != "none"), "")
    return grouped([v for v in chosen(run) if v.reference == reference])


def grouped(chosen: Sequence[Verdict]) -> tuple[Group, ...]:
    """Verdicts as sentences, a group per block; D before T."""
    blocks: dict[str, list[Verdict]] = {}
    for v in chosen:
        blocks.setdefault(v.block, []).append(v)
    return tuple(
        Group(f"{vs[0].place}, {max(v.ratio.rounds for v in vs)} rounds", tuple(f"{v.words}." for v in vs))
        for vs in blocks.values()
    )


def chosen(run: Run) -> list[Verdict]:
    """Verdicts that are put into words: between concurrent models, at many flows."""
    if not run.manifest.verdicts:
        return []
    kinds = run.manifest.about["kinds"]
    return [
        v
        for v in run.verdicts
        if v.flows >= HEADLINE_FLOWS and kinds.get(v.model) != "none" and kinds.get(v.reference) != "none"
    ]


def ratios(run: Run) -> Table:
    """Every pair at many flows, both figures, with intervals."""
    by_pair: dict[tuple[str, str, str], dict[str, Verdict]] = {}
    for v in run.verdicts:
        if v.flows >= HEADLINE_FLOWS:
            by_pair.setdefault((v.block, v.model, v.reference), {})[v.figure] = v
    rows = []
    for (block, model, reference), both in by_pair.items():
        texts = []
        for figure in ("D", "T"):
            r = both[figure].ratio if figure in both else None
            if r is None:
                texts += [BLANK, BLANK]
            else:
                texts += [f"{r.value:.3f}", f"{r.low:.3f} to {r.high:.3f}" if r.has_interval else BLANK]
        rows.append((block, f"{model} / {reference}", *texts, str(max(v.ratio.rounds for v in both.values()))))
    head = ("block", "models", "CPU per op, ratio", "95 % interval", "time, ratio", "95 % interval", "rounds")
    note = "Ratios are taken inside each round, between cells that ran next to each other, in random order."
    return Table("Ratios between models", head, tuple(rows), note)


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
    ops = rows.groupby("flows")["ops_per_flow"].first()
    parts = [f"each op waits {digits(first['wait_s'] * 1e3)} ms", f"phase={first['phase']}"]
    if "payload_bytes" in rows and not pd.isna(first["payload_bytes"]):
        parts.append(f"{int(first['payload_bytes']):,} bytes a page")
    parts.append("ops per flow: " + ", ".join(f"{int(k)} at {int(n):,} flows" for n, k in ops.items()))
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
            "Higher is better; both axes are logarithmic. Solid: measured, with the 95 % interval (mostly smaller than the marker). "
            "Dashed in the same colour: the most that one core can give, min(N/(D+Z), 1/D) with D, the CPU per op, of the "
            "next larger N; its last, dotted part takes D from the N below and is an estimate. While a line rises along "
            "its slope, waits overlap and the core has time; where it bends, the core is full. The flat dashed line is "
            "computed, not measured: N·k·Z, one wait after the other.",
        ),
        Chart(
            f"{workload}-cpu",
            f"{workload}: CPU per op by number of flows",
            "flows",
            "CPU per op, µs",
            tuple(demand),
            "Lower is better. What one op costs the core, user and system time together, wake-ups included. It falls with the "
            "number of flows where one wake-up serves several of them, so a CPU per op always belongs to its N. Bars are 95 % "
            "intervals of the median over rounds; points without bars had fewer than six rounds.",
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
            "Shorter is better. Concurrent waits take as long as the longest of them; one after the other, as long as their sum.",
            bars=True,
        ),
    )


def figures_table(run: Run, workload: str) -> Table:
    """Every cell of a workload that has ops."""
    head = (
        "flows",
        "model",
        "time T, s",
        "T over longest wait",
        "ops per s",
        "CPU per op, µs",
        "late p50, ms",
        "late p99, ms",
        "switches per op",
        "create, µs per flow",
        "release, ms",
        "join, µs per flow",
        "kernel tasks",
        "server busy",
        "rounds",
    )
    rows = []
    for n in run.flows(workload):
        for model in run.models:
            cell = run.rows(workload, model, n)
            if cell.empty:
                continue

            def value(name: str, scale: float = 1, cell: pd.DataFrame = cell) -> str:
                found = estimate(cell, name)
                return digits(found.value * scale) if found else BLANK

            pooled = pooled_lateness(cell)
            busy = estimate(cell, "server_busy")
            rows.append(
                (
                    f"{n:,}",
                    model,
                    with_interval(estimate(cell, "T")),
                    value("overhead"),
                    value("X"),
                    with_interval(estimate(cell, "D"), 1e6),
                    milliseconds(histogram.percentile_ns(pooled, 0.5)),
                    milliseconds(histogram.percentile_ns(pooled, 0.99)),
                    value("switches_per_op"),
                    value("create_per_flow_s", 1e6),
                    value("release_s", 1e3),
                    value("join_per_flow_s", 1e6),
                    whole(estimate(cell, "kernel_tasks")),
                    f"{busy.value:.0%}".replace("%", " %") if busy else BLANK,
                    str(len(cell)),
                )
            )
    note = (
        "Medians over rounds; ± is half the 95 % interval. Lateness pools the ops of all rounds; a percentile needs ten ops "
        "beyond it. Switches are voluntary and involuntary ones together. Create, release and join are outside T."
    )
    return Table(f"{workload}: figures", head, tuple(rows), note)


def pooled_lateness(cell: pd.DataFrame) -> Mapping[int, int]:
    """Add up the lateness histograms of a cell's rounds."""
    total: Any = histogram.from_text("")
    if "late_histogram" in cell:
        for text in cell["late_histogram"].dropna():
            total += histogram.from_text(text)
    return dict(total)


def milliseconds(ns: float | None) -> str:
    """Format nanoseconds as ms, signed: below zero is early."""
    return BLANK if ns is None else f"{ns / 1e6:.2f}"


def gate_table(run: Run, workload: str) -> Table | None:
    """The null cells: what leaving the gate costs when there is no work. Shown, never subtracted."""
    rows = []
    for n in run.flows(workload, "?ops=0"):
        for model in run.models:
            t = run.figure(workload, model, n, "T", "?ops=0")
            if t is not None:
                rows.append((f"{n:,}", model, digits(t.value * 1e3), str(t.rounds)))
    if not rows:
        return None
    note = "Time from the gate's opening to the last flow's end with no op in between. It is part of every T, and not subtracted."
    return Table("What the gate costs", ("flows", "model", "time, ms", "rounds"), tuple(rows), note)


def facts(run: Run) -> tuple[tuple[str, str], ...]:
    """What ran, where, when, how long: one line each."""
    m, env = run.manifest, run.manifest.environment
    cores = env.get("cores", {})
    shared = cores.get("measured") == cores.get("server and campaign")
    return (
        ("machine", f"{env['machine'].get('CPU', 'unknown')}, {env['machine'].get('CPUs online', '?')} online"),
        (
            "core",
            f"every flow on CPU {cores.get('measured')}; server and campaign on "
            + ("the same one" if shared else f"CPU {cores.get('server and campaign')}"),
        ),
        (
            "Python",
            f"{env['interpreter']['implementation']} {env['interpreter']['python']}"
            + ("" if env["interpreter"].get("gil", True) else ", free-threaded"),
        ),
        ("run", f"{m.id}, preset {m.preset}, seed {m.seed}, {m.state}"),
        ("when", f"{m.started_utc} UTC, {m.rounds} rounds in {m.elapsed_s:.0f} s"),
    )


def commands(run: Run) -> tuple[tuple[str, str], ...]:
    """The command that measures each cell by itself."""
    if run.table.empty:
        return ()
    return tuple((cell, f"python -m bench.measure.cell '{cell}'") for cell in sorted(run.table["cell"].unique()))


def environment(manifest: Manifest) -> dict[str, tuple[tuple[str, str], ...]]:
    """The environment, as text."""
    return {
        group: tuple((str(key), str(value)) for key, value in entries.items())
        for group, entries in manifest.environment.items()
    }


def document(manifest: Manifest, records: Sequence[Record]) -> Document:
    """Make the document of a run from its manifest and its valid records."""
    run = Run(manifest, records)
    superseded = set(manifest.superseded)
    return Document(
        title="Waiting on one core: kernel threads, processes and coroutines",
        id=manifest.id,
        host=manifest.host,
        facts=facts(run),
        answer=answer(run),
        card=card(run),
        headlines=headlines(run),
        ratios=ratios(run),
        findings=tuple(findings(run.table, manifest)),
        sections=sections(run),
        models=tuple((m, manifest.about["kinds"][m], manifest.about["models"][m]) for m in manifest.models),
        environment=environment(manifest),
        commands=commands(run),
        not_run=tuple((entry.cell, entry.reason) for entry in manifest.not_run),
        void=tuple((v.cell, v.reason) for v in manifest.void if v.id not in superseded),
    )
