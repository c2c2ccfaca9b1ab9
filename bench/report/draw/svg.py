"""A sheet that pictures are drawn on: one <svg> element of a page, the same bytes for the same data.

Strategy: plain elements, no drawing library. Every text and line is placed by hand, so that a test can compute whether a
label crosses a line. Text stays text. Ink, grid and paper are variables of the page, light or dark. Ids begin with the
picture's own, so that several pictures can stand in one page. One unit is one pixel: text keeps its size.
"""

from __future__ import annotations

import html
import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from bench.report.draw.palette import look

WIDE, NARROW = 760, 343  # pixels: beside a table on a large screen; on a phone
TEXT, SMALL = 13, 12  # of letters; a phone shows nothing below 11
ROW = 21  # from one row of text to the next
# Widths of DejaVu Sans, the widest of the page's fonts, in hundredths of the letters' size; others are 64.
NARROWEST = {**dict.fromkeys("ijlI'|", 29), **dict.fromkeys("ftr.,:;()[]!/ ·", 40), "m": 98, "w": 82, "W": 99, "M": 87}
# A marker is a polygon: corners, turn in degrees, and the inner radius of a star (0: none).
SHAPES: Mapping[str, tuple[int, float, float]] = {
    "s": (4, 45, 0),
    "8": (8, 22.5, 0),
    "D": (4, 0, 0),
    "d": (4, 0, 0),
    "H": (6, 0, 0),
    "h": (6, 30, 0),
    ">": (3, 90, 0),
    "^": (3, 0, 0),
    "<": (3, -90, 0),
    "v": (3, 180, 0),
    "p": (5, 0, 0),
    "*": (5, 0, 0.45),
    "P": (4, 0, 0.4),
    "X": (4, 45, 0.4),
}


def width_of(text: str, size: float = TEXT) -> float:
    """How wide a text is at most, pixels."""
    return sum(NARROWEST.get(letter, 64) for letter in text) / 100 * size


def number(value: float) -> str:
    """A coordinate: tenths of a pixel are enough."""
    return f"{value:.1f}".removesuffix(".0")


@dataclass
class Sheet:
    """What is drawn, in order. `height` grows with what is put on it."""

    id: str
    title: str
    description: str
    width: int
    height: float = 0
    parts: list[str] = field(default_factory=list)

    @property
    def narrow(self) -> bool:
        """Is it for a phone?"""
        return self.width < 500

    def add(self, name: str, **attributes: object) -> None:
        """Put an element on the sheet; an underscore in an attribute's name stands for a hyphen."""
        given = "".join(
            f' {key.replace("_", "-")}="{number(value) if isinstance(value, float | int) else html.escape(str(value))}"'
            for key, value in attributes.items()
        )
        self.parts.append(f"<{name}{given}/>")

    def line(
        self, x1: float, y1: float, x2: float, y2: float, colour: str = "var(--grid)", width: float = 1, **more: object
    ) -> None:
        """Draw a line."""
        self.add("line", x1=x1, y1=y1, x2=x2, y2=y2, stroke=colour, stroke_width=width, **more)

    def text(self, x: float, y: float, text: str, anchor: str = "start", size: float = TEXT, **more: object) -> None:
        """Write a text whose middle is at `y`."""
        given = "".join(f' {key.replace("_", "-")}="{html.escape(str(value))}"' for key, value in more.items())
        where = f'x="{number(x)}" y="{number(y + size * 0.36)}"'
        side = "" if anchor == "start" else f' text-anchor="{anchor}"'
        self.parts.append(f'<text {where} font-size="{number(size)}"{side}{given}>{html.escape(text)}</text>')

    def mark(self, x: float, y: float, model: str, *, hollow: bool = False, size: float = 5) -> None:
        """Draw a model's marker."""
        shape = look(model)
        self.marker(x, y, shape.marker, shape.colour, hollow=hollow, size=size)

    def marker(self, x: float, y: float, marker: str, colour: str, *, hollow: bool = False, size: float = 5) -> None:
        """Draw a marker: filled, or only its outline."""
        how = {"fill": "var(--paper)" if hollow else colour, "stroke": colour, "stroke_width": 1.6}
        if marker not in SHAPES:
            self.add("circle", cx=x, cy=y, r=size * 0.9, **how)
            return
        corners, turn, inner = SHAPES[marker]
        steps = corners * 2 if inner else corners
        points = []
        for step in range(steps):
            angle = math.radians(turn + step * 360 / steps - 90)
            radius = size * 1.15 * (inner if inner and step % 2 else 1)
            points.append(f"{number(x + radius * math.cos(angle))},{number(y + radius * math.sin(angle))}")
        self.add("polygon", points=" ".join(points), **how)

    def hatch(self, name: str, colour: str) -> str:
        """Define a hatched fill; return what refers to it."""
        id_ = f"{self.id}-{name}"
        self.parts.append(
            f'<pattern id="{id_}" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
            f'<rect width="5" height="5" fill="var(--paper)"/><rect width="2.2" height="5" fill="{colour}"/></pattern>'
        )
        return f"url(#{id_})"

    def done(self) -> str:
        """The whole element."""
        box = f"0 0 {self.width} {math.ceil(self.height)}"
        return (
            f'<svg viewBox="{box}" width="{self.width}" height="{math.ceil(self.height)}" role="img" '
            f'aria-labelledby="{self.id}-title {self.id}-desc" xmlns="http://www.w3.org/2000/svg">'
            f'<title id="{self.id}-title">{html.escape(self.title)}</title>'
            f'<desc id="{self.id}-desc">{html.escape(self.description)}</desc>{"".join(self.parts)}</svg>'
        )
