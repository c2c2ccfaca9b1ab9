"""The comparison as a page, and what the terminal shows of it."""

from __future__ import annotations

import shutil

from bench.paragraphs import noted, wrapped
from bench.report.compare.comparison import Comparison
from bench.report.document import Table
from bench.report.page import render
from bench.report.views.terminal import fitted
from bench.words import harmless


def page(document: Comparison) -> str:
    """Render the page of a comparison."""
    return render("compare.html", doc=document)


def summary(document: Comparison, page: str) -> str:
    """What a comparison prints: which run is which, the ratios, what differs, where the page is."""
    parts = [wrapped(f"{name}: {'; '.join(text for _, text in facts)}", "   ") for name, _, facts in document.runs]
    for content in document.ratios:
        parts += ["", wrapped(content.caption), beside(content)]
    parts += ["", *(wrapped(sentence) for sentence in document.answer), *noted(document.findings)]
    where = f"The whole comparison: {page}"
    parts += ["", where if len(where) <= shutil.get_terminal_size().columns else where.replace(": ", ":\n", 1)]
    return harmless("\n".join(parts))


def beside(content: Table) -> str:
    """The ratios, as wide as the terminal: where columns must stand below each other, block and model are one heading."""
    rows = tuple((f"{block} {model}", *texts) for block, model, *texts in content.rows)
    return fitted(content, Table(content.caption, ("", *content.head[2:]), rows))
