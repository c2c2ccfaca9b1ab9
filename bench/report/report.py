"""Writing a run's report: results.json, report.json, index.html, and the index of all runs."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path

from bench.report import html, terminal
from bench.report.comparison import MOST_RUNS, comparison
from bench.report.compose import document_of
from bench.report.document import Comparison, Document
from bench.report.figures import Run
from bench.report.judgement import judgement
from bench.store import manifest as manifests
from bench.store import records, runs
from bench.store.atomic import write_json, write_text
from bench.words import UserError

COMPARE = "compare"  # the folder of comparisons, below reports/
MOST_NAME = 200  # characters of a folder's name; file systems take 255 bytes


def write(folder: Path) -> Document:
    """Render a run again from its raw records; raises StoreError where one cannot be used."""
    manifest = manifests.read_manifest(folder)
    valid = manifests.valid_records(folder, manifest)
    records.write_results(folder / manifests.RESULTS, valid)
    run = Run(manifest, valid)
    content = document_of(run)
    write_json(folder / manifests.JUDGEMENT, judgement(run, content.findings))
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
    comparisons = sorted(page.parent.name for page in reports.glob(f"{COMPARE}/*/{manifests.PAGE}"))
    write_text(reports / manifests.PAGE, html.index(found, comparisons))


def compare(folders: Sequence[Path], out: Path | None = None) -> tuple[Comparison, Path]:
    """Render the comparison of runs; return it and its page. Raises UserError, or StoreError for a run's own fault."""
    if not 2 <= len(folders) <= MOST_RUNS:
        raise UserError(f"a comparison takes 2 to {MOST_RUNS} runs, these are {len(folders)}: name each by path or id")
    runs_ = []
    for folder in folders:
        manifest = manifests.read_manifest(folder)
        runs_.append(Run(manifest, manifests.valid_records(folder, manifest)))
    # A folder's name may be anybody's: of each run only what cannot lead elsewhere goes into the path.
    id_ = "-vs-".join(
        re.sub(r"[^A-Za-z0-9-]+", "-", f"{run.manifest.host}-{folder.name}")
        for folder, run in zip(folders, runs_, strict=True)
    )
    content = comparison(id_[:MOST_NAME], runs_)
    page = runs.claim_folder(out or runs.REPORTS / COMPARE / content.id) / manifests.PAGE
    try:
        write_text(page, html.comparison(content))
    except OSError as error:
        raise UserError(f"cannot write {page}: {error.strerror}; name another folder with --out") from error
    if out is None:
        write_index(runs.REPORTS)
    return content, page


def summary(content: Comparison, page: Path) -> str:
    """What the terminal shows of a comparison."""
    return terminal.comparison(content, os.path.relpath(page))


def card(folder: Path, content: Document) -> str:
    """What the terminal shows at the end."""
    return terminal.card(content, os.path.relpath(folder / manifests.PAGE))
