"""What the reader should know of a run: every finding, and how far the run can be trusted, as plain text."""

from __future__ import annotations

from pathlib import Path

from bench.paragraphs import noted, wrapped
from bench.report.document import Document
from bench.report.figures import Run
from bench.report.parts.findings import PART as FINDINGS
from bench.report.parts.trust import PART as TRUST
from bench.report.views.view import View
from bench.words import harmless


def render(run: Run, document: Document, folder: Path) -> str:  # noqa: ARG001
    """The findings."""
    trust = wrapped(f"Trust in this run: {document.of(TRUST).trust.words}", "  ")
    return harmless("\n".join([trust, "", *(noted(document.of(FINDINGS)) or ["There is nothing else to know."])]))


VIEW = View("findings", "", render)
