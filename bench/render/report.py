"""Writing a run's report: results.json, index.html, and the index of all runs."""

from __future__ import annotations

import os
from pathlib import Path

from bench.render import html, terminal
from bench.render.compose import document
from bench.render.document import Document
from bench.store import manifest as manifests
from bench.store import records, runs
from bench.store.atomic import write_text


def write(folder: Path) -> Document:
    """Render a run again from its raw records; raises StoreError where one cannot be used."""
    manifest = manifests.read_manifest(folder)
    valid = manifests.valid_records(folder, manifest)
    records.write_results(folder / manifests.RESULTS, valid)
    content = document(manifest, valid)
    write_text(folder / manifests.PAGE, html.page(content))
    if runs.REPORTS in folder.resolve().parents:
        write_index(runs.REPORTS)
    return content


def write_index(reports: Path) -> None:
    """List every run whose page is there; one that cannot be read is left out of the list, not of the disk."""
    found = []
    for folder in reversed(runs.all_runs(reports)):
        if (folder / manifests.PAGE).is_file():
            try:
                manifest = manifests.read_manifest(folder)
            except records.StoreError:
                continue
            link = str((folder / manifests.PAGE).relative_to(reports))
            found.append((link, manifest))
    write_text(reports / manifests.PAGE, html.index(found))


def card(folder: Path, content: Document) -> str:
    """What the terminal shows at the end."""
    return terminal.card(content, os.path.relpath(folder / manifests.PAGE))
