"""The document: everything a report says, as plain data. HTML and terminal are views of it.

Strategy: figures become text in the making (bench.report.compose), once, with their units in the headings, so that
every view shows the same digits.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from bench.words import Finding


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
    """A chart as data: log-log unless `bars`, where each line is one model's single figure."""

    id: str
    title: str
    x_label: str
    y_label: str
    lines: tuple[Line, ...]
    how_to_read: str
    bars: bool = False
    nines: bool = False  # x counts nines of a percentile, y may be negative


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
class Forest:
    """Points with intervals on one logarithmic axis, a row per thing and in it a point per run."""

    id: str
    title: str
    x_label: str
    rows: tuple[tuple[str, tuple[Point | None, ...]], ...]  # x is the value, low and high its interval, y unused
    runs: tuple[str, ...]
    how_to_read: str


@dataclass(frozen=True)
class Section:
    """What is said about one workload."""

    name: str
    about: str
    shows: str
    parameters: str
    causes: tuple[str, ...]
    charts: tuple[Chart, ...]
    verdicts: tuple[Group, ...]
    tables: tuple[Table, ...]
    timeline: Timeline | None
    gate: Table | None
    bodies: Mapping[str, str]
    programs: tuple[tuple[str, str], ...]  # models that run something of their own, and what


@dataclass(frozen=True)
class Document:
    """A whole report."""

    title: str
    id: str
    host: str
    facts: tuple[tuple[str, str], ...]
    answer: tuple[str, ...]
    card: Table
    other_card: Table | None
    assumptions: tuple[str, ...]
    idle: Table
    headlines: tuple[Group, ...]
    ratios: Table
    findings: tuple[Finding, ...]
    sections: tuple[Section, ...]
    scale: Table | None
    models: tuple[tuple[str, str, str], ...]
    environment: Mapping[str, tuple[tuple[str, str], ...]]
    commands: tuple[tuple[str, str], ...]
    not_run: tuple[tuple[str, str], ...]
    void: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Comparison:
    """What a page says about several runs side by side; `letters` stand for the runs throughout."""

    title: str
    id: str
    letters: tuple[str, ...]
    runs: tuple[tuple[str, tuple[tuple[str, str], ...]], ...]  # a letter, and facts
    answer: tuple[str, ...]
    findings: tuple[Finding, ...]
    differences: tuple[str, ...]
    forests: tuple[Forest, ...]
    ratios: tuple[Table, ...]
    absolute: tuple[Table, ...]
    environment: Table
    different: bool
