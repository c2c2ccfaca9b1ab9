"""What happens to a flow beside one that burns CPU?"""

from __future__ import annotations

import pandas as pd

from bench.report.document import Dots, Point, Row, Screen, Table
from bench.report.figures import Run, of_rounds
from bench.report.questions.question import Question, models, one_of
from bench.report.quotes import Quotes
from bench.report.text import milliseconds
from bench.report.workloads.causes import causes
from bench.report.workloads.views import measured, suffixes

HOG = "hog"
SHARES = (0.5, 0.99)
LATE_BY_ALL = 0.95  # of a cell's time: who is so late woke when all burns were over
READ = (
    "A flow is due every few milliseconds, beside one that burns CPU. Open mark: half of the wake-ups are at most so late. Filled mark: "
    "99 of 100 are. The dashed lines are how long the other flow burns at a time. The axis is logarithmic."
)


def cells(run: Run) -> list[tuple[float, str, str, pd.DataFrame]]:
    """The cells of every length of burn: ms, model, parameters, rows. Other switch intervals are on the second page."""
    if not measured(run, HOG, "burn_ms", "tick_ms", "switch_us", "late_max_s"):
        return []
    found = []
    for suffix in suffixes(run, HOG):
        if "switch_us" in suffix:
            continue
        for model in models(run, HOG, [2], suffix):
            cell = run.rows(HOG, model, 2, suffix)
            if not cell.empty:
                found.append((float(cell["burn_ms"].iloc[0]), model, suffix, cell))
    return sorted(found, key=lambda one: (one[0], run.models.index(one[1])))


def make(run: Run, q: Quotes) -> Screen | None:
    """Say how late a flow wakes."""
    found = cells(run)
    if not found:
        return None
    groups: dict[str, list[Row]] = {}
    rows, said = [], []
    longest = found[-1][0]
    for burn, model, _, cell in found:
        middle, late = of_rounds(cell, "late_histogram", SHARES)
        if middle is None or late is None:
            continue
        name = f"{HOG}/{model}, burns of {burn:g} ms: wake-up late"
        more = "over " if (cell["late_max_s"] > LATE_BY_ALL * cell["T"]).any() else ""
        text = q.keep(f"{name}, p99", milliseconds(late.value), "ms", late, 1e-6)
        if burn == longest:
            said.append(f"{one_of(model)} {more}{text} ms")
        points = tuple(Point(max(1e-3, e.value / 1e6), 0, e.low / 1e6, e.high / 1e6) for e in (middle, late))
        groups.setdefault(f"burns of {burn:g} ms", []).append(Row(model, model, points, f"{more}{text} ms"))
        ends = tuple(milliseconds(end) for end in (late.low, late.high))
        q.given(f"{name}, p99, ends", " ".join(ends))
        rows.append(
            (
                model,
                q.given("burn, ms", f"{burn:g}"),
                q.keep(f"{name}, p50", milliseconds(middle.value), "ms", middle, 1e-6),
                more + text,
                *ends,
                q.given("rounds", str(late.rounds)),
            )
        )
    if not rows:
        return None
    burns = sorted({burn for burn, *_ in found})
    return Screen(
        id="preemption",
        title=QUESTION.title,
        short=QUESTION.short,
        sentences=(
            f"Beside a task that burns {q.given('burn, ms', f'{longest:g}')} ms at a time, 99 of 100 wake-ups are at most so late: {', '.join(said)}.",
        ),
        picture=Dots(
            "preemption-late",
            "How late a flow wakes beside one that burns CPU",
            "ms late",
            tuple((name, tuple(rows_)) for name, rows_ in groups.items()),
            READ,
            ("half of the wake-ups", "99 of 100"),
            tuple((burn, f"burn {burn:g} ms") for burn in burns),
        ),
        table=Table(
            "How late a flow wakes, ms",
            ("model", "burns of, ms", "half (p50)", "99 of 100 (p99)", "lower", "upper", "n"),
            tuple(rows),
        ),
        why=causes(run, HOG),
        details=(HOG,),
        numbers=tuple(q.numbers),
    )


QUESTION = Question("preemption", "What if one flow burns CPU?", "Preemption", (HOG,), make)
