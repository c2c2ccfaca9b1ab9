"""The second page of a run: every cell, every ratio, the source of what ran, the environment, the commands."""

from __future__ import annotations

from pathlib import Path

from bench.report.document import Document
from bench.report.figures import Run
from bench.report.views.html_ import page
from bench.report.views.view import View

FILE = "cells.html"


def render(run: Run, document: Document, folder: Path) -> str:  # noqa: ARG001
    """The second page."""
    return page(document, "cells")


VIEW = View("cells", FILE, render)
