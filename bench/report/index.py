"""The list of all runs and comparisons on this disk."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from bench.report.page import render
from bench.store import manifest as manifests
from bench.store import runs
from bench.store.atomic import write_text
from bench.store.border import StoreError
from bench.store.manifest import Manifest

COMPARE = "compare"  # the folder of comparisons, below reports/


def write_index(reports: Path) -> None:
    """List every run whose page is there; one that cannot be read is left out of the list, not of the disk."""
    found = []
    for folder in reversed(runs.all_runs(reports)):
        if (folder / manifests.PAGE).is_file():
            try:
                manifest = manifests.read_manifest(folder)
            except StoreError:
                continue
            link = str((folder / manifests.PAGE).relative_to(reports))
            found.append((link, manifest))
    comparisons = sorted(page.parent.name for page in reports.glob(f"{COMPARE}/*/{manifests.PAGE}"))
    write_text(reports / manifests.PAGE, index(found, comparisons))


def index(found: Sequence[tuple[str, Manifest]], comparisons: Sequence[str] = ()) -> str:
    """Render the list of all runs, (link, manifest) each, newest first, and of the comparisons, by their ids."""
    return render("index.html", runs=found, comparisons=comparisons)
