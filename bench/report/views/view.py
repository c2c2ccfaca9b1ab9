"""What a view of a report is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bench.report.document import Document
from bench.report.figures import Run


@dataclass(frozen=True)
class View:
    """One form of a run's report: what it is called, the file below the run's folder that has it, and how it is made.

    A view without a file is printed. `render` is given the run, its document and the run's folder, and reads and writes
    nothing there.
    """

    name: str
    file: str
    render: Callable[[Run, Document, Path], str]
