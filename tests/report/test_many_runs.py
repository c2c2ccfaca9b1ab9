"""Many runs side by side: real work, told apart, and nothing of what they say becomes markup."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from bench.report import report
from bench.report.compare.comparison import MOST_RUNS
from bench.report.index import SAID
from bench.store import manifest as manifests
from tests.report.remake import gold_run
from tests.support.copies import copies
from tests.support.pages import Page, read_page

ROOT = Path(__file__).resolve().parents[2]
GALLERY = ROOT / "reports" / "gallery"
EVIL = "<script>alert(1)</script> & <b>CPU"
CPUS = ("Imaginary Processor", "Another One 9000", EVIL)
COUNT = 20


@pytest.fixture(scope="module")
def twenty(tmp_path_factory: pytest.TempPathFactory) -> tuple[tuple[str, ...], Page]:
    folder = tmp_path_factory.mktemp("many")
    made = copies(gold_run(folder / "source"), folder / "runs", COUNT, CPUS)
    content, page = report.compare(made, folder / "out")
    return content.names, read_page(page.read_text(encoding="utf-8"))


def test_twenty_runs_have_a_name_each_and_all_are_on_the_page(twenty: tuple[tuple[str, ...], Page]) -> None:
    names, page = twenty
    assert len(set(names)) == COUNT
    assert all(name in page.text for name in names)
    assert page.faults == []


def test_a_label_that_looks_like_markup_is_text_in_tables_and_pictures(twenty: tuple[tuple[str, ...], Page]) -> None:
    names, page = twenty
    assert any(name.startswith("<script>") for name in names)
    assert [tag for tag in page.all("script") if "alert" in tag.text] == []
    assert page.all("b") == []
    drawn = [tag.text for name in ("text", "desc", "title") for tag in page.all(name)]
    assert any("<script>" in text for text in drawn)


def test_no_table_of_many_runs_has_a_column_for_each(twenty: tuple[tuple[str, ...], Page]) -> None:
    _, page = twenty
    columns, most = 0, 0
    for tag in page.tags:
        columns = 0 if tag.name == "tr" else columns + (tag.name in {"td", "th"})
        most = max(most, columns)
    assert 2 < most <= 11


def test_a_warning_that_all_runs_give_is_given_once(twenty: tuple[tuple[str, ...], Page]) -> None:
    _, page = twenty
    warnings = [said for said in page.text.split("What to do:") if "schema 1" in said or "budget of 290 s" in said]
    assert len(warnings) == 1
    assert "and 16 more: " in warnings[0]


def test_copies_of_a_run_differ_from_it_and_can_be_read(tmp_path: Path) -> None:
    source = next(path.parent for path in sorted(GALLERY.glob(f"*/*/{manifests.FILE}")))
    (copy,) = copies(source, tmp_path, 1, CPUS)
    first, second = (manifests.valid_records(run, manifests.read_manifest(run)) for run in (source, copy))
    assert [record.id for record in first] == [record.id for record in second]
    assert {one.value_s == other.value_s for one, other in zip(first, second, strict=True)} == {False}


@pytest.mark.long  # it reads 29,000 records
def test_a_hundred_runs_are_one_page_of_two_megabytes(tmp_path: Path) -> None:
    source = next(path.parent for path in sorted(GALLERY.glob(f"*/*/{manifests.FILE}")))
    made = copies(source, tmp_path / "runs", MOST_RUNS, CPUS)
    out = tmp_path / "out"
    command = [sys.executable, "-m", "bench", "compare", *map(str, made), "--out", str(out)]
    subprocess.run(command, cwd=ROOT, stdout=subprocess.DEVNULL, check=True)
    most_kib = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    page = (out / manifests.PAGE).read_text(encoding="utf-8")
    assert len(page.encode()) < 2e6
    assert len(json.loads((out / SAID).read_text(encoding="utf-8"))["names"]) == MOST_RUNS
    assert read_page(page).faults == []
    assert most_kib * 1024 < 1e9
