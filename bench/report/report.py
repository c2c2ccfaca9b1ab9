"""Writing a run's report in the forms that are asked for, and comparisons of runs."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from bench.analysis.pooled import LEAST_RUNS
from bench.report import views
from bench.report.compare.comparison import MOST_RUNS, Comparison, comparison
from bench.report.compare.read import read_all
from bench.report.compare.views import page as comparison_page
from bench.report.compare.views import summary as comparison_summary
from bench.report.compose import document_of
from bench.report.document import Document
from bench.report.figures import Run
from bench.report.index import COMPARE, MACHINE, SAID, write_index
from bench.report.machine.machine import machine
from bench.report.machine.pooling import alike
from bench.report.machine.views import page as machine_page
from bench.report.parts.how import PART as HOW
from bench.store import manifest as manifests
from bench.store import records, runs
from bench.store.atomic import NotOursError, json_text, write_text
from bench.store.border import StoreError
from bench.words import RunFailedError, UserError, harmless

MOST_NAME = 200  # characters of a folder's name; file systems take 255 bytes


@dataclass(frozen=True)
class Written:
    """A report that was written: its document, what is to be printed, and whether a cell of the run is void."""

    document: Document
    text: str
    void: bool


def write(folder: Path, formats: Sequence[str] = (), out: Path | None = None) -> Written:
    """Render a run again from its raw records, into its own folder or another.

    Printed are the views that have no file; of none, where the files are. Raises StoreError where a record cannot be used,
    UserError for an unknown format or another's folder, RunFailedError where nothing can be written.
    """
    wanted = views.chosen(formats)
    manifest = manifests.read_manifest(folder)
    valid = manifests.valid_records(folder, manifest)
    where = runs.claim_folder(out) if out else folder
    run = Run(manifest, valid)
    content = document_of(run)
    texts = [(view.file, view.render(run, content, where)) for view in wanted]
    try:
        if any(file for file, _ in texts):
            records.write_results(where / manifests.RESULTS, valid)
        for file, text in texts:
            if file:
                write_text(where / file, text)
    except NotOursError:
        raise
    except OSError as error:
        raise RunFailedError(f"cannot write {where}: {error.strerror}; name another folder with --out") from error
    printed = [text for file, text in texts if not file]
    files = [os.path.relpath(where / file) for file, _ in texts if file]
    if out is None and runs.REPORTS in folder.resolve().parents:
        write_index(runs.REPORTS)
    said = "\n".join(printed) or harmless("\n".join(f"written: {file}" for file in files))
    return Written(content, said, bool(content.of(HOW).void))


def compare(folders: Sequence[Path], out: Path | None = None, reference: str = "") -> tuple[Comparison, Path]:
    """Render the comparison of runs; return it and its page. Raises UserError, or StoreError for a run's own fault."""
    if not 2 <= len(folders) <= MOST_RUNS:
        raise UserError(f"a comparison takes 2 to {MOST_RUNS} runs, these are {len(folders)}: name each by path or id")
    runs_ = read_all(folders)
    refuse_pairs(runs_)
    # A folder's name may be anybody's: of each run only what cannot lead elsewhere goes into the path.
    id_ = "-vs-".join(
        re.sub(r"[^A-Za-z0-9-]+", "-", f"{run.manifest.host}-{folder.name}")
        for folder, run in zip(folders, runs_, strict=True)
    )
    where = out or runs.REPORTS / COMPARE / id_[:MOST_NAME]
    pages = [link(folder / manifests.PAGE, where) for folder in folders]
    content = comparison(id_[:MOST_NAME], runs_, reference, pages)
    page = runs.claim_folder(where) / manifests.PAGE
    try:
        write_text(page, comparison_page(content))
        told = {
            "format": 1,
            "answer": content.answer,
            "runs": [run.manifest.id for run in runs_],
            "names": content.names,
        }
        write_text(page.with_name(SAID), json_text(told))
    except OSError as error:
        raise UserError(f"cannot write {page}: {error.strerror}; name another folder with --out") from error
    if out is None:
        write_index(runs.REPORTS)
    return content, page


def write_machine(folder: Path) -> Path | None:
    """Render the page of a machine into the folder that has its runs; return it, or None where no three can be pooled.

    A run that cannot be read is left out. Raises NotOursError where the page's name is taken, and OSError.
    """
    named = {}
    for there in sorted(path.parent for path in folder.glob(f"*/{manifests.FILE}")):
        with suppress(StoreError):
            named[there] = manifests.read_manifest(there)
    groups: list[dict[str, Run]] = []
    for group in alike(list(named.values())):
        found = {}
        for there, manifest in (list(named.items())[i] for i in group):
            with suppress(StoreError):
                found[there.name] = Run(manifest, manifests.valid_records(there, manifest))
        groups += [found] if len(found) >= LEAST_RUNS else []
    if not groups:
        return None
    page = folder / MACHINE
    write_text(page, machine_page(machine(folder.name, groups)))
    if runs.REPORTS in page.parents:
        write_index(runs.REPORTS)
    return page


def link(page: Path, where: Path) -> str:
    """How a page in one folder leads to another, as a link; nothing where that page is not there."""
    return quote(os.path.relpath(page.resolve(), where.resolve())) if page.is_file() else ""


def refuse_pairs(compared: Sequence[Run]) -> None:
    """Raise UserError where two runs are one, or a copy of it, which is no evidence, or where their figures mean two things."""
    first: dict[tuple[object, ...], int] = {}
    for i, run in enumerate(compared):
        m = run.manifest
        for record in run.records:
            at = first.setdefault((m.id, m.host, m.seed, record.id, record.value_s), i)
            if at != i:
                raise UserError(
                    f"runs {at + 1} and {i + 1} are one run, {m.id}, given twice: name another to compare with"
                )
        if m.schema != compared[0].manifest.schema:
            raise UserError(
                f"run 1 is of schema {compared[0].manifest.schema} and run {i + 1} of schema {m.schema}: their figures mean "
                "different things and are not compared; measure both with one version of the suite"
            )


def summary(content: Comparison, page: Path) -> str:
    """What the terminal shows of a comparison."""
    return comparison_summary(content, os.path.relpath(page))
