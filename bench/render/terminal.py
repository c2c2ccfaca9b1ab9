"""The card and the findings as plain text."""

from __future__ import annotations

import shutil
import textwrap

from bench.render.document import Document, Table


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


def card(document: Document, page: str) -> str:
    """What a run prints at its end: the card, the findings, where the page is."""
    width = min(110, shutil.get_terminal_size().columns)
    parts = []
    if document.card.rows:
        parts += ["", table(document.card), "", textwrap.fill(document.card.note, width)]
    for finding in document.findings:
        text = f"{finding.level}: {finding.what}" + (f": {finding.remedy}" if finding.remedy else "")
        parts.append(textwrap.fill(text, width, subsequent_indent="  "))
    parts += ["", f"The whole report: {page}"]
    # A run's files may be anybody's: what could steer the terminal is shown as a sign of its own.
    return "".join(c if c == "\n" or c.isprintable() else "\ufffd" for c in "\n".join(parts))
