"""All that a terminal can show: the answer, every row of the card, why to trust the run, the findings."""

from __future__ import annotations

import os
from pathlib import Path

from bench.report.document import Document
from bench.report.figures import Run
from bench.report.views.terminal import card
from bench.report.views.view import View
from bench.store.manifest import PAGE


def render(run: Run, document: Document, folder: Path) -> str:  # noqa: ARG001
    """The whole card."""
    return card(document, os.path.relpath(folder / PAGE))


VIEW = View("card", "", render)
