"""Drawing a timeline as SVG: lanes of flows, models under each other, one time axis."""

from __future__ import annotations

from typing import Any

from matplotlib.patches import Patch

from bench.report.document import Timeline
from bench.report.draw.palette import GRID, INK, PAPER, look
from bench.report.draw.svg import picture

HEIGHT, STEP, GAP = 0.62, 0.8, 0.55  # of a lane, from lane to lane, between models; in lanes


def svg(timeline: Timeline) -> str:
    """Draw a timeline as one <svg> element."""
    lanes = sum(len(lanes) for _, lanes in timeline.rows)
    size = (8.2, 1.2 + 0.36 * lanes + 0.22 * len(timeline.rows))
    return picture(timeline.id, timeline.title, words(timeline), size, lambda axes: draw(axes, timeline))


def draw(axes: Any, timeline: Timeline) -> None:
    """Put the lanes, their names and the makespans on the axes."""
    y, ticks, names = 0.0, [], []
    longest = max(timeline.ends_ms.values())
    for model, lanes in timeline.rows:
        top = y
        for lane in lanes:
            for kind, start, end in lane.stretches:
                axes.barh(y, end - start, left=start, height=HEIGHT, **style(kind, look(model).colour))
            ticks.append(y)
            names.append(f"{model} · {lane.flow}")
            y += STEP
        end = timeline.ends_ms[model]
        axes.plot([end, end], [top - STEP / 2, y - STEP / 2], color=INK, linewidth=1)
        axes.annotate(
            f"{end:.1f} ms", (end, (top + y - STEP) / 2), xytext=(6, 0), textcoords="offset points", va="center"
        )
        y += GAP
    axes.set_yticks(ticks, names)
    axes.invert_yaxis()
    axes.set_xlim(0, longest * 1.14)
    axes.set_xlabel("ms since the gate opened")
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    axes.xaxis.grid(visible=True)
    axes.set_axisbelow(True)
    kinds = (("work", "works (has the core)"), ("wait", "waits (needs no core)"), ("ready", "could go on, core taken"))
    handles = [Patch(label=text, **style(kind, GRID if kind == "wait" else INK)) for kind, text in kinds]
    axes.legend(
        handles=handles, loc="lower left", bbox_to_anchor=(0, 1), ncols=3, frameon=False, borderaxespad=0.2, fontsize=10
    )


def style(kind: str, colour: str) -> dict[str, Any]:
    """How a stretch is drawn: filled, open or hatched."""
    if kind == "work":
        return {"facecolor": colour, "edgecolor": colour, "linewidth": 0.8}
    if kind == "wait":
        return {"facecolor": PAPER, "edgecolor": colour, "linewidth": 1.2}
    return {"facecolor": PAPER, "edgecolor": colour, "hatch": "/////", "linewidth": 0.8}


def words(timeline: Timeline) -> str:
    """The makespans in words, for who cannot see the lanes."""
    return "; ".join(f"{model}: both flows done after {end:.1f} ms" for model, end in timeline.ends_ms.items())
