"""Drawing figures over the number of flows, a load or a percentile: a line per model, named at its end."""

from __future__ import annotations

import math
from collections.abc import Sequence

from bench.report.document import Chart, Line
from bench.report.draw.axes import Axis, Tick, apart, axis, numbers, plain, ratios
from bench.report.draw.palette import look
from bench.report.draw.svg import ROW, SMALL, TEXT, Sheet, width_of
from bench.report.text import digits

DASHES = {"bound": "5 3", "estimate": "2 3", "computed": "5 3"}
LABEL_GAP = 15  # pixels between the middles of two labels
LEADER = 22  # between the last number and the labels
SHARES = (0.5, 0.9, 0.99, 0.999)


def svg(chart: Chart, width: int, id_: str) -> str:
    """Draw a chart as one <svg> element."""
    sheet = Sheet(id_, chart.title, description_of(chart), width)
    (bars if chart.bars else lines)(sheet, chart)
    return sheet.done()


def lines(sheet: Sheet, chart: Chart) -> None:
    """Lines with intervals, and at the right each model's name."""
    size = SMALL if sheet.narrow else TEXT
    measured = [line for line in chart.lines if line.style == "measured"]
    count = len({line.model for line in measured})
    height = max(210 if sheet.narrow else 250, LABEL_GAP * count + 20)
    top, bottom = ROW + 8.0, ROW + 8.0 + height
    label = chart.y_label + ("" if chart.nines else " (log scale)")
    if chart.nines:
        label += " (log scale beyond 1)"
    sheet.text(0, ROW / 2, label, size=size)
    upright = up(chart, bottom - 6, top + 6)
    rows = y_ticks(chart, upright)
    left = max((width_of(text, SMALL) for _, text in rows), default=0) + 10
    right = sheet.width - LEADER - 8 - max((width_of(line.model, size) for line in measured), default=0)
    along = across(chart, left + 8, right - 8)
    for value, text in rows:
        y = upright.at(scaled(chart, value))
        strong = bool(chart.reference) and value == 1
        sheet.line(left, y, right, y, "var(--ink)" if strong else "var(--grid)")
        sheet.text(left - 6, y, text, "end", SMALL, **{"class": "soft"})
    ticks = x_ticks(chart, along)
    for value, text in ticks:
        x, half = along.at(value), width_of(text, SMALL) / 2
        sheet.line(x, top, x, bottom)
        sheet.text(max(x, half), bottom + ROW / 2, text, "middle", SMALL, **{"class": "soft"})
    x_label = chart.x_label + (" (log scale)" if not chart.nines and not chart.even else "")
    at = (left + right) / 2
    sheet.text(max(at, width_of(x_label, size) / 2), bottom + ROW * 1.5, x_label, "middle", size)
    for line in chart.lines:
        draw(sheet, chart, line, along, upright)
    name(sheet, chart, measured, along, upright, (right, top, bottom), size)
    sheet.height = bottom + 2 * ROW


def up(chart: Chart, start: float, end: float) -> Axis:
    """The axis of a chart's values."""
    points = [p for line in chart.lines for p in line.points]
    values = [v for p in points for v in (p.y, p.low, p.high) if math.isfinite(v)]
    if chart.nines:
        found = [bent(v) for v in values]
        return Axis(min([0.0, *found]), max([1.0, *found]) * 1.03, start, end, log=False)
    return axis([*values, *([1.0] if chart.reference else [])], start, end, log=True)


def bent(value: float) -> float:
    """Even up to 1, logarithmic beyond, on both sides of 0."""
    return value if abs(value) <= 1 else math.copysign(1 + math.log10(abs(value)), value)


def scaled(chart: Chart, value: float) -> float:
    """A value as the upright axis has it."""
    return bent(value) if chart.nines else value


def y_ticks(chart: Chart, upright: Axis) -> list[Tick]:
    """The ticks of the values, none on another."""
    if chart.nines:
        values = (-100, -10, -1, -0.5, 0, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 10000)
        found: list[Tick] = [(v, f"{v:g}") for v in values if upright.low <= bent(v) <= upright.high]
    else:
        found = ratios(upright, f"as {chart.reference}") if chart.reference else numbers(upright)
    kept: list[Tick] = []
    for tick in sorted(found, key=lambda tick: tick[0] != 1):
        y = upright.at(scaled(chart, tick[0]))
        if all(abs(y - upright.at(scaled(chart, other))) >= SMALL + 3 for other, _ in kept):
            kept.append(tick)
    return sorted(kept)


def across(chart: Chart, start: float, end: float) -> Axis:
    """The axis of the numbers of flows, of loads, or of nines."""
    xs = [p.x for line in chart.lines for p in line.points]
    if chart.nines:
        return Axis(0.0, max(3.0, *xs) if xs else 3.0, start, end, log=False)
    if chart.even:
        return axis(xs, start, end, log=False, zero=True)
    return axis(xs, start, end, log=True, room=0)


def x_ticks(chart: Chart, along: Axis) -> list[Tick]:
    """The numbers that were measured, as far as their texts have room."""
    if chart.nines:
        return [(-math.log10(1 - q), f"{q * 100:g} %") for q in SHARES]
    if chart.even:
        return apart(numbers(along), along)
    xs = sorted({p.x for line in chart.lines for p in line.points})
    return apart([(x, plain(x)) for x in xs], along, first=lambda tick: tick[0] in {xs[0], xs[-1]})


def draw(sheet: Sheet, chart: Chart, line: Line, along: Axis, upright: Axis) -> None:
    """One line: its intervals, then the line, then the markers."""
    colour = look(line.model).colour
    at = [(along.at(p.x), upright.at(scaled(chart, p.y)), p) for p in line.points]
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y, _ in at)
    dashes = {"stroke_dasharray": DASHES[line.style]} if line.style in DASHES else {}
    if len(at) > 1:
        sheet.add("polyline", points=path, fill="none", stroke=colour, stroke_width=1.2 if dashes else 2, **dashes)
    if line.style != "measured":
        return
    for x, y, point in at:
        if math.isfinite(point.low) and math.isfinite(point.high):
            sheet.line(x, upright.at(scaled(chart, point.low)), x, upright.at(scaled(chart, point.high)), colour, 2.5)
        sheet.mark(x, y, line.model, hollow=not math.isfinite(point.low))


def name(
    sheet: Sheet,
    chart: Chart,
    measured: Sequence[Line],
    along: Axis,
    upright: Axis,
    box: tuple[float, float, float],
    size: float,
) -> None:
    """Write each model's name at the right of the picture, pushed apart, with a thin line from where its own line ends."""
    right, top, bottom = box
    ends = sorted(
        (upright.at(scaled(chart, line.points[-1].y)), along.at(line.points[-1].x), line.model) for line in measured
    )
    places: list[float] = []
    for y, _, _ in ends:
        places.append(max(y, places[-1] + LABEL_GAP) if places else max(y, top))
    for i in range(len(places)):  # and up again, where they left the picture below
        most = bottom - (len(places) - 1 - i) * LABEL_GAP
        places[i] = min(places[i], most)
    for place, (y, x, model) in zip(places, ends, strict=True):
        sheet.line(x + 7, y, right + LEADER, place, look(model).colour, 0.8, stroke_dasharray="1 2")
        sheet.text(right + LEADER + 4, place, model, size=size)


def bars(sheet: Sheet, chart: Chart) -> None:
    """One horizontal bar per model, with its figure written at the end."""
    size = SMALL if sheet.narrow else TEXT
    texts = [f"{digits(line.points[0].x)} s" for line in chart.lines]
    left = max((width_of(line.model, size) for line in chart.lines), default=0) + 10
    right = sheet.width - max((width_of(text, size) for text in texts), default=0) - 10
    along = axis([line.points[0].x for line in chart.lines], left, right, log=False, zero=True, room=0)
    y = 4.0
    sheet.line(left, 0, left, y + ROW * len(chart.lines) + 4, "var(--ink)")
    for line, text in zip(chart.lines, texts, strict=True):
        end = along.at(line.points[0].x)
        sheet.add("rect", x=left, y=y + 4, width=max(1.0, end - left), height=ROW - 8, fill=look(line.model).colour)
        sheet.text(left - 8, y + ROW / 2, line.model, "end", size)
        sheet.text(end + 6, y + ROW / 2, text, size=size)
        y += ROW
    half = width_of(chart.x_label, size) / 2
    sheet.text(max((left + right) / 2, half), y + ROW, chart.x_label, "middle", size)
    sheet.height = y + 1.8 * ROW


def description_of(chart: Chart) -> str:
    """The chart's data in words, for who cannot see it."""
    parts = []
    for line in chart.lines:
        if line.style == "measured":
            points = ", ".join(f"{p.y:,.4g} at {p.x:,.4g}" if not chart.bars else f"{p.x:,.4g}" for p in line.points)
            parts.append(f"{line.model}: {points}")
    return "; ".join(parts)
