"""Many runs side by side: what they have in common as quantiles, and the names of those that lie apart.

Up to MOST_BESIDE runs have a mark and a column each. Of more, no reader sees which mark is which, and no page has room for the columns.
Then a row has the quantiles over runs, and its outliers by name: runs beyond Tukey's fences, which lie 1.5 times the distance between
the quarters outside of them (Tukey, Exploratory Data Analysis, 1977, section 2D). Figures are above 0, so fences are those of logs.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from bench.analysis.comparison import Compared
from bench.report.document import Dots, Point, Row, Table
from bench.report.text import BLANK, digits

MOST_BESIDE = 6  # as many as the palette has marks for
FENCE = 1.5
QUANTILES: Mapping[str, float] = {"least": 0, "lower quarter": 0.25, "median": 0.5, "upper quarter": 0.75, "most": 1}
HEAD = ("runs", *QUANTILES, "outliers")
MOST_NAMED = 4
NOTE = (
    "Quantiles over runs, each run's own value counted once. Outliers are runs beyond Tukey's fences: more than 1.5 times the distance "
    "between the quarters outside of them, in logs."
)


def many(names: Sequence[str]) -> bool:
    """Are these too many to stand beside each other?"""
    return len(names) > MOST_BESIDE


def outliers(values: Sequence[float]) -> list[int]:
    """The places of those beyond the fences; none of fewer than five values, whose quarters say little."""
    if len(values) < 5:
        return []
    logs = np.log(values)
    low, high = np.quantile(logs, (0.25, 0.75))
    room = FENCE * (high - low) + 1e-9  # equal values have no outliers by rounding
    return [i for i, value in enumerate(logs) if value < low - room or value > high + room]


def listed(names: Sequence[str]) -> str:
    """Names, the first of them where they are many."""
    more = len(names) - MOST_NAMED
    return ", ".join(names[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")


def quantiles(values: Sequence[float | None], names: Sequence[str], scale: float = 1) -> tuple[str, ...]:
    """The texts of a row for HEAD. None, NaN and what is not above 0 is no value."""
    there = [(v, name) for v, name in zip(values, names, strict=True) if v is not None and math.isfinite(v) and v > 0]
    if not there:
        return ("0", *[BLANK] * len(QUANTILES), BLANK)
    found = [value for value, _ in there]
    apart = [f"{there[i][1]}: {digits(found[i] * scale)}" for i in outliers(found)]
    texts = (digits(float(np.quantile(found, q)) * scale) for q in QUANTILES.values())
    return (str(len(found)), *texts, listed(apart) or BLANK)


def ratio_rows(figure: str, compared: Sequence[Compared], names: Sequence[str]) -> tuple[tuple[str, ...], ...]:
    """Block, model and the quantiles of each ratio."""
    return tuple(
        (c.block, c.model, *quantiles([None if r is None else r.value for r in c.ratios], names))
        for c in compared
        if c.figure == figure
    )


def forest(dots: Dots) -> Dots:
    """The picture of many runs: a mark for the median of each row, its line from the least to the most."""
    groups = []
    for block, rows in dots.groups:
        made = []
        for row in rows:
            values = [p.x for p in row.points if p is not None and math.isfinite(p.x)]
            middle = Point(float(np.median(values)), 0, min(values), max(values))
            made.append(Row(row.name, row.model, (middle,), f"{digits(min(values))} to {digits(max(values))}"))
        groups.append((block, tuple(made)))
    return Dots(
        id=dots.id,
        title=dots.title,
        x_label=dots.x_label,
        groups=tuple(groups),
        reference=dots.reference,
        how_to_read=(
            f"Each row is one model against {dots.reference} in one block. The mark is the median of the runs, its line goes from the "
            f"least to the most of them. Left of the strong line: less than {dots.reference}. A line that crosses it: runs do not agree."
        ),
    )


def by_value(
    caption: str, rows: Sequence[tuple[str, ...]], names: Sequence[str], head: Sequence[str], note: str
) -> Table:
    """A table of a name and a text for each run, turned: a row for each text, with the runs that have it, the most usual first."""
    turned = []
    for name, *texts in rows:
        who: dict[str, list[str]] = {}
        for text, run in zip(texts, names, strict=True):
            who.setdefault(text, []).append(run)
        turned += [
            (name, text, str(len(runs)), listed(runs))
            for text, runs in sorted(who.items(), key=lambda one: -len(one[1]))
        ]
    return Table(caption, (*head, "runs", "which"), tuple(turned), note)
