"""Charts of a document as SVG, each kind drawn by a file of its own. A picture is drawn twice: wide, and for a phone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from bench.report.document import Chart, Dots, Stack, Timeline
from bench.report.draw import dots, lanes, lines, stack
from bench.report.draw.svg import NARROW, WIDE

DRAWERS: Mapping[type, Callable[[Any, int, str], str]] = {
    Chart: lines.svg,
    Dots: dots.svg,
    Stack: stack.svg,
    Timeline: lanes.svg,
}


def drawn(picture: Chart | Dots | Stack | Timeline, width: int, id_: str = "") -> str:
    """Draw a picture of a document as one <svg> element, as wide as this."""
    return DRAWERS[type(picture)](picture, width, id_ or picture.id)


def draw(picture: Chart | Dots | Stack | Timeline) -> str:
    """Draw a picture twice; the style sheet shows the one that fits."""
    wide, narrow = drawn(picture, WIDE), drawn(picture, NARROW, f"{picture.id}-narrow")
    return f'<div class="if-wide">{wide}</div><div class="if-narrow">{narrow}</div>'
