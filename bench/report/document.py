"""The document: everything a report says, as plain data, part by part. HTML, terminal and the others are views of it.

Strategy: figures become text in the making (bench.report.compose), once, with their units in the headings, so that
every view shows the same digits. A part of the page says itself what it is made of and how it is laid out; nothing
here knows which parts there are.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from bench.report.figures import Run

Content_co = TypeVar("Content_co", covariant=True)
Content = TypeVar("Content")


@dataclass(frozen=True)
class Point:
    """A point of a chart's line with its interval (NaN without one)."""

    x: float
    y: float
    low: float = math.nan
    high: float = math.nan


@dataclass(frozen=True)
class Line:
    """One model's line: `style` is measured, bound (dashed), estimate (dotted) or computed (dashed, thin)."""

    model: str
    points: tuple[Point, ...]
    style: str = "measured"


@dataclass(frozen=True)
class Chart:
    """A chart as data: log-log unless `bars`, where each line is one model's single figure. `even`: an even x axis.

    `reference`: y is a ratio, and 1 is as much as this.
    """

    id: str
    title: str
    x_label: str
    y_label: str
    lines: tuple[Line, ...]
    how_to_read: str
    bars: bool = False
    nines: bool = False  # x counts nines of a percentile, y may be negative
    even: bool = False
    reference: str = ""


@dataclass(frozen=True)
class Lane:
    """One flow's stretches: (kind, start, end), ms since the gate opened; kind is work, wait or ready."""

    flow: str
    stretches: tuple[tuple[str, float, float], ...]


@dataclass(frozen=True)
class Timeline:
    """The lanes of several models under each other on one time axis, ms; `ends` is each model's makespan, ms."""

    id: str
    title: str
    rows: tuple[tuple[str, tuple[Lane, ...]], ...]
    ends_ms: Mapping[str, float]
    gained: tuple[str, ...]
    how_to_read: str


@dataclass(frozen=True)
class Table:
    """A table: headings with units, rows of text, the first column of each row a heading of its own."""

    caption: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""


@dataclass(frozen=True)
class Group:
    """Sentences under one title."""

    title: str
    sentences: tuple[str, ...]


@dataclass(frozen=True)
class Row:
    """One row of dots: a name, the model whose look it has, a point for each kind (x and its interval), a text behind it."""

    name: str
    model: str
    points: tuple[Point | None, ...]
    text: str = ""
    hollow: bool = False


@dataclass(frozen=True)
class Dots:
    """Points with intervals on one axis, a row per model or block, in groups. `kinds`: what the points of a row are.

    `by_run`: each kind is a run of a comparison. `reference`: x is a ratio, and 1 is as much as this. `marks`: values that
    are marked by a line, with a word for each.
    """

    id: str
    title: str
    x_label: str
    groups: tuple[tuple[str, tuple[Row, ...]], ...]
    how_to_read: str
    kinds: tuple[str, ...] = ()
    marks: tuple[tuple[float, str], ...] = ()
    log: bool = True
    reference: str = ""
    by_run: bool = False


@dataclass(frozen=True)
class Stack:
    """What each row is made of: a name, its whole as text, and the size of each part. Parts that are `hatched` mean something."""

    id: str
    title: str
    x_label: str
    parts: tuple[str, ...]
    rows: tuple[tuple[str, str, tuple[float, ...]], ...]
    hatched: tuple[str, ...]
    hatched_means: str
    how_to_read: str


Picture = Chart | Dots | Stack | Timeline


@dataclass(frozen=True)
class Number:
    """A number that a page says: what it is, its text, its value with its interval (NaN without one) in a unit, its rounds."""

    what: str
    text: str
    unit: str = ""
    value: float = math.nan
    low: float = math.nan
    high: float = math.nan
    rounds: int = 0


@dataclass(frozen=True)
class Screen:
    """The answer to one question: a sentence or two, a picture, a small table, why, and how to read it.

    `missing`: what this run lacks for it, with the command that measures it; then there is nothing else.
    """

    id: str
    title: str
    short: str
    sentences: tuple[str, ...] = ()
    picture: Picture | None = None
    table: Table | None = None
    why: tuple[str, ...] = ()
    details: tuple[str, ...] = ()  # workloads that the second page has everything about
    numbers: tuple[Number, ...] = ()
    missing: str = ""


@dataclass(frozen=True)
class Part(Generic[Content_co]):
    """A part of the page: what it says, made of a run, and how it is laid out.

    Parts stand in the order of their `place`. What `make` returns is the part's content, None where a run has nothing for
    it: then the part is not on the page. `template` is a Jinja fragment that is given `content`. The navigation has the
    part's own title, none where that is empty, or what `links` says: (id, title) each.
    """

    id: str
    title: str
    place: int
    make: Callable[[Run], Content_co]
    template: str
    page: str = "index"  # or "cells", the second page
    links: Callable[[Any], Sequence[tuple[str, str]]] | None = None


@dataclass(frozen=True)
class Document:
    """A whole report: which run it is of, and what each part of the page says of it, in the order of the page."""

    title: str
    id: str
    host: str
    facts: tuple[tuple[str, str], ...]
    parts: tuple[tuple[Part[Any], Any], ...]

    def of(self, part: Part[Content]) -> Content:
        """What one part of the page says; raises KeyError for a part that this document was not made with."""
        for there, content in self.parts:
            if there.id == part.id:
                found: Content = content
                return found
        raise KeyError(part.id)
