"""One look per model, the same everywhere: colour (Okabe-Ito), marker, line style. Never colour alone.

The hues are those of M. Okabe & K. Ito, Color Universal Design (2008), which colour-blind readers can distinguish. Their light ones
are darker here: each stands out from white paper and from black by 3:1 or more, as WCAG 2.2 asks of graphics (1.4.11).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bench.words import WITH

PAPERS = ("#fdfdfc", "#16181c")  # of the page, light and dark: static/style.css has them, too


@dataclass(frozen=True)
class Look:
    """How a model is drawn: a colour, a marker (bench/report/draw/svg.py)."""

    colour: str
    marker: str


LOOKS: Mapping[str, Look] = {
    "sequential": Look("var(--ink)", "s"),
    "thread": Look("#d55e00", "o"),
    "thread_pool": Look("#a3562a", "8"),
    "process": Look("#b87a00", "D"),
    "process_pool": Look("#967a2e", "d"),
    "process_forkserver": Look("#a08000", "H"),
    "process_spawn": Look("#7f8a1f", "h"),
    "subinterpreter": Look("#9467bd", ">"),
    "asyncio": Look("#0072b2", "^"),
    "asyncio_eager": Look("#00946b", "<"),
    "uvloop": Look("#2b8fd0", "v"),
    "native_thread": Look("#6b7787", "p"),
    "native_epoll": Look("#7d8794", "*"),
    "gevent": Look("#8a8a00", "P"),
    "trio": Look("#c0609a", "X"),
}
# Runs of a comparison, in their order; models are in words there, so that no colour means two things on a page.
RUNS = (
    Look("#0072b2", "o"),
    Look("#d55e00", "s"),
    Look("#00946b", "D"),
    Look("#c0609a", "^"),
    Look("#b87a00", "v"),
    Look("#2b8fd0", "P"),
)
OTHER = Look("#7f7f7f", "h")


def look(model: str) -> Look:
    """A model's look; what is not in the table is grey."""
    return LOOKS.get(model.partition(WITH)[0], OTHER)
