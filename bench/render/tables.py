"""The tables of a document: the card, the ratios, each workload's figures, what the gate costs."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from bench.analysis import laws
from bench.analysis.statistics import estimate
from bench.analysis.verdicts import Verdict
from bench.render.document import Table
from bench.render.figures import Run, pooled
from bench.render.text import BLANK, digits, milliseconds, whole, with_interval
from bench.store import histogram

HEADLINE_FLOWS = 100  # ratios are shown from this many flows on: below, a wait is all there is to see


def at(workload: str, flows: int, figure: str, scale: float = 1) -> Callable[[Run, str], str]:
    """Return what shows one figure of a model's cell, with its interval."""
    return lambda run, model: with_interval(run.figure(workload, model, flows, figure), scale)


def full_core_text(run: Run, workload: str, model: str) -> str:
    """N* as text; blank for a model that runs one flow at a time, for which it has no meaning."""
    if run.manifest.about["kinds"].get(model) == "none":
        return BLANK
    found = laws.full_core(run.demand_s(workload, model), run.wait_s(workload, model))
    if found is None:
        return BLANK
    prefix = "more than " if found.beyond else "less than " if found.below else ""
    return f"{prefix}{digits(found.flows, 2)}"


# The card's rows: what a row is called, and what it shows of a model.
CARD: tuple[tuple[str, Callable[[Run, str], str]], ...] = (
    ("three flows wait 1 s each: time, s", at("countasync", 3, "T")),
    ("CPU per http_get at 1 flow, µs", at("http_get", 1, "D", 1e6)),
    ("CPU per http_get at 100 flows, µs", at("http_get", 100, "D", 1e6)),
    ("CPU per http_get at 1,000 flows, µs", at("http_get", 1000, "D", 1e6)),
    ("one core is full at (N*), flows", lambda run, model: full_core_text(run, "http_get", model)),
    (
        "tasks that the kernel sees for 1,000 flows",
        lambda run, model: whole(run.figure("http_get", model, 1000, "kernel_tasks")),
    ),
)


def card(run: Run) -> Table:
    """The whole result on one card; only rows that were measured."""
    rows = [(label, *(show(run, model) for model in run.models)) for label, show in CARD]
    note = (
        "± is half the 95 % interval of the median over rounds; where it is missing, there were fewer than six rounds."
    )
    measured = tuple(row for row in rows if any(text != BLANK for text in row[1:]))
    return Table("The card", ("", *run.models), measured, note)


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


Column = tuple[str, Callable[[pd.DataFrame], str]]


def median(name: str, scale: float = 1) -> Callable[[pd.DataFrame], str]:
    """Return what shows the median of a figure over a cell's rounds."""

    def show(cell: pd.DataFrame) -> str:
        found = estimate(cell, name) if name in cell else None
        return digits(found.value * scale) if found else BLANK

    return show


def late(q: float) -> Callable[[pd.DataFrame], str]:
    """Return what shows a percentile of lateness, over the ops of all rounds."""
    return lambda cell: milliseconds(histogram.percentile_ns(pooled(cell, "late_histogram"), q))


def per_cent(name: str) -> Callable[[pd.DataFrame], str]:
    """Return what shows the median of a share as per cent."""

    def show(cell: pd.DataFrame) -> str:
        found = estimate(cell, name) if name in cell else None
        return f"{found.value * 100:.0f} %" if found else BLANK

    return show


COSTS: tuple[Column, ...] = (
    ("time T, s", lambda cell: with_interval(estimate(cell, "T"))),
    ("T over longest wait", median("overhead")),
    ("ops per s", median("X")),
    ("CPU per op, µs", lambda cell: with_interval(estimate(cell, "D"), 1e6)),
    ("of it user, µs", median("user_per_op", 1e6)),
    ("of it system, µs", median("system_per_op", 1e6)),
    ("switches per op, voluntary", median("voluntary_per_op")),
    ("involuntary", median("involuntary_per_op")),
    ("page faults per op", median("faults_per_op")),
    ("rounds", lambda cell: str(len(cell))),
)
PHASES: tuple[Column, ...] = (
    ("late p50, ms", late(0.5)),
    ("late p99, ms", late(0.99)),
    ("late p99.9, ms", late(0.999)),
    ("early ops", median("early_ops")),
    ("create, µs per flow", median("create_per_flow_s", 1e6)),
    ("release, ms", median("release_s", 1e3)),
    ("join, µs per flow", median("join_per_flow_s", 1e6)),
    ("kernel tasks", lambda cell: whole(estimate(cell, "kernel_tasks"))),
    ("core idle", per_cent("idle")),
    ("server busy", per_cent("server_busy")),
    ("garbage collections", median("gc_collections")),
)


def cells_table(run: Run, workload: str, caption: str, columns: tuple[Column, ...], note: str) -> Table:
    """Make a row per cell of a workload; columns that apply to none of them are left out."""
    rows = []
    for n in run.flows(workload):
        for model in run.models:
            cell = run.rows(workload, model, n)
            if not cell.empty:
                rows.append((f"{n:,}", model, *(show(cell) for _, show in columns)))
    kept = [0, 1, *(i + 2 for i in range(len(columns)) if any(row[i + 2] != BLANK for row in rows))]
    head = ("flows", "model", *(name for name, _ in columns))
    return Table(caption, tuple(head[i] for i in kept), tuple(tuple(row[i] for i in kept) for row in rows), note)


def figures_table(run: Run, workload: str) -> Table:
    """What the work took and cost."""
    note = (
        "Medians over rounds; ± is half the 95 % interval. User and system time are told apart only where a cell used at "
        "least half a second of CPU: below, clock ticks decide."
    )
    return cells_table(run, workload, f"{workload}: time and CPU", COSTS, note)


def waits_table(run: Run, workload: str) -> Table:
    """How waits ended, and the phases outside the work."""
    note = (
        "Lateness pools the ops of all rounds; a percentile needs ten ops beyond it. Create, release and join are apart "
        "from T: making the flows, waking them all at the gate (a part of T), and ending them."
    )
    return cells_table(run, workload, f"{workload}: lateness and phases", PHASES, note)


def beside_reads(run: Run, workload: str) -> Table | None:
    """What became of a timer beside large reads."""
    if run.table.empty or "timer" not in run.table:
        return None
    with_timer = run.table[(run.table["timer"] == 1) & run.table["workload"].isin({"file_read", workload})]
    if workload not in set(with_timer["workload"]):
        return None
    rows = []
    for (kind, model), cell in with_timer.groupby(["workload", "model"], sort=False):
        read = histogram.percentile_ns(pooled(cell, "op_histogram"), 0.5)
        late_most = cell["late_max_s"].max() * 1e9
        how = (
            "inside the loop" if kind == "file_read_inline" else "in place" if model == "thread" else "through the pool"
        )
        median_late = histogram.percentile_ns(pooled(cell, "late_histogram"), 0.5)
        rows.append((str(model), how, milliseconds(read), milliseconds(median_late), milliseconds(late_most)))
    first = with_timer.iloc[0]
    caption = f"A timer of {digits(first['timer_ms'])} ms beside reads of {int(first['read_kib']) // 1024} MiB"
    head = ("model", "where it reads", "one read, ms", "timer late, median, ms", "timer late, at most, ms")
    note = (
        "A flow that waits for a timer again and again, beside one that reads. Where the loop itself reads, the timer is "
        "late by as long as a read takes, or by several reads; through a pool of threads, or under threads, it is not."
    )
    return Table(caption, head, tuple(sorted(set(rows), key=lambda row: (row[1], row[0]))), note)


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
    note = (
        "Time from the gate's opening to the last flow's end with no op in between. "
        "It is part of every T, and not subtracted."
    )
    return Table("What the gate costs", ("flows", "model", "time, ms", "rounds"), tuple(rows), note)
