"""A run of the gallery in which a workload has a name that this version does not know: it has a page all the same."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from bench.report import report
from bench.report.parts.workloads import PART as SECTIONS
from bench.report.workloads.older import PLAIN
from bench.report.workloads.older import VIEWS as UNSAID
from bench.store.manifest import FILE, RAW, read_manifest
from tests.support.pages import read_page
from tests.support.runs import record_texts

ROOT = Path(__file__).resolve().parents[2]
RUNS = sorted(path.parent for path in ROOT.glob(f"reports/gallery/*/*/{FILE}"))
ROUNDS = (1, 2)
NEW = "of_tomorrow"


def renamed(value: Any, old: str) -> Any:
    """The same data with another name for a workload: alone, as a key, and where it begins the name of a cell or record."""
    if isinstance(value, dict):
        return {renamed(key, old): renamed(entry, old) for key, entry in value.items()}
    if isinstance(value, list):
        return [renamed(entry, old) for entry in value]
    if isinstance(value, str):
        return re.sub(rf"^(r\d+\.)?{old}(?=$|[/.])", rf"\g<1>{NEW}", value)
    return value


def thin_copy(source: Path, folder: Path, old: str) -> Path:
    """Two rounds of a run, with the workload renamed in records and manifest."""
    (folder / RAW).mkdir(parents=True)
    for name, text in record_texts(source).items():
        if int(name[1:4]) in ROUNDS:
            (folder / RAW / renamed(name, old)).write_text(json.dumps(renamed(json.loads(text), old)))
    (folder / FILE).write_text(json.dumps(renamed(json.loads((source / FILE).read_text()), old)))
    return folder


# Every second run says of the workload how it is shown, as a run of today's does; the others are as they were.
CASES = [(run, workload, i % 2 == 1) for i, run in enumerate(RUNS) for workload in read_manifest(run).workloads]


def test_there_is_a_gallery() -> None:
    assert len(CASES) > 20


@pytest.mark.long
@pytest.mark.parametrize(("run", "workload", "telling"), CASES, ids=lambda value: getattr(value, "name", str(value)))
def test_a_run_with_a_workload_that_nobody_knows_has_document_page_and_card(
    run: Path, workload: str, *, telling: bool, tmp_path: Path
) -> None:
    folder = thin_copy(run, tmp_path / "run", workload)
    if telling:
        manifest = json.loads((folder / FILE).read_text())
        manifest["about"]["views"] = {NEW: " ".join(UNSAID.get(workload, PLAIN))}
        (folder / FILE).write_text(json.dumps(manifest))
    written = report.write(folder)
    (section,) = (one for one in written.document.of(SECTIONS) if one.name == NEW)
    assert section.tables
    assert "The whole report" in written.text
    page = read_page((folder / "cells.html").read_text())
    assert page.faults == []
    assert f"#{NEW}" in {tag.attributes["href"] for tag in page.all("a")}
    assert "nan" not in page.text.lower().split()
