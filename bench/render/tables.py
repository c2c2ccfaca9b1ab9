"""The tables of a document: the card, the ratios, each workload's figures, what the gate costs."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from bench.analysis import laws
from bench.analysis.statistics import estimate
from bench.analysis.verdicts import Verdict
from bench.render.document import Table
from bench.render.figures import Run, pooled_lateness
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
        "Medians over rounds; ± is half the 95 % interval. Lateness pools the ops of all rounds; a percentile needs "
        "ten ops beyond it. Switches are voluntary and involuntary ones together. "
        "Create, release and join are outside T."
    )
    return Table(f"{workload}: figures", head, tuple(rows), note)


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
