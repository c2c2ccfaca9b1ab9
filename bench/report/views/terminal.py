"""The answer, the whole card and the findings as plain text. What a run prints at its end is shorter: short.py."""

from __future__ import annotations

import os
import shutil
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
from bench.words import harmless


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
    """The answer, the card, the findings, where the page is."""
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


def render(run: Run, document: Document, folder: Path) -> str:  # noqa: ARG001
    """The card."""
    return card(document, os.path.relpath(folder / PAGE))


def stops(content: Table) -> list[str]:
    """The last step of each ladder: what stopped it, or how far it was asked to go."""
    last = {row[0]: row for row in content.rows}
    return [
        wrapped(f"  {name}: {row[-1] or f'all {row[1]} that were asked for'}", "    ") for name, row in last.items()
    ]


VIEW = View("card", "", render)
