"""The answer and a short card as plain text, in the room that a terminal has; the whole card is bench/report/views/card.py.

Strategy: the answer comes first and whole. Below it stand as many rows and columns of the card as are left room for: figures
with their intervals where these fit, else without. What is left out, and the findings, are an option away.
"""

from __future__ import annotations

import os
import re
import shutil
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from bench.paragraphs import noted, wrapped
from bench.report.document import Document, Table
from bench.report.figures import Run
from bench.report.parts.answer import PART as ANSWER
from bench.report.parts.answer import Answer
from bench.report.parts.card import PART as CARD
from bench.report.parts.findings import PART as FINDINGS
from bench.report.parts.scale import PART as SCALE
from bench.report.parts.trust import PART as TRUST
from bench.report.text import BLANK
from bench.report.views.view import View
from bench.store.manifest import PAGE
from bench.words import Finding, harmless

LINES = 23  # of a terminal of 24, the last of which has the prompt
LEVELS = ("error", "warning", "hint")
INTERVAL, FEW = re.compile(r" \([^()]*–[^()]*\)"), re.compile(r" \(n=\d+\)")
MARK = "*"  # too few rounds for an interval


def table(content: Table) -> str:
    """A table with aligned columns; the first column to the left, the rest to the right."""
    rows = [content.head, *content.rows]
    widths = [max(len(row[i]) for row in rows) for i in range(len(content.head))]
    lines = []
    for number, row in enumerate(rows):
        cells = [
            row[0].ljust(widths[0]),
            *(text.rjust(width) for text, width in zip(row[1:], widths[1:], strict=True)),
        ]
        lines.append("  ".join(cells).rstrip())
        if number == 0:
            lines.append("─" * (sum(widths) + 2 * (len(widths) - 1)))
    return "\n".join(lines)


def fitted(content: Table, narrow: Table | None = None) -> str:
    """A table as wide as the terminal; the columns that do not fit beside each other come below, with the first again.

    `narrow`: what is shown instead where not all fit. Where not even two do, each row is a paragraph.
    """
    room = shutil.get_terminal_size().columns
    whole = table(content)
    if width(whole) <= room:
        return whole
    content = narrow or content
    columns = len(content.head)
    parts, at = [], 1
    while at < columns:
        to = at + 1
        while to < columns and width(table(some(content, at, to + 1))) <= room:
            to += 1
        part = some(content, at, to)
        parts.append(table(part) if width(table(part)) <= room else paragraphs(part))
        at = to
    return "\n\n".join(parts)


def width(text: str) -> int:
    """The length of the longest line."""
    return max(map(len, text.splitlines()))


def paragraphs(content: Table) -> str:
    """A table of two columns, row by row."""
    _, heading = content.head
    return "\n".join(wrapped(f"{label}, {heading}: {text}", "  ") for label, text in content.rows)


def some(content: Table, start: int, stop: int) -> Table:
    """The first column, and those from one to before another, without rows in which they have nothing."""
    rows = tuple((row[0], *row[start:stop]) for row in content.rows if any(text != BLANK for text in row[start:stop]))
    return Table(content.caption, (content.head[0], *content.head[start:stop]), rows, content.note)


def card(document: Document, page: str) -> str:
    """All that a terminal can show: the answer, the card, trust, the findings, where the page is."""
    found, scale = document.of(CARD), document.of(SCALE)
    lines = answered(document.of(ANSWER))
    if found.card.rows:
        lines += ["", fitted(found.card), "", wrapped(found.card.note)]
    if found.other is not None:
        lines += ["", f"{found.other.caption}:", fitted(found.other)]
    if scale is not None:
        lines += ["", f"{scale.caption}:", *stops(scale), ""]
    lines += ["", wrapped(f"Trust in this run: {document.of(TRUST).trust.words}", "  "), ""]
    lines += noted(document.of(FINDINGS))
    return harmless("\n".join([*lines, "", f"The whole report: {page}"]))


def answered(answer: Answer) -> list[str]:
    """The answer: its title, how far to trust it, and what was found."""
    lines = [wrapped(answer.title), wrapped(f"{answer.machine} · Trust: {answer.trust.level}")]
    return [*lines, *(wrapped(f"- {label}: {text}", "  ") for label, text in answer.findings)]


def short(document: Document, page: str) -> str:
    """What a run prints at its end: the answer, as much of the card as fits, where the rest is. Errors are told in full."""
    found, scale = document.of(CARD).short, document.of(SCALE)
    top = answered(document.of(ANSWER))
    if scale is not None:
        top += ["", f"{scale.caption}:", *stops(scale)]
    findings = document.of(FINDINGS)
    below = (
        ["", *noted([f for f in findings if f.level == "error"])] if any(f.level == "error" for f in findings) else []
    )
    below += [wrapped(f"More: {told(findings)}--all: the whole card.", "  "), f"Page: {page}"]
    if found.rows:
        room = LINES - tall("\n".join([*top, *below])) - 4  # a blank line, the headings, the line below them, the note
        top += ["", cut(found, max(3, room))]
    return harmless("\n".join([*top, *below]))


def told(findings: Sequence[Finding]) -> str:
    """How many findings there are, by level, and how to see them."""
    count: Counter[str] = Counter(f.level for f in findings)
    if not count:
        return ""
    levels = [f"{count[level]} {level}{'s' if count[level] > 1 else ''}" for level in LEVELS if count[level]]
    return f"bench report --findings: {', '.join(levels)}; "


def tall(text: str) -> int:
    """How many lines of the terminal a text takes."""
    room = shutil.get_terminal_size().columns
    return sum(max(1, -(-len(line) // room)) for line in text.splitlines())


def cut(content: Table, most: int) -> str:
    """So many rows of a table, and those columns that fit beside each other, the first ones first; below it, what figures mean."""
    room = shutil.get_terminal_size().columns
    content = Table(content.caption, content.head, content.rows[:most], content.note)
    if width(table(content)) <= room:
        return f"{table(content)}\n{wrapped('Medians, with the ends of the 95 % interval; (n=3): too few rounds for one.')}"
    rows = tuple(tuple(FEW.sub(MARK, INTERVAL.sub("", text)) for text in row) for row in content.rows)
    columns = len(content.head)
    while columns > 2 and width(table(Table("", content.head[:columns], tuple(row[:columns] for row in rows)))) > room:
        columns -= 1
    shown = tuple(row[:columns] for row in rows)
    note = "Medians" + (
        f"; {MARK} too few rounds for an interval" if any(MARK in t for row in shown for t in row) else ""
    )
    hidden = len(content.head) - columns
    note += f"; {hidden} more model{'s' if hidden > 1 else ''} with --all" if hidden else ""
    return f"{table(Table('', content.head[:columns], shown))}\n{wrapped(note + '.')}"


def render(run: Run, document: Document, folder: Path) -> str:  # noqa: ARG001
    """The answer and the short card."""
    return short(document, os.path.relpath(folder / PAGE))


def stops(content: Table) -> list[str]:
    """The last step of each ladder: what stopped it, or how far it was asked to go."""
    last = {row[0]: row for row in content.rows}
    return [
        wrapped(f"  {name}: {row[-1] or f'all {row[1]} that were asked for'}", "    ") for name, row in last.items()
    ]


VIEW = View("terminal", "", render)
