"""Charts of a document as SVG text: matplotlib without its state machine, the same bytes for the same data.

Strategy: text stays text, colours of ink, grid and paper become CSS variables of the page (light and dark), ids get
the chart's own prefix so that several charts can stand in one page, and a title and a description are added, which
matplotlib leaves out.
"""

from __future__ import annotations

import html
import io
import math
import re
from collections.abc import Sequence
from typing import Any

import matplotlib as mpl
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter, NullLocator

from bench.render.document import Chart, Line
from bench.render.palette import GRID, INK, PAPER, look

SETTINGS: dict[Any, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "bench",
    "font.family": "sans-serif",
    "font.size": 11,
    "text.color": INK,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.8,
    "grid.color": GRID,
    "grid.linewidth": 0.6,
}
DASHES: dict[str, Any] = {"bound": (0, (5, 3)), "estimate": (0, (1, 2)), "computed": (0, (5, 3))}
LABEL_GAP = 14.0  # points between two direct labels


def svg(chart: Chart) -> str:
    """Draw a chart as one <svg> element."""
    with mpl.rc_context(SETTINGS):
        figure = Figure(figsize=(6.4, 0.9 + 0.42 * len(chart.lines)) if chart.bars else (6.4, 4.3))
        FigureCanvasSVG(figure)
        axes = figure.add_subplot()
        (bars if chart.bars else scaling)(axes, chart)
        figure.patch.set_alpha(0)
        axes.patch.set_alpha(0)
        figure.tight_layout(pad=0.6)
        if not chart.bars:
            label_lines(axes, chart.lines)
        out = io.StringIO()
        figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None})
    return for_page(out.getvalue(), chart)


def scaling(axes: Any, chart: Chart) -> None:
    """Log-log lines, with intervals as error bars."""
    for line in chart.lines:
        shape, xs, ys = look(line.model), [p.x for p in line.points], [p.y for p in line.points]
        if line.style != "measured":
            axes.plot(xs, ys, color=shape.colour, linestyle=DASHES[line.style], linewidth=1.1, alpha=0.9)
            continue
        errors = [
            [0 if math.isnan(p.low) else p.y - p.low for p in line.points],
            [0 if math.isnan(p.high) else p.high - p.y for p in line.points],
        ]
        axes.errorbar(
            xs,
            ys,
            yerr=errors,
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
    axes.set_xlim(ticks[0] * 0.8, ticks[-1] * 3.2)


def label_lines(axes: Any, lines: Sequence[Line]) -> None:
    """Write each model's name at the end of its measured line, pushed apart where they would overlap."""
    to_points = 72 / axes.figure.dpi
    going_on = {line.model for line in lines if line.style == "computed"}
    ends: list[tuple[float, float, Line]] = []
    for line in lines:
        if line.style == "measured":
            x, y = axes.transData.transform((line.points[-1].x, line.points[-1].y))
            above = LABEL_GAP if line.model in going_on else 0  # not on the line that goes on
            ends.append((y * to_points + above, x * to_points, line))
    lowest: dict[float, float] = {}  # the height above which the next label may stand, by where its line ends
    for wanted, x, line in sorted(ends, key=lambda end: end[0]):
        y = max(wanted, lowest.get(x, wanted))
        lowest[x] = y + LABEL_GAP
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
        axes.annotate(f"{value:.3f} s", (value, row), xytext=(6, 0), textcoords="offset points", va="center")
    axes.set_yticks(range(len(names)), names)
    axes.invert_yaxis()
    axes.set_xlim(0, max(line.points[0].x for line in chart.lines) * 1.2)
    axes.set_xlabel(chart.x_label)


def for_page(text: str, chart: Chart) -> str:
    """Make matplotlib's SVG file an element of a page."""
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    text = re.sub(r'\bid="', f'id="{chart.id}-', text)
    text = re.sub(r'(url\(#|href="#)', rf"\g<1>{chart.id}-", text)
    for colour, variable in ((INK, "--ink"), (GRID, "--grid"), (PAPER, "--paper")):
        text = text.replace(colour, f"var({variable})")
    # Text without a colour of its own is black; so are matplotlib's ticks and axis text.
    text = re.sub(r"<svg[^>]*?viewBox=\"([^\"]+)\"[^>]*>", _head(chart), text, count=1, flags=re.DOTALL)
    return text.strip()


def _head(chart: Chart) -> str:
    title, description = html.escape(chart.title), html.escape(description_of(chart))
    return (
        rf'<svg viewBox="\g<1>" role="img" aria-labelledby="{chart.id}-title {chart.id}-desc" '
        'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink">'
        f'<title id="{chart.id}-title">{title}</title><desc id="{chart.id}-desc">{description}</desc>'
    )


def description_of(chart: Chart) -> str:
    """The chart's data in words, for who cannot see it."""
    parts = []
    for line in chart.lines:
        if line.style == "measured":
            points = ", ".join(f"{p.y:,.4g} at {p.x:,.0f}" if not chart.bars else f"{p.x:,.4g}" for p in line.points)
            parts.append(f"{line.model}: {points}")
    return "; ".join(parts)
