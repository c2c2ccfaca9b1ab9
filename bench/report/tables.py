"""The tables that every workload has: its figures, how they scale, how waits ended, what the gate costs."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

import pandas as pd

from bench import figures
from bench.analysis import fits
from bench.analysis.frames import MADE
from bench.analysis.states import states
from bench.analysis.statistics import Estimate, estimate
from bench.figures import FIGURES
from bench.report.document import Table
from bench.report.figures import NULL, Run, of_rounds
from bench.report.text import BLANK, digits, in_states, milliseconds, whole, with_interval

Column = tuple[str, Callable[[pd.DataFrame], str]]


def late(q: float) -> Callable[[pd.DataFrame], str]:
    """Return what shows a percentile of lateness, over the ops of all rounds."""

    def show(cell: pd.DataFrame) -> str:
        (found,) = of_rounds(cell, "late_histogram", [q])
        if found is None or not found.has_interval:
            return milliseconds(found.value if found else None)
        return f"{milliseconds(found.value)} ({milliseconds(found.low)}–{milliseconds(found.high)})"

    return show


# How the median of a figure over a cell's rounds is shown; None where no round has it.
SHOWN: Mapping[str, Callable[[Estimate | None, float], str]] = {
    "digits": lambda found, scale: digits(found.value * scale) if found else BLANK,
    "interval": with_interval,
    "states": with_interval,
    "per cent": lambda found, _: f"{round(found.value * 100)} %" if found else BLANK,
    "whole": lambda found, _: whole(found),
}


def column(row: figures.Figure, wanted: figures.Column) -> Column:
    """A column that shows a figure."""
    if wanted.show == "late":
        return wanted.heading, late(wanted.quantile)
    show = SHOWN[wanted.show]
    if wanted.show == "states":
        return (
            wanted.heading,
            lambda cell: (
                in_states(states(cell[row.name].dropna().tolist()), wanted.scale)
                or show(estimate(cell, row.name), wanted.scale)
            ),
        )
    return wanted.heading, lambda cell: show(estimate(cell, row.name), wanted.scale)


def columns(table: str) -> tuple[Column, ...]:
    """The columns of one of a workload's tables, as the rows of bench/figures.py have them."""
    return tuple(column(row, row.column) for row in FIGURES if row.column and row.column.table == table)


def notes_on(
    table: str, also: Mapping[str, str] | None = None, always: Mapping[str, str] | None = None
) -> list[tuple[str, str]]:
    """What is said below a table: each column's note with its heading, and behind it what is said `also` of that
    figure where its column is shown, or `always`.
    """
    found = []
    for row in FIGURES:
        if row.column and row.column.table == table:
            heading = row.column.heading
            found += [(heading, row.column.note), (heading, (also or {}).get(row.name, ""))]
            found.append(("", (always or {}).get(row.name, "")))
    return found


COSTS: tuple[Column, ...] = (*columns("costs"), ("rounds", lambda cell: str(len(cell))))
OF_LIKE_OPS = tuple(row.column.heading for row in FIGURES if row.column and row.column.alike)
POOLS = "Of a pool, whose flows take turns, lateness counts from a flow's own start."
PHASES = columns("phases")


def cells_table(
    run: Run, workload: str, caption: str, columns: tuple[Column, ...], notes: Sequence[tuple[str, str]]
) -> Table:
    """Make a row per cell of a workload; columns that apply to none of them are left out, and so are notes on those."""
    rows = []
    for n in run.flows(workload):
        for model in run.models:
            cell = run.rows(workload, model, n)
            if not cell.empty:
                rows.append((model, f"{n:,}", *(show(cell) for _, show in columns)))
    kept = [0, 1, *(i + 2 for i in range(len(columns)) if any(row[i + 2] != BLANK for row in rows))]
    names = ("model", "flows", *(name for name, _ in columns))
    head = tuple(names[i] for i in kept)
    note = " ".join(text for column, text in notes if text and (not column or column in head))
    return Table(caption, head, tuple(tuple(row[i] for i in kept) for row in rows), note)


def figures_table(run: Run, workload: str) -> Table:
    """What the work took and cost."""
    notes = (("", "Medians over rounds, with the ends of the 95 % interval from six rounds on."), *notes_on("costs"))
    shown_ = tuple(c for c in COSTS if not (c[0] in OF_LIKE_OPS and has_timeline(run, workload)))
    return cells_table(run, workload, f"{workload}: time and CPU", shown_, notes)


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
        ends = f"{found.exponent.low:+.2f} to {found.exponent.high:+.2f}"
        rows.append((model, f"{found.exponent.value:+.2f} ({ends})" if found.fits else "no power of N", off))
    note = (
        f"The law is CPU per op = c × N to the power of b, over the medians at {len(run.flows(workload))} numbers of "
        "flows: b is 0 where an op costs the same however many flows there are. It is shown where no median is further from it "
        f"than {fits.FITS:.0%}; in brackets are the ends of the 95 % interval of the regression, which is wide with so few points."
    )
    head = ("model", "b, how CPU per op scales", "furthest from the law, at N")
    return (Table(f"{workload}: CPU per op by the number of flows", head, tuple(rows), note),)


def waits_table(run: Run, workload: str) -> Table:
    """How waits ended, and the phases outside the work."""
    made = (run.table.loc[run.table["workload"] == workload, "measure"] == MADE).all()
    inside = (
        "T is create and join."
        if made
        else "Create and join are outside T; the time until the last flow has started is inside it, with whatever flows that "
        "started earlier did meanwhile."
    )
    pool = any(run.at_once(workload, m) < math.inf for m in run.models)
    notes = notes_on("phases", {"late_p50_s": POOLS if pool else ""}, {"fairness": inside})
    return cells_table(run, workload, f"{workload}: lateness and phases", PHASES, notes)


def gate_table(run: Run, workload: str) -> Table | None:
    """The null cells: what leaving the gate costs when there is no work. Shown, never subtracted."""
    rows = []
    for n in run.flows(workload, NULL):
        for model in run.models:
            t = run.figure(workload, model, n, "T", NULL)
            if t is not None:
                rows.append((model, f"{n:,}", digits(t.value * 1e3), str(t.rounds)))
    if not rows:
        return None
    note = (
        "Time from the gate's opening to the last flow's end with no op in between. "
        "It is part of every T, and not subtracted."
    )
    return Table("What the gate costs", ("model", "flows", "time, ms", "rounds"), tuple(rows), note)
