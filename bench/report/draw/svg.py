"""A matplotlib figure as one <svg> element of a page: the same bytes for the same data.

Strategy: matplotlib without its state machine. Text stays text, colours of ink, grid and paper become CSS variables
of the page (light and dark), ids get the picture's own prefix so that several can stand in one page, and a title and
a description are added, which matplotlib leaves out.
"""

from __future__ import annotations

import html
import io
import re
from collections.abc import Callable
from typing import Any

import matplotlib as mpl
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from bench.report.draw.palette import GRID, INK, PAPER

SETTINGS: dict[Any, Any] = {
    "svg.fonttype": "none",
    "text.parse_math": False,  # a name may have a dollar in it
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
    "hatch.linewidth": 0.8,
}


def picture(
    id_: str, title: str, description: str, size: tuple[float, float], paint: Callable[[Any], Callable[[], None] | None]
) -> str:
    """Draw a picture of a size in inches. `paint` gets the axes; what it returns is called once all is laid out."""
    with mpl.rc_context(SETTINGS):
        figure = Figure(figsize=size)
        canvas = FigureCanvasSVG(figure)
        axes = figure.add_subplot()
        afterwards = paint(axes)
        figure.patch.set_alpha(0)
        axes.patch.set_alpha(0)
        figure.tight_layout(pad=0.6)
        if afterwards is not None:
            afterwards()
        out = io.StringIO()
        # Not savefig: that draws once more, into nothing, to lay out what is laid out by now.
        canvas.print_svg(out, metadata={"Date": None, "Creator": None})  # type: ignore[no-untyped-call]
    return for_page(out.getvalue(), id_, title, description)


def for_page(text: str, id_: str, title: str, description: str) -> str:
    """Make matplotlib's SVG file an element of a page."""
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    text = re.sub(r'\bid="', f'id="{id_}-', text)
    text = re.sub(r'(url\(#|href="#)', rf"\g<1>{id_}-", text)
    for colour, variable in ((INK, "--ink"), (GRID, "--grid"), (PAPER, "--paper")):
        text = text.replace(colour, f"var({variable})")
    (box,) = re.findall(r"<svg[^>]*?viewBox=\"([^\"]+)\"[^>]*>", text, flags=re.DOTALL)[:1]
    head = (
        f'<svg viewBox="{box}" role="img" aria-labelledby="{id_}-title {id_}-desc" '
        'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink">'
        f'<title id="{id_}-title">{html.escape(title)}</title>'
        f'<desc id="{id_}-desc">{html.escape(description)}</desc>'
    )
    return (head + text[text.index(">") + 1 :]).strip()
