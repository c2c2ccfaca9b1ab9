"""One figure of every model, as dots on a logarithmic axis and as a table: the questions that are not about ratios."""

from __future__ import annotations

from collections.abc import Sequence

from bench.report.document import Dots, Point, Row
from bench.report.figures import Run
from bench.report.questions.question import models
from bench.report.text import digits

READ = (
    "Each dot is the median over rounds, on a logarithmic axis; left is less. The line is the 95 % interval. A hollow dot has too "
    "few rounds for an interval."
)


def group(
    run: Run, workload: str, flows: int, figure: str, scale: float, unit: str, suffix: str | None = None
) -> tuple[Row, ...]:
    """A row for each model that has the figure."""
    rows = []
    for model in models(run, workload, [flows], suffix):
        found = run.figure(workload, model, flows, figure, suffix)
        if found is not None and found.value > 0:
            point = Point(found.value * scale, 0, found.low * scale, found.high * scale)
            few = "" if found.has_interval else f" (n={found.rounds})"
            rows.append(
                Row(model, model, (point,), f"{digits(found.value * scale)} {unit}{few}", hollow=not found.has_interval)
            )
    return tuple(rows)


def dots(id_: str, title: str, x_label: str, groups: Sequence[tuple[str, tuple[Row, ...]]]) -> Dots | None:
    """The picture; None where there is nothing in it."""
    kept = tuple((name, rows) for name, rows in groups if rows)
    return Dots(id_, title, x_label, kept, READ) if kept else None
