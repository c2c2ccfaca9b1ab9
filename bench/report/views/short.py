"""What a run prints at its end: the answer, a card of the figures that matter, where the rest is. At 80 columns it has at most 24 lines.

A row of the card is called by a short name, and has values without their intervals; one of too few rounds has a star. The whole card
is `report --all`, and what the reader should know is `report --findings`.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from bench.paragraphs import wrapped
from bench.report.document import Document, Table
from bench.report.figures import Run
from bench.report.parts.answer import PART as ANSWER
from bench.report.parts.card import PART as CARD
from bench.report.parts.findings import PART as FINDINGS
from bench.report.text import BLANK
from bench.report.views.terminal import answered, table, width
from bench.report.views.view import View
from bench.store.manifest import PAGE
from bench.words import Finding, harmless

MOST_LINES = 24  # of a terminal as it has always been
# The rows that matter, the most important first, and their names where there is little room.
SHORT: Mapping[str, str] = {
    "CPU per http_get at 100 flows, µs": "GET at 100 flows, µs CPU",
    "CPU per http_get at 1,000 flows, µs": "GET at 1,000 flows, µs CPU",
    "hand over to another flow, µs of CPU": "hand over, µs CPU",
    "hand over by IO, in a ring of 100, µs of CPU": "hand over by IO, µs CPU",
    "memory per flow, the kernel's share included, kB": "memory per flow, kB",
    "wake-up p99 beside a 50 ms CPU hog, ms": "late beside a hog, ms",
    "create a flow, one of 100, µs": "create a flow, µs",
    "open loop: latency (p99) when the core is 80 % busy, ms": "p99 at 80 % load, ms",
    "http_get: one core is full at (N*), flows": "core full at, flows",
    "three flows wait 1 s each: time, s": "three wait 1 s: time, s",
}
STAR = "*"


def value(text: str) -> str:
    """A figure without its interval; with a star where its rounds were too few for one."""
    if text == BLANK:
        return text
    bare, _, behind = text.partition(" (")
    return bare + STAR * behind.startswith("n=")


def small(card: Table, room: int) -> list[str]:
    """The rows that matter, and the models that fit beside each other, as lines."""
    rows = {row[0]: row for row in card.rows}
    named = [(SHORT[label], *map(value, rows[label][1:])) for label in SHORT if label in rows]
    if not named:
        return []
    columns = len(card.head)
    filled = [i for i in range(1, columns) if any(row[i] != BLANK for row in named)]
    while filled:
        head = ("", *(card.head[i] for i in filled))
        made = table(Table("", head, tuple((row[0], *(row[i] for i in filled)) for row in named)))
        if width(made) <= room:
            lines = made.splitlines()
            return [lines[0], *lines[2:]]
        filled.pop()
    return []


def counts(findings: Sequence[Finding]) -> str:
    """How many findings there are of each kind."""
    levels = [finding.level for finding in findings]
    parts = [f"{levels.count(level)} {level}{'s' * (levels.count(level) > 1)}" for level in dict.fromkeys(levels)]
    return ", ".join(parts)


def short(document: Document, page: str) -> str:
    """The answer, the small card, and where the rest is."""
    room = shutil.get_terminal_size().columns
    top = [line for part in answered(document.of(ANSWER)) for line in part.splitlines()]
    card = small(document.of(CARD).card, room)
    starred = any(STAR in line for line in card)
    findings = document.of(FINDINGS)
    rest = [f"{STAR}: too few rounds for an interval. "] if starred else [""]
    rest[0] += f"{counts(findings)}: report --findings. " if findings else ""
    rest[0] += "All figures, with intervals: report --all."
    bottom = [*wrapped(rest[0]).splitlines(), f"The whole report: {page}"]
    errors = [
        line
        for f in findings
        if f.level == "error"
        for line in wrapped(f"error: {f.what}: {f.remedy}", "  ").splitlines()
    ]
    card = card[: max(0, MOST_LINES - len(top) - len(bottom) - len(errors) - 1)]
    return harmless("\n".join([*top, "", *card, *errors, *bottom] if card else [*top, *errors, *bottom]))


def render(run: Run, document: Document, folder: Path) -> str:  # noqa: ARG001
    """The short form."""
    return short(document, os.path.relpath(folder / PAGE))


VIEW = View("terminal", "", render)
