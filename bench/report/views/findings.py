"""What a reader must know about a run before believing it, for a terminal: trust with its reasons, and the findings."""

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
    """Trust and the findings, the worst first."""
    trust = wrapped(f"Trust in this run: {document.of(TRUST).trust.words}", "  ")
    return harmless("\n\n".join([trust, *noted(document.of(FINDINGS))]))


VIEW = View("findings", "", render)
