"""Charts of a document as SVG, each kind drawn by a file of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from bench.report.document import Chart, Forest, Timeline
from bench.report.draw import charts, forest, lanes

DRAWERS: Mapping[type, Callable[[Any], str]] = {Chart: charts.svg, Timeline: lanes.svg, Forest: forest.svg}


def draw(picture: Chart | Timeline | Forest) -> str:
    """Draw a picture of a document as one <svg> element."""
    return DRAWERS[type(picture)](picture)
