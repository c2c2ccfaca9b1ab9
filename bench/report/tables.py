"""The tables that every workload has: its figures, how they scale, how waits ended, what the gate costs."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import pandas as pd

from bench.analysis import fits
from bench.analysis.statistics import estimate
from bench.report.document import Table
from bench.report.figures import NULL, Run, of_rounds
from bench.report.text import BLANK, digits, milliseconds, whole, with_interval

Column = tuple[str, Callable[[pd.DataFrame], str]]


def median(name: str, scale: float = 1) -> Callable[[pd.DataFrame], str]:
    """Return what shows the median of a figure over a cell's rounds."""

    def show(cell: pd.DataFrame) -> str:
        found = estimate(cell, name) if name in cell else None
        return digits(found.value * scale) if found else BLANK

    return show


def late(q: float) -> Callable[[pd.DataFrame], str]:
    """Return what shows a percentile of lateness, over the ops of all rounds."""

    def show(cell: pd.DataFrame) -> str:
        (found,) = of_rounds(cell, "late_histogram", [q])
        if found is None or not found.has_interval:
            return milliseconds(found.value if found else None)
        if found.high - found.low > abs(found.value):
            return f"{milliseconds(found.value)} ({milliseconds(found.low)}–{milliseconds(found.high)})"
        return f"{milliseconds(found.value)} ± {milliseconds((found.high - found.low) / 2)}"

    return show


def per_cent(name: str) -> Callable[[pd.DataFrame], str]:
    """Return what shows the median of a share as per cent."""

    def show(cell: pd.DataFrame) -> str:
        found = estimate(cell, name) if name in cell else None
        return f"{found.value * 100:.0f} %" if found else BLANK

    return show


def system_share(cell: pd.DataFrame) -> str:
    """Return the share of CPU time that was spent in the kernel, in those rounds that could tell."""
    found = estimate(cell, "user_share")
    return f"{(1 - found.value) * 100:.0f} %" if found else BLANK


COSTS: tuple[Column, ...] = (
    ("time T, s", lambda cell: with_interval(estimate(cell, "T"))),
    ("T over longest wait", median("overhead")),
    ("ops per s", median("X")),
    ("CPU per op, µs", lambda cell: with_interval(estimate(cell, "D"), 1e6)),
    ("of it in the kernel", system_share),
    ("switches per op, voluntary", median("voluntary_per_op")),
    ("switches per op, involuntary", median("involuntary_per_op")),
    ("page faults per op", median("faults_per_op")),
    ("rounds", lambda cell: str(len(cell))),
)
OF_LIKE_OPS = ("T over longest wait", "ops per s", "CPU per op, µs")  # columns that take all ops to be alike
POOLS = "Of a pool, whose flows take turns, lateness counts from a flow's own start."
PHASES: tuple[Column, ...] = (
    ("wait given, ms", median("Z", 1e3)),
    ("late p50, ms", late(0.5)),
    ("late p99, ms", late(0.99)),
    ("late p99.9, ms", late(0.999)),
    ("early ops", per_cent("early_share")),
    ("fairness", median("fairness")),
    ("create, µs per flow", median("create_per_flow_s", 1e6)),
    ("last flow starts after, ms", median("release_s", 1e3)),
    ("join, µs per flow", median("join_per_flow_s", 1e6)),
    ("kernel tasks", lambda cell: whole(estimate(cell, "kernel_tasks"))),
    ("core idle", per_cent("idle")),
    ("core used by others", per_cent("others")),
    ("server busy", per_cent("server_busy")),
    ("garbage collections", median("gc_collections")),
    ("time in them", per_cent("gc_share")),
)


def cells_table(
    run: Run, workload: str, caption: str, columns: tuple[Column, ...], notes: Sequence[tuple[str, str]]
) -> Table:
    """Make a row per cell of a workload; columns that apply to none of them are left out, and so are notes on those."""
    rows = []
    for n in run.flows(workload):
        for model in run.models:
            cell = run.rows(workload, model, n)
            if not cell.empty:
                rows.append((f"{n:,}", model, *(show(cell) for _, show in columns)))
    kept = [0, 1, *(i + 2 for i in range(len(columns)) if any(row[i + 2] != BLANK for row in rows))]
    names = ("flows", "model", *(name for name, _ in columns))
    head = tuple(names[i] for i in kept)
    note = " ".join(text for column, text in notes if text and (not column or column in head))
    return Table(caption, head, tuple(tuple(row[i] for i in kept) for row in rows), note)


def figures_table(run: Run, workload: str) -> Table:
    """What the work took and cost."""
    notes = (
        ("", "Medians over rounds; ± is half the 95 % interval, from six rounds on."),
        (
            "of it in the kernel",
            "The kernel's share of the CPU time is counted in the kernel's clock ticks, so it is shown only where a cell used at least half a second of CPU.",
        ),
    )
    columns = tuple(c for c in COSTS if not (c[0] in OF_LIKE_OPS and has_timeline(run, workload)))
    return cells_table(run, workload, f"{workload}: time and CPU", columns, notes)


def has_timeline(run: Run, workload: str) -> bool:
    """Are the ops of its flows different things, drawn one by one? Then a mean over ops says nothing."""
    t = run.table
    return "timeline" in t and bool(t.loc[t["workload"] == workload, "timeline"].notna().any())


def scaling_table(run: Run, workload: str) -> tuple[Table, ...]:
    """How D scales with N, where it follows a law; nothing where no model's does."""
    laws_ = {model: fits.power(run.demand_s(workload, model)) for model in run.models}
    known = {model: found for model, found in laws_.items() if found is not None}
    if not any(found.fits for found in known.values()):
        return ()
    rows = []
    for model, found in known.items():
        off = f"{found.worst:+.0%} at {found.worst_at:,}"
        half = digits((found.exponent.high - found.exponent.low) / 2, 2)
        rows.append((model, f"{found.exponent.value:+.2f} ± {half}" if found.fits else "no power of N", off))
    note = (
        f"The law is CPU per op = c × N to the power of b, over the medians at {len(run.flows(workload))} numbers of "
        "flows: b is 0 where an op costs the same however many flows there are. It is shown where no median is further from it "
        f"than {fits.FITS:.0%}; ± is half the 95 % interval of the regression, wide with so few points."
    )
    head = ("model", "b, how CPU per op scales", "furthest from the law, at N")
    return (Table(f"{workload}: CPU per op by the number of flows", head, tuple(rows), note),)


def waits_table(run: Run, workload: str) -> Table:
    """How waits ended, and the phases outside the work."""
    made = run.table.loc[run.table["workload"] == workload, "D"].isna().all()
    inside = (
        "T is create and join."
        if made
        else "Create and join are outside T; the time until the last flow has started is inside it, with whatever flows that "
        "started earlier did meanwhile."
    )
    notes = (
        (
            "wait given, ms",
            "Wait given: the mean per op; where a server gives it, it grows with the number of requests that come at once.",
        ),
        (
            "late p50, ms",
            "Lateness pools the ops of all rounds; a percentile needs ten ops beyond it, and ± is half the 95 % interval from drawing whole rounds again, from six rounds on.",
        ),
        ("late p50, ms", POOLS if any(run.at_once(workload, m) < math.inf for m in run.models) else ""),
        (
            "fairness",
            "Fairness: of the ops that each flow had done when the first flow had done all of its own (Jain's index); 1 is even, 1 / flows is one of them alone.",
        ),
        ("", inside),
        (
            "core used by others",
            "Used by others: the core was neither idle nor working for the cell; interrupts count, a disk's too.",
        ),
    )
    return cells_table(run, workload, f"{workload}: lateness and phases", PHASES, notes)


def gate_table(run: Run, workload: str) -> Table | None:
    """The null cells: what leaving the gate costs when there is no work. Shown, never subtracted."""
    rows = []
    for n in run.flows(workload, NULL):
        for model in run.models:
            t = run.figure(workload, model, n, "T", NULL)
            if t is not None:
                rows.append((f"{n:,}", model, digits(t.value * 1e3), str(t.rounds)))
    if not rows:
        return None
    note = (
        "Time from the gate's opening to the last flow's end with no op in between. "
        "It is part of every T, and not subtracted."
    )
    return Table("What the gate costs", ("flows", "model", "time, ms", "rounds"), tuple(rows), note)
