"""What was found: the first sentences, and the whole result on one card."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pandas as pd

from bench.analysis import laws
from bench.analysis.statistics import LEAST_ROUNDS
from bench.analysis.variants import AWAKE, UNPINNED
from bench.report.document import Part, Table
from bench.report.figures import LOAD_PCT, Run, pooled, starts_slowly
from bench.report.questions.question import FIRST
from bench.report.tables import POOLS, late
from bench.report.text import BLANK, digits, milliseconds, whole, with_interval
from bench.report.workloads.answer import answer
from bench.report.workloads.latency import KEEPS_UP, p99_at, served_share, used
from bench.report.workloads.memory import per_flow
from bench.store import histogram

GET, BURNING, LOADS, PARKED = "http_get", "hog", "open_loop", "park"
LATE_BY_ALL = 0.95  # of a cell's time: who is so late beside a burn woke when all burns were over
AT_LEAST = "at least"
TEMPLATE = """\
{% from "macros.html" import anchor, table %}
<section id="card">
<h2>What was found {{ anchor("card", "Card") }}</h2>
{% for sentence in content.answer %}
<p class="answer">{{ sentence }}</p>
{% endfor %}
{% if content.card.rows %}
{{ table(content.card) }}
{% if content.other %}
<details><summary>{{ content.other.caption }}</summary>{{ table(content.other) }}</details>
{% endif %}
{% else %}
<p>No record of this run counts: see the findings.</p>
{% endif %}
</section>
"""


@dataclass(frozen=True)
class Card:
    """The first sentences, the card, and the card of the models that it has no room for."""

    answer: tuple[str, ...]
    card: Table
    other: Table | None
    short: Table  # some rows of all models, under shorter names, for where there is little room


def make(run: Run) -> Card:
    """Say what was found in a run."""
    rows = card_rows(run)
    return Card(answer(run), card(run, rows), other_card(run, rows), short_card(run, rows))


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
        cell = run.rows(GET, model, flows)
        return BLANK if cell.empty else of_few(late(0.99)(cell), len(cell))

    return show


def full_core_text(run: Run, workload: str, model: str) -> str:
    """N* as text; blank for a model that runs one flow at a time, for which it has no meaning."""
    demand_s, wait_s = run.demand_s(workload, model), run.wait_s(workload, model)
    at_once = run.at_once(workload, model)
    found = laws.full_core(demand_s, wait_s, at_once)
    if found is None or run.manifest.about["kinds"].get(model) == "none":
        return BLANK
    if found.between is None:
        prefix = "more than " if found.beyond else "less than " if found.below else ""
        return "never" if found.never else f"{prefix}{digits(found.flows, 2)}"
    if starts_slowly(run, workload, model, found.between[1]):
        return f"{AT_LEAST} {digits(found.flows, 2)}"  # of D there, a part is what starting so many takes
    rounds = [e.rounds for n in found.between if (e := run.figure(workload, model, n, "D")) is not None]
    low_s, high_s = (run.demand_s(workload, model, end) for end in ("low", "high"))
    ends = laws.full_core_range(low_s, high_s, wait_s, at_once)
    if min(rounds) < LEAST_ROUNDS or ends is None:
        return of_few(digits(found.flows, 2), min(rounds))
    low, high = (digits(end, 2) for end in ends)
    return (
        f"{digits(found.flows, 2)} ({low}–{high})"
        if ends[1] < math.inf
        else f"{digits(found.flows, 2)} (at least {low})"
    )


def memory_text(run: Run, model: str) -> str:
    """What a parked flow costs, kB."""
    return with_interval(per_flow(run, PARKED, model), 1e-3)


def late_beside_hog(run: Run, model: str) -> str:
    """The 99th percentile of lateness beside burns of 50 ms, ms."""
    cell = run.rows(BURNING, model, 2, "")
    counts = pooled(cell, "late_histogram")
    if not counts:
        return BLANK
    text = of_few(milliseconds(histogram.percentile_ns(counts, 0.99)), len(cell))
    return f"more than {text}" if (cell["late_max_s"] > LATE_BY_ALL * cell["T"]).any() else text


def latency_at_load(run: Run, model: str) -> str:
    """The 99th percentile of latency where requests arrive at random and keep the core 80 % busy, ms."""
    cell = loaded(run, model)
    if cell.empty:
        return BLANK
    found = p99_at(run, LOADS, model, LOAD_PCT)
    if found is not None:
        return of_few(with_interval(found.latency), found.latency.rounds)
    text = of_few(late(0.99)(cell), len(cell))
    if served_share(cell, LOAD_PCT) < KEEPS_UP:
        return f"{text}, fell behind"
    return f"{text}, core {100 * used(cell).median():.0f} % busy"


def load_text(run: Run, model: str) -> str:
    """How many requests a second those are."""
    cell = loaded(run, model)
    return BLANK if cell.empty else digits(float(cell["capacity"].median()) * LOAD_PCT / 100, 2)


def loaded(run: Run, model: str) -> pd.DataFrame:
    """The records of a model at that load."""
    t = run.table
    if t.empty or "load_pct" not in t:
        return t.iloc[:0]
    return t[(t["workload"] == LOADS) & (t["model"] == model) & (t["load_pct"] == LOAD_PCT)]


# What a row is called, and in a terminal, where it has a place on the short card; and what it shows of a model.
CARD: tuple[tuple[str, str, Callable[[Run, str], str]], ...] = (
    ("three flows wait 1 s each: time, s", "", at("countasync", 3, "T")),
    ("create a flow, one of 100, µs", "start one of 100, µs", at("create", 100, "create_per_flow_s", 1e6)),
    ("hand over to another flow, µs of CPU", "hand over, µs of CPU", at("handoff", 2, "D", 1e6)),
    ("hand over by IO, in a ring of 100, µs of CPU", "", at("brigade", 100, "D", 1e6)),
    ("CPU per http_get at 1 flow, µs", "", at(GET, 1, "D", 1e6)),
    ("CPU per http_get at 100 flows, µs", "CPU per GET of 100, µs", at(GET, 100, "D", 1e6)),
    ("the same, not pinned to one core, µs", "", at(GET, 100, "D", 1e6, UNPINNED)),
    ("the same, on a core that may not sleep, µs", "", at(GET, 100, "D", 1e6, AWAKE)),
    ("CPU per http_get at 1,000 flows, µs", "CPU per GET of 1,000, µs", at(GET, 1000, "D", 1e6)),
    ("http_get at 100 flows: late by (p99), ms", "", late_at(100)),
    ("http_get at 1,000 flows: late by (p99), ms", "late p99 of 1,000, ms", late_at(1000)),
    (
        "http_get: one core is full at (N*), flows",
        "core full at, flows",
        lambda run, model: full_core_text(run, GET, model),
    ),
    ("memory per flow, the kernel's share included, kB", "memory per flow, kB", memory_text),
    ("wake-up p99 beside a 50 ms CPU hog, ms", "late beside a hog, ms", late_beside_hog),
    ("open loop at 80 % of its capacity, requests/s", "", load_text),
    ("open loop: latency (p99) when the core is 80 % busy, ms", "latency p99 at 80 %, ms", latency_at_load),
    (
        "http_get: tasks that the kernel sees for 1,000 flows",
        "",
        lambda run, model: whole(run.figure(GET, model, 1000, "kernel_tasks")),
    ),
)


CARD_MODELS = 7  # as many columns as a page 1,400 pixels wide has room for


def card(run: Run, rows: Sequence[tuple[str, ...]]) -> Table:
    """The whole result on one card; only rows that were measured, and the models that have most of them."""
    note = (
        "Medians over rounds, with the lower and upper end of the 95 % interval. (n=3): too few rounds for "
        "an interval. Memory: that of a line through four numbers of flows. Ratios elsewhere are taken within rounds: they are not quotients of these."
    )
    if any(text.startswith(AT_LEAST) for row in rows for text in row):
        note += " At least: at the next larger number of flows most of the time had gone by when the last had started, which made an op dearer."
    return columns_of("The card", rows, run.models, first_models(run, rows), note + tail_in_c(run, rows))


def tail_in_c(run: Run, rows: Sequence[tuple[str, ...]]) -> str:
    """What of a GET's lateness is the server's and the machine's: the same of programs in C. Empty where none was measured."""
    in_c = [model for model in run.models if run.manifest.about["kinds"].get(model) == "native"]
    found = [
        f"{model} {text} ms at {n:,} flows"
        for n in (100, 1000)
        for model in in_c
        if (text := late_at(n)(run, model)) != BLANK
    ]
    if not found or not any("late by" in row[0] for row in rows):
        return ""
    return f" Late by (p99) has the server's and the machine's own tail in it: programs in C are late, too ({', '.join(found)})."


def other_card(run: Run, rows: Sequence[tuple[str, ...]]) -> Table | None:
    """The same rows of the models that the card has no room for."""
    others = [model for model in run.models if model not in first_models(run, rows)]
    late = any("late by" in row[0] for row in rows) and any(run.at_once(GET, m) < math.inf for m in others)
    found = columns_of("The card of the other models", rows, run.models, others, POOLS if late else "")
    return found if found.rows else None


def short_card(run: Run, rows: Sequence[tuple[str, ...]]) -> Table:
    """Those rows that have a shorter name, with the models that most readers ask about first."""
    named = [(short, *row[1:]) for (_, short, _), row in zip(CARD, rows, strict=True) if short]
    there = [model for i, model in enumerate(run.models) if any(row[i + 1] != BLANK for row in named)]
    chosen = sorted(there, key=lambda model: FIRST.index(model) if model in FIRST else len(FIRST))
    return columns_of("The card, in short", named, run.models, chosen)


def card_rows(run: Run) -> list[tuple[str, ...]]:
    """Every row of the card, for all models."""
    return [(label, *(show(run, model) for model in run.models)) for label, _, show in CARD]


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


PART = Part("card", "Card", 50, make, TEMPLATE, page="cells")
