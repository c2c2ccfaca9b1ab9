"""The card and the findings as plain text."""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Sequence

from bench.render.document import Comparison, Document, Table
from bench.words import Finding


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
    parts = []
    if document.card.rows:
        parts += ["", table(document.card), "", wrapped(document.card.note)]
    if document.scale is not None:
        parts += ["", f"{document.scale.caption}:", *stops(document.scale), ""]
    parts += noted(document.findings)
    return harmless([*parts, "", f"The whole report: {page}"])


def stops(content: Table) -> list[str]:
    """The last step of each ladder: what stopped it, or how far it was asked to go."""
    last = {row[0]: row for row in content.rows}
    return [
        wrapped(f"  {name}: {row[-1] or f'all {row[1]} that were asked for'}", "    ") for name, row in last.items()
    ]


def comparison(document: Comparison, page: str) -> str:
    """What a comparison prints: which run is which, the ratios, what differs, where the page is."""
    parts = [f"{letter}: {'; '.join(text for _, text in facts)}" for letter, facts in document.runs]
    for content in document.ratios:
        parts += ["", content.caption, table(content)]
    parts += ["", *(wrapped(sentence) for sentence in document.answer), *noted(document.findings)]
    return harmless([*parts, "", f"The whole comparison: {page}"])


def wrapped(text: str, indent: str = "") -> str:
    """Text in lines that are not wider than the terminal, nor than is good to read; `indent`: of all but the first."""
    return textwrap.fill(text, min(110, shutil.get_terminal_size().columns), subsequent_indent=indent)


def noted(findings: Sequence[Finding]) -> list[str]:
    """Findings, each with its remedy."""
    return [wrapped(f"{f.level}: {f.what}" + (f": {f.remedy}" if f.remedy else ""), "  ") for f in findings]


def harmless(parts: Sequence[str]) -> str:
    """Join lines. A run's files may be anybody's: what could steer the terminal is shown as a sign of its own."""
    return "".join(c if c == "\n" or c.isprintable() else "\ufffd" for c in "\n".join(parts))
