"""Drawing values with their intervals as dots: a row per model, in groups, on one axis."""

from __future__ import annotations

import math
from collections.abc import Sequence

from bench.report.document import Dots, Row
from bench.report.draw.axes import Axis, apart, axis, numbers, ratios
from bench.report.draw.palette import RUNS, look
from bench.report.draw.svg import ROW, SMALL, TEXT, Sheet, width_of

GAP = 12  # between groups
LEGEND = ROW
LEAST_PLOT = 120


def svg(dots: Dots, width: int, id_: str) -> str:
    """Draw it as one <svg> element."""
    sheet = Sheet(id_, dots.title, words(dots), width)
    size = SMALL if sheet.narrow else TEXT
    names = max((width_of(row.name, size) for _, rows in dots.groups for row in rows), default=0)
    heads = 0.0 if sheet.narrow else max((width_of(name, size) * 1.08 for name, _ in dots.groups), default=0)
    values = max((width_of(row.text, size) for _, rows in dots.groups for row in rows), default=0)
    left = heads + (14 if heads else 0) + names + 14
    right = max(left + LEAST_PLOT, width - values - (14 if values else 4))
    found = [v for _, rows in dots.groups for row in rows for p in row.points if p for v in (p.x, p.low, p.high)]
    found += [1.0] if dots.reference else [value for value, _ in dots.marks]
    along = axis(found, left + 6, right - 6, log=dots.log, zero=not dots.log)
    y = legend(sheet, dots, size) + (ROW if dots.marks else 4)
    top = y
    body: list[tuple[float, Row]] = []
    stretches: list[tuple[float, float]] = []  # where the groups' rows are: lines keep out of their names
    for name, rows in dots.groups:
        if name and sheet.narrow:
            sheet.text(0, y + ROW / 2, name, size=size, font_weight=600)
            y += ROW
        elif name:
            sheet.text(0, y + ROW / 2, name, size=size, font_weight=600)
        start = y
        for row in rows:
            body.append((y + ROW / 2, row))
            y += ROW
        stretches.append((start, y))
        y += GAP if len(dots.groups) > 1 else 0
    bottom = y
    scale(
        sheet, dots, along, [*stretches, (bottom - 3, bottom)] if sheet.narrow else [(top, bottom)], top - ROW / 2, size
    )
    for middle, row in body:
        draw(sheet, dots, row, along, middle)
        sheet.text(left - 10, middle, row.name, "end", size)
        if row.text:
            sheet.text(width, middle, row.text, "end", size)
    sheet.height = bottom + 2 * ROW
    return sheet.done()


def legend(sheet: Sheet, dots: Dots, size: float) -> float:
    """What each kind of point means, above the picture; return how high it is."""
    if len(dots.kinds) < 2:
        return 0
    x, y = 0.0, LEGEND / 2
    for i, kind in enumerate(dots.kinds):
        room = 24 + width_of(kind, size)
        if x and x + room > sheet.width:
            x, y = 0, y + LEGEND
        if dots.by_run:
            sheet.marker(x + 7, y, RUNS[i % len(RUNS)].marker, RUNS[i % len(RUNS)].colour)
        else:
            sheet.marker(x + 7, y, "o", "var(--ink)", hollow=i == 0)
        sheet.text(x + 18, y, kind, size=size)
        x += room + 10
    return y + LEGEND / 2 + 4


def scale(
    sheet: Sheet, dots: Dots, along: Axis, stretches: Sequence[tuple[float, float]], above: float, size: float
) -> None:
    """The axis below the picture, its lines in each of these stretches, and the marks, named `above`."""
    bottom = stretches[-1][1]

    def upright(x: float, colour: str, **more: object) -> None:
        for start, end in stretches:
            sheet.line(x, start, x, end, colour, 1, **more)

    ticks = ratios(along, f"as {dots.reference}") if dots.reference else numbers(along)
    for value, text in apart(ticks, along, SMALL, lambda tick: bool(dots.reference) and tick[0] == 1):
        x = along.at(value)
        strong = bool(dots.reference) and value == 1
        upright(x, "var(--ink)" if strong else "var(--grid)")
        half = width_of(text, SMALL) / 2
        sheet.text(min(max(x, half), sheet.width - half), bottom + ROW / 2, text, "middle", SMALL, **{"class": "soft"})
    for value, text in dots.marks:
        x, half = along.at(value), width_of(text, SMALL) / 2
        upright(x, "var(--ink)", stroke_dasharray="4 3")
        sheet.text(min(max(x, half), sheet.width - half), above, text, "middle", SMALL)
    label = f"{dots.x_label} (log scale)".strip() if dots.log else dots.x_label
    if width_of(label, size) <= sheet.width:
        centre = (along.start + along.end) / 2
        half = width_of(label, size) / 2
        sheet.text(min(max(centre, half), sheet.width - half), bottom + ROW * 1.5, label, "middle", size)
    else:
        sheet.text(
            0, bottom + ROW * 1.5, label, "start", SMALL, textLength=sheet.width, lengthAdjust="spacingAndGlyphs"
        )


def draw(sheet: Sheet, dots: Dots, row: Row, along: Axis, y: float) -> None:
    """A row's points: a line for each interval, then a marker. Points of several kinds are joined by a thin line."""
    xs = [along.at(p.x) for p in row.points if p is not None and math.isfinite(p.x)]
    colour = look(row.model).colour
    if len(xs) > 1 and not dots.by_run:
        sheet.line(min(xs), y, max(xs), y, colour, 1.2)
    for i, point in enumerate(row.points):
        if point is None or not math.isfinite(point.x):
            continue
        shift = (i - (len(row.points) - 1) / 2) * 4 if dots.by_run and len(row.points) > 1 else 0
        shape = RUNS[i % len(RUNS)] if dots.by_run else look(row.model)
        if math.isfinite(point.low):
            sheet.line(
                along.at(point.low),
                y + shift,
                along.at(point.high),
                y + shift,
                shape.colour,
                3 if not dots.by_run else 2,
            )
        hollow = row.hollow or (not dots.by_run and len(dots.kinds) > 1 and i == 0)
        sheet.marker(along.at(point.x), y + shift, shape.marker, shape.colour, hollow=hollow)


def words(dots: Dots) -> str:
    """The values in words, for who cannot see them."""
    parts = []
    for name, rows in dots.groups:
        for row in rows:
            found = []
            for i, point in enumerate(row.points):
                if point is None or not math.isfinite(point.x):
                    continue
                kind = f"{dots.kinds[i]} " if len(dots.kinds) > 1 else ""
                ends = f" ({point.low:.4g} to {point.high:.4g})" if math.isfinite(point.low) else ""
                found.append(f"{kind}{point.x:.4g}{ends}")
            parts.append(f"{name}{' ' if name else ''}{row.name}: {', '.join(found)}")
    return "; ".join(parts)
