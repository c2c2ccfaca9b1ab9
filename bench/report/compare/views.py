"""The comparison as a page, and what the terminal shows of it."""

from __future__ import annotations

from bench.paragraphs import noted, wrapped
from bench.report.compare.comparison import Comparison
from bench.report.page import render
from bench.report.views.terminal import table
from bench.words import harmless


def page(document: Comparison) -> str:
    """Render the page of a comparison."""
    return render("compare.html", doc=document)


def summary(document: Comparison, page: str) -> str:
    """What a comparison prints: which run is which, the ratios, what differs, where the page is."""
    parts = [f"{letter}: {'; '.join(text for _, text in facts)}" for letter, facts in document.runs]
    for content in document.ratios:
        parts += ["", content.caption, table(content)]
    parts += ["", *(wrapped(sentence) for sentence in document.answer), *noted(document.findings)]
    return harmless("\n".join([*parts, "", f"The whole comparison: {page}"]))
