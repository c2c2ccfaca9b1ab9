"""Drawing ratios of several runs as SVG: a row per model and block, a mark with its interval per run."""

from __future__ import annotations

import math
from typing import Any

from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullFormatter

from bench.report.document import Forest
from bench.report.draw.palette import GRID, INK, RUNS
from bench.report.draw.svg import picture

STEP = 0.26  # inches from run to run inside a row
GAP = 0.16  # and between rows
WIDE = 3.0  # an axis over less than this factor has even ticks


def svg(forest: Forest) -> str:
    """Draw a forest as one <svg> element."""
    height = 1.1 + len(forest.rows) * (STEP * len(forest.runs) + GAP)
    return picture(forest.id, forest.title, words(forest), (8.2, height), lambda axes: draw(axes, forest))


def draw(axes: Any, forest: Forest) -> None:
    """Put rows, marks and their intervals on the axes."""
    y, ticks, names = 0.0, [], []
    labelled: set[int] = set()
    for name, points in forest.rows:
        top = y
        for run, point in enumerate(points):
            if point is not None:
                shape = RUNS[run % len(RUNS)]
                errors = None if math.isnan(point.low) else [[point.x - point.low], [point.high - point.x]]
                axes.errorbar(
                    [point.x],
                    [y],
                    xerr=errors,
                    color=shape.colour,
                    marker=shape.marker,
                    markersize=6,
                    linewidth=1.6,
                    capsize=3,
                    linestyle="none",
                    label=forest.runs[run] if run not in labelled else None,
                )
                labelled.add(run)
            y += STEP
        ticks.append((top + y - STEP) / 2)
        names.append(name)
        y += GAP
        axes.axhline(y - STEP / 2 - GAP / 2, color=GRID, linewidth=0.6)
    axes.axvline(1, color=INK, linewidth=1)
    axes.set_xscale("log")
    low, high = axes.get_xlim()
    wide = high / low > WIDE
    axes.xaxis.set_major_locator(LogLocator(base=10, subs=(1, 1.5, 2, 3, 5, 7)) if wide else MaxNLocator(6))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.set_yticks(ticks, names)
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(y - STEP / 2, -STEP)
    axes.xaxis.grid(visible=True)
    axes.set_axisbelow(True)
    axes.set_xlabel(forest.x_label)
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=len(forest.runs), frameon=False, borderaxespad=0.2)


def words(forest: Forest) -> str:
    """The ratios in words, for who cannot see the marks."""
    parts = []
    for name, points in forest.rows:
        found = [f"{run} {point.x:.3f}" for run, point in zip(forest.runs, points, strict=True) if point is not None]
        parts.append(f"{name}: {', '.join(found)}")
    return "; ".join(parts)
