"""What does it cost to start a flow, and how many can there be?"""

from __future__ import annotations

from bench.report.document import Screen, Table
from bench.report.figures import Run
from bench.report.questions import values
from bench.report.questions.question import Question, models, one_of
from bench.report.quotes import Quotes
from bench.report.scale import scale_table
from bench.report.text import BLANK
from bench.report.workloads.causes import causes

CREATE = "create"


def make(run: Run, q: Quotes) -> Screen | None:
    """Compare what starting a flow takes."""
    flows = run.flows(CREATE)
    if not flows:
        return None
    n = 100 if 100 in flows else flows[-1]
    parts, rows = [], []
    for model in models(run, CREATE, [n]):
        found, end = run.figure(CREATE, model, n, "create_per_flow_s"), run.figure(CREATE, model, n, "join_per_flow_s")
        if found is None:
            continue
        name = f"{CREATE}/{model}/{n}: create"
        parts.append((found.value, f"{one_of(model)} {q.value(name, found, 'µs', 1e6)} µs"))
        joined = q.value(f"{CREATE}/{model}/{n}: join", end, "µs", 1e6) if end is not None else BLANK
        rows.append((model, *q.ends(name, found, "µs", 1e6), joined, q.rounds(name, found)))
    if not rows:
        return None
    said = [
        f"To start {one_of_many(q, n)} takes, each: {', '.join(text for _, text in sorted(parts))}.",
        *stops(run, q),
    ]
    rows_ = values.group(run, CREATE, n, "create_per_flow_s", 1e6, "µs")
    return Screen(
        id="starting",
        title=QUESTION.title,
        short=QUESTION.short,
        sentences=tuple(said),
        picture=values.dots("starting-create", "Time to start a flow", "µs per flow", [("", rows_)]),
        table=Table(
            f"Time to start and to end one of {n:,} flows",
            ("model", "start, µs", "lower", "upper", "end, µs", "n"),
            tuple(rows),
        ),
        why=causes(run, CREATE),
        details=(CREATE,),
        numbers=tuple(q.numbers),
    )


def one_of_many(q: Quotes, n: int) -> str:
    """So many flows."""
    return f"{q.given('flows', f'{n:,}')} flows"


def stops(run: Run, q: Quotes) -> list[str]:
    """How many flows there were at most, where that was asked, and what stopped the next step."""
    table = scale_table(run)
    if table is None:
        return []
    most: dict[str, str] = {}
    for row in table.rows:
        if not row[-1]:
            most[row[0]] = row[1]
    return (
        [f"At most there were: {', '.join(f'{name} {q.given(name, n)}' for name, n in most.items())}."] if most else []
    )


QUESTION = Question("starting", "What does it cost to start a flow?", "Starting", (CREATE,), make)
