"""Drawing a timeline as SVG: lanes of flows, models under each other, one time axis."""

from __future__ import annotations

from bench.report.document import Timeline
from bench.report.draw.axes import Axis, apart, axis, numbers
from bench.report.draw.palette import look
from bench.report.draw.svg import ROW, SMALL, TEXT, Sheet, width_of

LANE, HIGH, GAP = 17.0, 12.0, 7.0  # from lane to lane, of a lane, between models; pixels
END = 6  # pixels from where a model ends to the text that says when
KINDS = (("work", "works (has the core)"), ("wait", "waits (needs no core)"), ("ready", "could go on, core taken"))


def svg(timeline: Timeline, width: int, id_: str) -> str:
    """Draw a timeline as one <svg> element."""
    sheet = Sheet(id_, timeline.title, words(timeline), width)
    size = SMALL if sheet.narrow else TEXT
    y = legend(sheet, size)
    names = max(width_of(name(model, lane.flow), size) for model, lanes in timeline.rows for lane in lanes)
    ends = max(width_of(f"{end:.1f} ms", size) for end in timeline.ends_ms.values())
    left, right = names + 10, sheet.width - ends - 10
    along = axis([0.0, *timeline.ends_ms.values()], left, right, log=False, zero=True, room=0)
    top = y
    body = len(timeline.rows) * GAP + sum(len(lanes) for _, lanes in timeline.rows) * LANE
    for value, text in apart(numbers(along), along):
        for start, end in beside_ends(timeline, along, value, top, size):
            sheet.line(along.at(value), start, along.at(value), end)
        half = width_of(text, SMALL) / 2
        sheet.text(max(along.at(value), half), top + body + ROW / 2, text, "middle", SMALL, **{"class": "soft"})
    for model, lanes in timeline.rows:
        start, colour, hatched = y, look(model).colour, ""
        for lane in lanes:
            sheet.text(left - 8, y + LANE / 2, name(model, lane.flow), "end", size)
            for kind, begin, end in lane.stretches:
                if kind == "ready" and not hatched:
                    hatched = sheet.hatch(f"ready-{len(sheet.parts)}", colour)
                fill = colour if kind == "work" else hatched if kind == "ready" else "var(--paper)"
                x1, x2 = along.at(begin), along.at(end)
                sheet.add(
                    "rect",
                    x=x1,
                    y=y + (LANE - HIGH) / 2,
                    width=max(0.4, x2 - x1),
                    height=HIGH,
                    fill=fill,
                    stroke=colour,
                )
            y += LANE
        end_ms = timeline.ends_ms[model]
        sheet.line(along.at(end_ms), start, along.at(end_ms), y, "var(--ink)", 1.5)
        sheet.text(along.at(end_ms) + END, (start + y) / 2, f"{end_ms:.1f} ms", size=size)
        y += GAP
    x_label = "ms since the gate opened"
    sheet.text(max((left + right) / 2, width_of(x_label, size) / 2), top + body + ROW * 1.5, x_label, "middle", size)
    sheet.height = top + body + 2 * ROW
    return sheet.done()


def beside_ends(timeline: Timeline, along: Axis, value: float, top: float, size: float) -> list[tuple[float, float]]:
    """Where a line of the grid is drawn, from top to bottom: it keeps out of the texts at the models' ends."""
    found, start, y = [], top, top
    for model, lanes in timeline.rows:
        end_ms, middle = timeline.ends_ms[model], y + len(lanes) * LANE / 2
        first = along.at(end_ms) + END
        if first - 2 <= along.at(value) <= first + width_of(f"{end_ms:.1f} ms", size) + 2:
            found.append((start, middle - 0.75 * size))
            start = middle + 0.75 * size
        y += len(lanes) * LANE + GAP
    return [*found, (start, y)]


def name(model: str, flow: str) -> str:
    """What a lane is called."""
    return f"{model} · {flow}"


def legend(sheet: Sheet, size: float) -> float:
    """What the fillings mean; return how high it is."""
    x, y = 0.0, ROW / 2
    for kind, text in KINDS:
        room = 30 + width_of(text, size)
        if x and x + room > sheet.width:
            x, y = 0, y + ROW
        fill = (
            "var(--ink)" if kind == "work" else "var(--paper)" if kind == "wait" else sheet.hatch("key", "var(--ink)")
        )
        sheet.add("rect", x=x + 1, y=y - 6, width=18.0, height=12.0, fill=fill, stroke="var(--ink)")
        sheet.text(x + 26, y, text, size=size)
        x += room + 12
    return y + ROW / 2 + 6


def words(timeline: Timeline) -> str:
    """The makespans in words, for who cannot see the lanes."""
    return "; ".join(f"{model}: both flows done after {end:.1f} ms" for model, end in timeline.ends_ms.items())
