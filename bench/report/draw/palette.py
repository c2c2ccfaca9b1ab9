"""One look per model, the same everywhere: colour (Okabe-Ito), marker, line style. Never colour alone.

M. Okabe & K. Ito, Color Universal Design (2008): eight colours that colour-blind readers can tell apart.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bench.words import WITH

INK = "#1b1d22"  # text, axes and the control: the page maps it to its own text colour, light or dark
GRID = "#d4d6da"
PAPER = "#fdfdfc"


@dataclass(frozen=True)
class Look:
    """How a model is drawn: a colour, a matplotlib marker and dash pattern."""

    colour: str
    marker: str


LOOKS: Mapping[str, Look] = {
    "sequential": Look(INK, "s"),
    "thread": Look("#d55e00", "o"),
    "thread_pool": Look("#8f3f00", "8"),
    "process": Look("#e69f00", "D"),
    "process_pool": Look("#9a6a00", "d"),
    "process_forkserver": Look("#f0c566", "H"),
    "process_spawn": Look("#c9b037", "h"),
    "subinterpreter": Look("#7d4f9e", ">"),
    "asyncio": Look("#0072b2", "^"),
    "asyncio_eager": Look("#009e73", "<"),
    "uvloop": Look("#56b4e9", "v"),
    "native_thread": Look("#5f6b7a", "p"),
    "native_epoll": Look("#97a1ad", "*"),
    "gevent": Look("#b3a100", "P"),
    "trio": Look("#cc79a7", "X"),
}
# Runs of a comparison, in their order; models are in words there, so that no colour means two things on a page.
RUNS = (
    Look("#0072b2", "o"),
    Look("#d55e00", "s"),
    Look("#009e73", "D"),
    Look("#cc79a7", "^"),
    Look("#e69f00", "v"),
    Look("#56b4e9", "P"),
)
OTHER = Look("#7f7f7f", "h")


def look(model: str) -> Look:
    """A model's look; what is not in the table is grey."""
    return LOOKS.get(model.partition(WITH)[0], OTHER)
