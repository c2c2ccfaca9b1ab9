"""Writing a run's report in the forms that are asked for, and comparisons of runs."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.report import views
from bench.report.compare.comparison import MOST_RUNS, Comparison, comparison
from bench.report.compare.views import page as comparison_page
from bench.report.compare.views import summary as comparison_summary
from bench.report.compose import document_of
from bench.report.document import Document
from bench.report.figures import Run
from bench.report.index import COMPARE, write_index
from bench.report.parts.how import PART as HOW
from bench.store import manifest as manifests
from bench.store import records, runs
from bench.store.atomic import write_text
from bench.words import UserError, harmless

MOST_NAME = 200  # characters of a folder's name; file systems take 255 bytes


@dataclass(frozen=True)
class Written:
    """A report that was written: its document, what is to be printed, and whether a cell of the run is void."""

    document: Document
    text: str
    void: bool


def write(folder: Path, formats: Sequence[str] = ()) -> Written:
    """Render a run again from its raw records; raises StoreError where one cannot be used, UserError for an unknown format.

    Printed are the views that have no file; of none, where the files are.
    """
    wanted = views.chosen(formats)
    manifest = manifests.read_manifest(folder)
    valid = manifests.valid_records(folder, manifest)
    records.write_results(folder / manifests.RESULTS, valid)
    run = Run(manifest, valid)
    content = document_of(run)
    printed, files = [], []
    for view in wanted:
        text = view.render(run, content, folder)
        if view.file:
            write_text(folder / view.file, text)
            files.append(os.path.relpath(folder / view.file))
        else:
            printed.append(text)
    if runs.REPORTS in folder.resolve().parents:
        write_index(runs.REPORTS)
    said = "\n".join(printed) or harmless("\n".join(f"written: {file}" for file in files))
    return Written(content, said, bool(content.of(HOW).void))


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
        write_text(page, comparison_page(content))
    except OSError as error:
        raise UserError(f"cannot write {page}: {error.strerror}; name another folder with --out") from error
    if out is None:
        write_index(runs.REPORTS)
    return content, page


def summary(content: Comparison, page: Path) -> str:
    """What the terminal shows of a comparison."""
    return comparison_summary(content, os.path.relpath(page))
