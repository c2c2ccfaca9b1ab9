"""The tables of a document: the card, the ratios, each workload's figures, what the gate costs."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

import pandas as pd

from bench import figures
from bench.analysis import fits, laws
from bench.analysis.statistics import LEAST_ROUNDS, Estimate, estimate
from bench.analysis.variants import AWAKE, UNPINNED
from bench.analysis.verdicts import Verdict
from bench.figures import FIGURES
from bench.report.document import Table
from bench.report.figures import LOAD_PCT, NULL, Run, of_rounds, pooled, starts_slowly
from bench.report.memory import per_flow
from bench.report.text import BLANK, digits, milliseconds, plain, whole, with_interval
from bench.store import histogram

STALL_NS = 5_000_000  # a timer of 5 ms that is late by more than itself has been stood in the way of
HEADLINE_FLOWS = 100  # ratios are shown from this many flows on: below, a wait is all there is to see
LATE_BY_ALL = 0.95  # of a cell's time: who is so late beside a burn woke when all burns were over
AT_LEAST = "at least"
CORE_FULL = 0.05  # idle: whose core is busier than that is measured beyond what it can serve


def at(
    workload: str, flows: int, figure: str, scale: float = 1, suffix: str | None = None
) -> Callable[[Run, str], str]:
    """Return what shows one figure of a model's cell, with its interval, or the number of rounds that were too few for one."""

    def show(run: Run, model: str) -> str:
        found = run.figure(workload, model, flows, figure, suffix)
        return BLANK if found is None else of_few(with_interval(found, scale), found.rounds)

    return show


def of_few(text: str, rounds: int) -> str:
    """A figure of the card with the number of its rounds, where those are too few for an interval."""
    return text if text == BLANK or rounds >= LEAST_ROUNDS else f"{text} (n={rounds})"


def late_at(flows: int) -> Callable[[Run, str], str]:
    """Return what shows the 99th percentile of how late a GET ended, ms."""

    def show(run: Run, model: str) -> str:
        cell = run.rows("http_get", model, flows)
        return BLANK if cell.empty else of_few(late(0.99)(cell), len(cell))

    return show


def full_core_text(run: Run, workload: str, model: str) -> str:
    """N* as text; blank for a model that runs one flow at a time, for which it has no meaning."""
    if run.manifest.about["kinds"].get(model) == "none":
        return BLANK
    best, least, most = (
        laws.full_core(run.demand_s(workload, model, end), run.wait_s(workload, model), run.at_once(workload, model))
        for end in ("value", "high", "low")
    )
    if best is None or least is None or most is None:
        return BLANK
    if best.never:
        return "never"
    prefix = "more than " if best.beyond else "less than " if best.below else ""
    text, low, high = (digits(found.flows, 2) for found in (best, least, most))
    above = min((n for n in run.flows(workload) if n >= best.flows), default=None)
    if not prefix and above is not None and starts_slowly(run, workload, model, above):
        return f"{AT_LEAST} {text}"  # of D there, a part is what starting so many takes
    known = not (prefix or most.beyond or most.never or least.below)
    return f"{text} ({low}–{high})" if known and low != high else f"{prefix}{text}"


# The card's rows: what a row is called, and what it shows of a model.
def memory_text(run: Run, model: str) -> str:
    """What a parked flow costs, kB."""
    return with_interval(per_flow(run, model), 1e-3)


def late_beside_hog(run: Run, model: str) -> str:
    """The 99th percentile of lateness beside burns of 50 ms, ms."""
    cell = run.rows("hog", model, 2, "")
    counts = pooled(cell, "late_histogram")
    if not counts:
        return BLANK
    text = of_few(milliseconds(histogram.percentile_ns(counts, 0.99)), len(cell))
    return f"more than {text}" if (cell["late_max_s"] > LATE_BY_ALL * cell["T"]).any() else text


def latency_at_load(run: Run, model: str) -> str:
    """The 99th percentile of latency where requests arrive at random at 80 % of what the model can serve, ms."""
    cell = loaded(run, model)
    if cell.empty:
        return BLANK
    text = of_few(late(0.99)(cell), len(cell))
    return f"{text}, core full" if cell["idle"].median() < CORE_FULL else text


def load_text(run: Run, model: str) -> str:
    """How many requests a second those are."""
    cell = loaded(run, model)
    return BLANK if cell.empty else digits(float(cell["capacity"].median()) * LOAD_PCT / 100, 2)


def loaded(run: Run, model: str) -> pd.DataFrame:
    """The records of a model at that load."""
    t = run.table
    if t.empty or "load_pct" not in t:
        return t.iloc[:0]
    return t[(t["workload"] == "open_loop") & (t["model"] == model) & (t["load_pct"] == LOAD_PCT)]


CARD: tuple[tuple[str, Callable[[Run, str], str]], ...] = (
    ("three flows wait 1 s each: time, s", at("countasync", 3, "T")),
    ("create a flow, one of 100, µs", at("create", 100, "create_per_flow_s", 1e6)),
    ("hand over to another flow, µs of CPU", at("handoff", 2, "D", 1e6)),
    ("hand over by IO, in a ring of 100, µs of CPU", at("brigade", 100, "D", 1e6)),
    ("CPU per http_get at 1 flow, µs", at("http_get", 1, "D", 1e6)),
    ("CPU per http_get at 100 flows, µs", at("http_get", 100, "D", 1e6)),
    ("the same, not pinned to one core, µs", at("http_get", 100, "D", 1e6, UNPINNED)),
    ("the same, on a core that may not sleep, µs", at("http_get", 100, "D", 1e6, AWAKE)),
    ("CPU per http_get at 1,000 flows, µs", at("http_get", 1000, "D", 1e6)),
    ("http_get at 100 flows: late by (p99), ms", late_at(100)),
    ("http_get at 1,000 flows: late by (p99), ms", late_at(1000)),
    ("http_get: one core is full at (N*), flows", lambda run, model: full_core_text(run, "http_get", model)),
    ("memory per flow, the kernel's share included, kB", memory_text),
    ("wake-up p99 beside a 50 ms CPU hog, ms", late_beside_hog),
    ("open loop at 80 % of its capacity, requests/s", load_text),
    ("open loop: latency (p99) at that load, ms", latency_at_load),
    (
        "http_get: tasks that the kernel sees for 1,000 flows",
        lambda run, model: whole(run.figure("http_get", model, 1000, "kernel_tasks")),
    ),
)


CARD_MODELS = 7  # as many columns as a page 1,400 pixels wide has room for


def card(run: Run) -> Table:
    """The whole result on one card; only rows that were measured, and the models that have most of them."""
    rows = card_rows(run)
    note = (
        "Medians over rounds; ± is half the 95 % interval, and where it is wider than the value, its ends are told. (n=3): so few rounds "
        "have none. Memory: that of a line through four numbers of flows. Ratios elsewhere are taken within rounds: they are not quotients of these."
    )
    if any(text.startswith(AT_LEAST) for row in rows for text in row):
        note += " At least: at the next larger number of flows most of the time had gone by when the last had started, which made an op dearer."
    return columns_of("The card", rows, run.models, first_models(run, rows), note)


def other_card(run: Run) -> Table | None:
    """The same rows of the models that the card has no room for."""
    rows = card_rows(run)
    others = [model for model in run.models if model not in first_models(run, rows)]
    late = any("late by" in row[0] for row in rows) and any(run.at_once("http_get", m) < math.inf for m in others)
    found = columns_of("The card of the other models", rows, run.models, others, POOLS if late else "")
    return found if found.rows else None


def card_rows(run: Run) -> list[tuple[str, ...]]:
    """Every row of the card, for all models."""
    return [(label, *(show(run, model) for model in run.models)) for label, show in CARD]


def first_models(run: Run, rows: Sequence[Sequence[str]]) -> list[str]:
    """The models that fill most rows, as many as there is room for, in the run's order."""
    filled = {model: sum(row[i + 1] != BLANK for row in rows) for i, model in enumerate(run.models)}
    best = sorted(run.models, key=lambda model: -filled[model])[:CARD_MODELS]
    return [model for model in run.models if model in best]


def columns_of(
    caption: str, rows: Sequence[Sequence[str]], models: Sequence[str], chosen: Sequence[str], note: str = ""
) -> Table:
    """A table of some models' columns, without rows in which they have nothing."""
    at = [models.index(model) + 1 for model in chosen]
    shown = tuple((row[0], *(row[i] for i in at)) for row in rows if any(row[i] != BLANK for i in at))
    return Table(caption, ("", *chosen), shown, note)


def shown(run: Run, v: Verdict) -> bool:
    """Is a verdict one of those that the page shows: with many flows, or with as many as the workload ever has?"""
    return v.flows >= min(HEADLINE_FLOWS, run.most_flows(v.workload))


def ratios(run: Run) -> Table:
    """Every pair at many flows, or of workloads that never have many, both figures, with intervals."""
    by_pair: dict[tuple[str, str, str], dict[str, Verdict]] = {}
    for v in run.verdicts:
        if shown(run, v):
            by_pair.setdefault((v.block, v.model, v.reference), {})[v.figure] = v
    rows = []
    for (block, model, reference), both in by_pair.items():
        texts = []
        for figure in ("D", "T"):
            r = both[figure].ratio if figure in both else None
            if r is None:
                texts += [BLANK, BLANK]
            else:
                known = r.has_interval
                texts += [
                    f"{r.value:.3f}" if known else digits(r.value, 2),
                    f"{r.low:.3f} to {r.high:.3f}" if known else BLANK,
                ]
        rows.append((block, f"{model} / {reference}", *texts, str(max(v.ratio.rounds for v in both.values()))))
    head = ("block", "models", "CPU per op, ratio", "95 % interval", "time, ratio", "95 % interval", "rounds")
    note = (
        "Ratios are taken inside each round, between cells that ran next to each other, in random order, and their centre is told: "
        "that is not the quotient of the two medians."
    )
    return Table("Ratios between models", head, tuple(rows), note)


Column = tuple[str, Callable[[pd.DataFrame], str]]


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


# How the median of a figure over a cell's rounds is shown; None where no round has it.
SHOWN: Mapping[str, Callable[[Estimate | None, float], str]] = {
    "digits": lambda found, scale: digits(found.value * scale) if found else BLANK,
    "interval": with_interval,
    "per cent": lambda found, _: f"{found.value * 100:.0f} %" if found else BLANK,
    "whole": lambda found, _: whole(found),
}


def column(row: figures.Figure, wanted: figures.Column) -> Column:
    """A column that shows a figure."""
    if wanted.show == "late":
        return wanted.heading, late(wanted.quantile)
    show = SHOWN[wanted.show]
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
                rows.append((f"{n:,}", model, *(show(cell) for _, show in columns)))
    kept = [0, 1, *(i + 2 for i in range(len(columns)) if any(row[i + 2] != BLANK for row in rows))]
    names = ("flows", "model", *(name for name, _ in columns))
    head = tuple(names[i] for i in kept)
    note = " ".join(text for column, text in notes if text and (not column or column in head))
    return Table(caption, head, tuple(tuple(row[i] for i in kept) for row in rows), note)


def figures_table(run: Run, workload: str) -> Table:
    """What the work took and cost."""
    notes = (("", "Medians over rounds; ± is half the 95 % interval, from six rounds on."), *notes_on("costs"))
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
    pool = any(run.at_once(workload, m) < math.inf for m in run.models)
    notes = notes_on("phases", {"late_p50_s": POOLS if pool else ""}, {"fairness": inside})
    return cells_table(run, workload, f"{workload}: lateness and phases", PHASES, notes)


def beside_reads(run: Run, workload: str) -> Table | None:
    """What became of a timer beside large reads."""
    if run.table.empty or "timer" not in run.table:
        return None
    with_timer = run.table[(run.table["timer"] == 1) & run.table["workload"].isin({"file_read", workload})]
    if workload not in set(with_timer["workload"]):
        return None
    rows = []
    for (kind, model), cell in with_timer.groupby(["workload", "model"], sort=False):
        read = histogram.percentile_ns(pooled(cell, "op_histogram"), 0.5, beyond=1)
        late_most = cell["late_max_s"].max() * 1e9
        how = (
            "inside the loop" if kind == "file_read_inline" else "in place" if model == "thread" else "through the pool"
        )
        counts = pooled(cell, "late_histogram")
        median_late = histogram.percentile_ns(counts, 0.5, beyond=1)
        stalled = sum(n for bucket, n in counts.items() if histogram.middle(bucket) > STALL_NS) / max(
            1, sum(counts.values())
        )
        rows.append(
            (
                str(model),
                how,
                milliseconds(read),
                milliseconds(late_most),
                plain(late_most / read, ".1f") if read else BLANK,
                f"{stalled * 100:.0f} %",
                milliseconds(median_late),
            )
        )
    first = with_timer.iloc[0]
    caption = f"A timer of {digits(first['timer_ms'])} ms beside reads of {plain(first['read_kib'] // 1024, '.0f')} MiB"
    head = (
        "model",
        "where it reads",
        "one read, ms",
        "timer late, at most, ms",
        "that is, reads",
        "timer ops late by over 5 ms",
        "timer late, median, ms",
    )
    note = (
        "A flow that waits for a timer again and again, beside one that reads. Where the loop itself reads, a timer that falls "
        "due meanwhile is late by the rest of that read, and by a read in each of the two turns of the loop that asyncio needs "
        "to wake a sleeper (one to run the timer, one to run the flow). Through a pool of threads, or under threads, no "
        "turn of a loop waits for a read; what is late there waited for the core, or for the GIL. The timer's remaining ops run when the "
        "reads are over, so its median shows little."
    )
    return Table(caption, head, tuple(sorted(set(rows), key=lambda row: (row[1], row[0]))), note)


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
