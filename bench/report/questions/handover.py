"""What does it cost to hand over from one flow to another?"""

from __future__ import annotations

from bench.report.document import Screen, Table
from bench.report.figures import Run
from bench.report.questions import values
from bench.report.questions.question import Question, first_upper, models, plural
from bench.report.quotes import Quotes
from bench.report.text import BLANK
from bench.report.workloads.causes import causes

LOCK, RING = "handoff", "brigade"
WAYS = ((LOCK, "by a lock or event"), (RING, "by a socket, in a ring"))


def places(run: Run) -> list[tuple[str, str, int]]:
    """The ways that were measured, each at one number of flows."""
    return [(w, way, 100 if 100 in flows else flows[-1]) for w, way in WAYS if (flows := run.flows(w))]


def make(run: Run, q: Quotes) -> Screen | None:
    """Compare ways to hand over."""
    there = places(run)
    said = [text for w, way, n in there if (text := sentence(run, q, w, way, n))]
    if not said:
        return None
    groups = [(way, values.group(run, w, n, "D", 1e6, "µs")) for w, way, n in there]
    return Screen(
        id="handover",
        title=QUESTION.title,
        short=QUESTION.short,
        sentences=tuple(said),
        picture=values.dots("handover-cpu", "CPU per hand-over", "µs of CPU", groups),
        table=table(run, q, there),
        why=tuple(text for w, _, _ in there for text in causes(run, w)),
        details=tuple(w for w, _, _ in there),
        numbers=tuple(q.numbers),
    )


def sentence(run: Run, q: Quotes, workload: str, way: str, n: int) -> str:
    """The cheapest and the dearest model."""
    found = [(e.value, m, e) for m in models(run, workload, [n]) if (e := run.figure(workload, m, n, "D")) is not None]
    if len(found) < 2:
        return ""
    parts = [
        f"{plural(m)} {q.value(f'{workload}/{m}/{n}: CPU per hand-over', e, 'µs', 1e6)}"
        for _, m, e in sorted(found, key=lambda one: one[0])
    ]
    return first_upper(f"{way}, a hand-over takes, in µs of CPU: {', '.join(parts)}.")


def table(run: Run, q: Quotes, there: list[tuple[str, str, int]]) -> Table:
    """CPU per hand-over, and how often the kernel switched for it."""
    rows = []
    for workload, way, n in there:
        for model in models(run, workload, [n]):
            found = run.figure(workload, model, n, "D")
            if found is None:
                continue
            name = f"{workload}/{model}/{n}"
            switches = run.figure(workload, model, n, "switches_per_op")
            shown = q.value(f"{name}: switches by the kernel per op", switches, "") if switches is not None else BLANK
            rows.append(
                (model, way, *q.ends(f"{name}: CPU per hand-over", found, "µs", 1e6), shown, q.rounds(name, found))
            )
    head = ("model", "way", "CPU, µs", "lower", "upper", "kernel switches", "n")
    return Table("CPU per hand-over, and switches by the kernel for it", head, tuple(rows))


QUESTION = Question("handover", "What does it cost to hand over to another flow?", "Hand-over", (LOCK, RING), make)
