"""How long do requests take when they arrive at random?"""

from __future__ import annotations

from collections.abc import Mapping

from bench.analysis.statistics import Estimate, estimate, median_interval
from bench.report.document import Chart, Line, Point, Screen, Table
from bench.report.figures import Run
from bench.report.questions.question import Question, models, plural
from bench.report.quotes import Quotes
from bench.report.text import milliseconds
from bench.report.workloads.causes import causes
from bench.report.workloads.latency import KEEPS_UP, P99, as_loads, loads, p99_at, served_share, used

OPEN = "open_loop"
NAMED, ALL = 80, 100  # %: the load that stands for all, and one that no model is expected to hold
READ = (
    "Each mark is one load: how busy the core was, and the latency that 99 of 100 requests kept, from when they were due: the median over rounds. "
    "A page takes 10 ms of it. Each model is asked for a share of its own capacity, so a faster one serves more at the same share. Lower is better."
)


def order(there: Mapping[str, Estimate]) -> str:
    """Whose latency is shorter than that of all others, if the intervals say so."""
    for model, one in there.items():
        if len(there) > 1 and all(one.high < other.low for name, other in there.items() if name != model):
            return f"That of {plural(model)} is the shortest: its interval lies below all others."
    return "No order is claimed: there are too few rounds, or the intervals meet."


def make(run: Run, q: Quotes) -> Screen | None:
    """Say what latency a model has at the load that it reaches."""
    lines, rows, said, behind, there = [], [], [], [], {}
    shown = models(run, OPEN, run.flows(OPEN, None) or [1], None) or [m for m in run.models if loads(run, OPEN, m)]
    for model in [m for m in run.models if m in shown or loads(run, OPEN, m)][:5]:
        points = []
        for load, cell in loads(run, OPEN, model):
            # Over rounds, as what is read at a load: of all requests together, one round that fell behind would be most of the latest.
            middles, lates = ([one.latency for one in as_loads(cell, share)] for share in (0.5, P99))
            rate = estimate(cell, "X")
            if not lates or not middles or rate is None:
                continue
            middle, late = median_interval(middles), median_interval(lates)
            name = f"{OPEN}/{model} at {load:g} %"
            busy = median_interval(used(cell).tolist())
            points.append(Point(busy.value * 100, late.value, late.low, late.high))
            text = q.keep(f"{name}: latency, p99", milliseconds(late.value * 1e6), "ms", late)
            served = q.value(f"{name}: requests per second", rate, "1/s")
            if load == NAMED and (reading := p99_at(run, OPEN, model, load)) is not None:
                there[model] = reading.latency
                at = q.value(f"{OPEN}/{model}: latency, p99, at {NAMED} %", reading.latency, "ms")
                said.append(f"{plural(model)} {at} ms at about {served} requests a second")
            kept = served_share(cell, load)
            if kept < KEEPS_UP and load < ALL:
                share = q.given(f"{name}: served, % of the offered rate", f"{kept * 100:.0f}")
                behind.append(f"At {load:g} %, {plural(model)} fell behind: {share} % of the offered rate was served.")
            rows.append(
                (
                    model,
                    q.given("load, %", f"{load:g} %"),
                    served,
                    q.keep(f"{name}: core used", f"{busy.value * 100:.0f} %", "", busy),
                    q.keep(f"{name}: latency, p50", milliseconds(middle.value * 1e6), "ms", middle),
                    text,
                    q.given("rounds", str(late.rounds)),
                )
            )
        if points:
            lines.append(Line(model, tuple(sorted(points, key=lambda p: p.x))))
    if not lines:
        return None
    head = ("model", "load", "requests/s", "core used", "half (p50), ms", "99 of 100, ms", "n")
    text = (
        f"Where the core is {q.given('load, %', str(NAMED))} % busy, 99 of 100 requests take at most: {', '.join(said)}. {order(there)}"
        if said
        else "Latency grows once the core is full."
    )
    return Screen(
        id="load",
        title=QUESTION.title,
        short=QUESTION.short,
        sentences=(text, *behind),
        picture=Chart(
            "load-latency",
            "Latency by how busy the core is",
            "core busy, %",
            "latency (p99), ms",
            tuple(lines),
            READ,
            even=True,
        ),
        table=Table(
            "Latency of requests that arrive at random",
            head,
            tuple(rows[:14]),
        ),
        why=causes(run, OPEN),
        details=(OPEN,),
        numbers=tuple(q.numbers),
    )


QUESTION = Question("load", "How long do requests take under load?", "Load", (OPEN,), make)
