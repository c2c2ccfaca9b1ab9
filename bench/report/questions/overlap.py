"""Do waits overlap on one core?"""

from __future__ import annotations

from bench.analysis.statistics import Estimate
from bench.report.document import Picture, Screen, Table
from bench.report.figures import Run
from bench.report.questions.question import Question, plural
from bench.report.quotes import Quotes
from bench.report.text import BLANK, digits
from bench.report.workloads.causes import causes
from bench.report.workloads.scaling import time_chart
from bench.report.workloads.timelines import timeline

CLASSIC, UNLIKE, ALONE = "countasync", "two_flows", "sequential"


def make(run: Run, q: Quotes) -> Screen | None:
    """Show how much time overlapping saves."""
    said, details = [], []
    if flows := run.flows(CLASSIC):
        times = {m: e for m in run.models if (e := run.figure(CLASSIC, m, flows[0], "T")) is not None}
        others = {m: e for m, e in times.items() if m != ALONE}
        if ALONE in times and others:
            slowest = max(others, key=lambda m: others[m].value)
            name = f"{CLASSIC}/{flows[0]}: time"
            said.append(
                f"Yes: three waits of one second take {q.value(f'{name}, {ALONE}', times[ALONE], 's')} s in sequence, and at most "
                f"{q.value(f'{name}, {slowest}', others[slowest], 's')} s together, with every model."
            )
            details.append(CLASSIC)
    found = timeline(run, UNLIKE) if run.flows(UNLIKE) else None
    shown = UNLIKE if found is not None else CLASSIC
    if found is not None:
        said.append("Two unlike waits overlap as well, a GET and a read of a disk; the work around them does not.")
        details.append(UNLIKE)
    sizes = run.flows(shown)
    if not said or not sizes:
        return None
    charts = time_chart(run, shown, sizes)
    picture: Picture | None = found if found is not None else charts[0] if charts else None
    return Screen(
        id="overlap",
        title=QUESTION.title,
        short=QUESTION.short,
        sentences=tuple(said),
        picture=picture,
        table=table(run, q, shown, sizes[0]),
        why=causes(run, shown),
        details=tuple(details),
        numbers=tuple(q.numbers),
    )


def table(run: Run, q: Quotes, workload: str, n: int) -> Table:
    """How long each model took, and how much less than one flow after the other."""
    alone = run.figure(workload, ALONE, n, "T")
    rows: list[tuple[str, ...]] = []
    for model in run.models:
        found = run.figure(workload, model, n, "T")
        if found is not None and len(rows) < MOST:
            name = f"{workload}/{model}/{n}: time"
            rows.append(
                (model, *q.ends(name, found, "ms", 1e3), gained(q, name, found, alone, model), q.rounds(name, found))
            )
    head = ("model", "time, ms", "lower", "upper", "saved, ms", "n")
    return Table(f"Time until {'both' if workload == UNLIKE else 'all'} flows are done", head, tuple(rows))


def gained(q: Quotes, name: str, found: Estimate, alone: Estimate | None, model: str) -> str:
    """How much less time that is than in sequence, ms."""
    if alone is None or model == ALONE:
        return BLANK
    return q.given(f"{name}, saved by {plural(model)}", digits((alone.value - found.value) * 1e3))


MOST = 8
QUESTION = Question("overlap", "Do waits overlap on one core?", "Overlap", (CLASSIC, UNLIKE), make)
