"""The runs of the gallery, read once for all tests of a process: what is drawn of them takes seconds."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from bench.report.compose import document_of
from bench.report.document import Document
from bench.report.figures import Run
from bench.store.manifest import FILE, read_manifest, valid_records

RUNS = sorted(path.parent for path in (Path(__file__).resolve().parents[2] / "reports" / "gallery").glob(f"*/*/{FILE}"))


@cache
def run(folder: Path) -> Run:
    """A run with its records."""
    manifest = read_manifest(folder)
    return Run(manifest, valid_records(folder, manifest))


@cache
def content(folder: Path) -> Document:
    """What its pages and its card are made of."""
    return document_of(run(folder))
