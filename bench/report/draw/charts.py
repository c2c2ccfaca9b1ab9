"""Charts of a document as SVG: log-log lines with intervals, percentiles, bars."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter, NullLocator

from bench.report.document import Chart, Line
from bench.report.draw.palette import PAPER, look
from bench.report.draw.svg import picture
from bench.report.text import digits

DASHES: dict[str, Any] = {"bound": (0, (5, 3)), "estimate": (0, (1, 2)), "computed": (0, (5, 3))}
LABEL_GAP = 14.0  # points between two direct labels


def svg(chart: Chart) -> str:
    """Draw a chart as one <svg> element."""
    size = (6.4, 0.9 + 0.42 * len(chart.lines)) if chart.bars else (6.4, 4.3)

    def paint(axes: Any) -> Callable[[], None] | None:
        if chart.bars:
            bars(axes, chart)
            return None
        (percentiles if chart.nines else scaling)(axes, chart)
        return lambda: label_lines(axes, chart.lines)

    return picture(chart.id, chart.title, description_of(chart), size, paint)


def percentiles(axes: Any, chart: Chart) -> None:
    """Lines over an axis on which each further nine of a percentile takes the same room; y may be negative."""
    for line in chart.lines:
        shape = look(line.model)
        xs, ys = [p.x for p in line.points], [p.y for p in line.points]
        axes.errorbar(
            *(xs, ys),
            yerr=errors(line),
            color=shape.colour,
            marker=shape.marker,
            markersize=5,
            linewidth=1.6,
            capsize=2,
        )
    axes.set_yscale("symlog", linthresh=1, linscale=1)
    values = [p.y for line in chart.lines for p in line.points]
    low, high = min([0, *values]), max([1, *values])
    ticks = [t for t in (-1, -0.5, 0, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500) if low * 1.3 <= t <= high * 1.6]
    axes.set_yticks(ticks, [f"{tick:g}" for tick in ticks])
    axes.yaxis.set_minor_locator(NullLocator())
    shares = (0.5, 0.9, 0.99, 0.999)
    axes.set_xticks([-math.log10(1 - q) for q in shares], [f"{q * 100:g} %" for q in shares])
    axes.grid(visible=True, which="major")
    axes.set_xlabel(chart.x_label)
    axes.set_ylabel(chart.y_label)
    share = label_share(axes, chart.lines)
    axes.set_xlim(0, max(3.7, max(p.x for line in chart.lines for p in line.points) / (1 - share)))


def errors(line: Line) -> list[list[float]]:
    """How far the intervals of a line's points reach below and above them; 0 where there is none."""
    return [
        [0 if math.isnan(p.low) else p.y - p.low for p in line.points],
        [0 if math.isnan(p.high) else p.high - p.y for p in line.points],
    ]


def scaling(axes: Any, chart: Chart) -> None:
    """Log-log lines, with intervals as error bars."""
    for line in chart.lines:
        shape, xs, ys = look(line.model), [p.x for p in line.points], [p.y for p in line.points]
        if line.style != "measured":
            axes.plot(xs, ys, color=shape.colour, linestyle=DASHES[line.style], linewidth=1.1, alpha=0.9)
            continue
        axes.errorbar(
            xs,
            ys,
            yerr=errors(line),
            color=shape.colour,
            marker=shape.marker,
            markersize=6,
            linewidth=1.8,
            capsize=3,
            markeredgecolor=PAPER,
            markeredgewidth=0.6,
        )
    axes.set_xscale("log")
    axes.set_yscale("log")
    number = FuncFormatter(lambda value, _: f"{value:,.0f}" if value >= 1 else f"{value:g}")
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(number)
        axis.set_minor_formatter(NullFormatter())
    ticks = sorted({point.x for line in chart.lines for point in line.points})
    axes.set_xticks(ticks)
    axes.xaxis.set_minor_locator(NullLocator())
    low, high = axes.get_ylim()
    if high / low < 100:  # decades alone would leave one or two ticks
        axes.yaxis.set_major_locator(LogLocator(base=10, subs=(1, 2, 5)))
    axes.grid(visible=True, which="major")
    axes.set_xlabel(chart.x_label)
    axes.set_ylabel(chart.y_label)
    left, share = ticks[0] * 0.8, label_share(axes, chart.lines)
    axes.set_xlim(left, max(ticks[-1] * 3.2, ticks[-1] * (ticks[-1] / left) ** (share / (1 - share))))


LETTER_PT, BESIDE_PT = 6.0, 16.0  # a letter of a label, and what is between a line's end and its label


def label_share(axes: Any, lines: Sequence[Line]) -> float:
    """The share of the axes' width that the longest label beside a line needs, at most half."""
    width = axes.bbox.width * 72 / axes.figure.dpi
    return float(min(0.5, (BESIDE_PT + LETTER_PT * max(len(line.model) for line in lines)) / width))


def label_lines(axes: Any, lines: Sequence[Line]) -> None:
    """Write each model's name at the end of its measured line, pushed apart where they would overlap.

    Upwards, and from the top of the axes down again where there is no more room.
    """
    to_points = 72 / axes.figure.dpi
    going_on = {line.model for line in lines if line.style == "computed"}
    ends: list[tuple[float, float, Line]] = []
    for line in lines:
        if line.style == "measured":
            x, y = axes.transData.transform((line.points[-1].x, line.points[-1].y))
            above = LABEL_GAP if line.model in going_on else 0  # not on the line that goes on
            ends.append((y * to_points + above, x * to_points, line))
    columns: dict[float, list[tuple[float, Line]]] = {}  # the labels of lines that end at the same x, upwards
    for wanted, x, line in sorted(ends, key=lambda end: end[0]):
        column = columns.setdefault(x, [])
        column.append((max(wanted, column[-1][0] + LABEL_GAP) if column else wanted, line))
    top = axes.bbox.ymax * to_points - LABEL_GAP / 4  # half a letter is above the line
    placed = [
        (min(y, top - above * LABEL_GAP), line)
        for column in columns.values()
        for above, (y, line) in enumerate(reversed(column))
    ]
    for y, line in placed:
        point, look_ = line.points[-1], look(line.model)
        offset = y - axes.transData.transform((point.x, point.y))[1] * to_points
        axes.annotate(
            line.model,
            (point.x, point.y),
            xytext=(12, offset),
            textcoords="offset points",
            va="center",
            arrowprops={
                "arrowstyle": "-",
                "color": look_.colour,
                "linewidth": 0.8,
                "shrinkA": 0,
                "shrinkB": 4,
            },
            annotation_clip=False,
        )


def bars(axes: Any, chart: Chart) -> None:
    """One horizontal bar per model, with its figure written at the end."""
    names = [line.model for line in chart.lines]
    for row, line in enumerate(chart.lines):
        value = line.points[0].x
        axes.barh(row, value, height=0.6, color=look(line.model).colour)
        axes.annotate(f"{digits(value)} s", (value, row), xytext=(6, 0), textcoords="offset points", va="center")
    axes.set_yticks(range(len(names)), names)
    axes.invert_yaxis()
    axes.set_xlim(0, max(line.points[0].x for line in chart.lines) * 1.2)
    axes.set_xlabel(chart.x_label)


def description_of(chart: Chart) -> str:
    """The chart's data in words, for who cannot see it."""
    parts = []
    for line in chart.lines:
        if line.style == "measured":
            points = ", ".join(f"{p.y:,.4g} at {p.x:,.0f}" if not chart.bars else f"{p.x:,.4g}" for p in line.points)
            parts.append(f"{line.model}: {points}")
    return "; ".join(parts)
