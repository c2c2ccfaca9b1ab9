"""The forms of a report: which there are, what is written, and that nothing in them is more than text."""

from __future__ import annotations

import csv
import errno
import io
import math
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bench.commands.main import main
from bench.commands.status import FAILED, OK, USAGE
from bench.report import report
from bench.report.compose import document
from bench.report.figures import Run
from bench.report.parts.card import PART as CARD
from bench.report.views import VIEWS, cells, chosen, csv_, markdown
from bench.store.manifest import JUDGEMENT, PAGE, RESULTS, Manifest
from bench.store.records import Record
from bench.words import Finding, UserError
from tests.report.remake import gold_records
from tests.support.records import make_record, rounds_of
from tests.support.runs import make_manifest, make_run

RECORDS = [r for m in ("thread", "asyncio") for r in rounds_of(f"http_get/{m}/100", [0.2, 0.3, 0.4])]


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return make_run(tmp_path / "run", RECORDS)


def test_without_format_page_and_conclusions_are_written_and_the_card_printed(run: Path) -> None:
    text = report.write(run).text
    assert {path.name for path in run.iterdir() if path.is_file()} == {"run.json", RESULTS, PAGE, cells.FILE, JUDGEMENT}
    assert text.splitlines()[-1].endswith(f"run/{PAGE}")


def test_only_what_is_asked_for_is_written(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", str(run), "--format", "csv,markdown", "--format", "csv"]) == OK
    assert {path.name for path in run.iterdir() if path.is_file()} == {"run.json", RESULTS, csv_.FILE, markdown.FILE}
    assert [line.rpartition("/")[2] for line in capsys.readouterr().out.splitlines()] == [csv_.FILE, markdown.FILE]


def test_a_report_goes_elsewhere_if_asked_to_and_leaves_the_run_alone(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = sorted(run.iterdir())
    there = tmp_path / "there"
    for _ in range(2):  # a page of ours is written again
        assert main(["report", str(run), "--out", str(there)]) == OK
        assert capsys.readouterr().out.rstrip().endswith(f"there/{PAGE}")
    assert {path.name for path in there.iterdir()} == {RESULTS, PAGE, cells.FILE, JUDGEMENT}
    assert sorted(run.iterdir()) == before
    assert main(["report", str(run), str(run), "--out", str(there)]) == USAGE
    assert "give each a folder of its own" in capsys.readouterr().err
    (tmp_path / "theirs").mkdir()
    (tmp_path / "theirs" / PAGE).write_text("mine")
    assert main(["report", str(run), "--out", str(tmp_path / "theirs")]) == USAGE
    assert (tmp_path / "theirs" / PAGE).read_text() == "mine"


def test_a_run_that_cannot_be_written_says_what_to_do(
    run: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def read_only(path: Path, text: str) -> None:
        raise OSError(errno.EROFS, "Read-only file system", str(path))

    monkeypatch.setattr("bench.report.report.write_text", read_only)
    assert main(["report", str(run)]) == FAILED
    assert (
        capsys.readouterr().err == f"bench: cannot write {run}: Read-only file system; name another folder with --out\n"
    )


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.name)
def test_every_form_is_the_same_bytes_again_and_there_for_a_run_without_records(view: Any, run: Path) -> None:
    for records in (RECORDS, []):
        one = Run(make_manifest(records), records)
        made = document(one.manifest, records)
        assert view.render(one, made, run) == view.render(one, made, run) != ""


def test_an_unknown_format_is_a_mistake_in_one_line_that_names_the_known_ones(
    run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["report", str(run), "--format", "html,nonsense"]) == USAGE == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "nonsense" in line
    assert all(view.name in line for view in VIEWS)
    assert not (run / PAGE).exists()
    with pytest.raises(UserError):
        chosen(["HTML"])


def rows_of(run: Run) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(csv_.table(run))))


def test_csv_has_a_row_per_cell_and_round_with_numbers_that_are_the_records_own() -> None:
    records = gold_records()
    rows = rows_of(Run(make_manifest(records), records))
    assert len({(row["cell"], row["round"]) for row in rows}) == len(rows) == len(records)
    found = {(row["cell"], int(row["round"])): row for row in rows}
    for record in records:
        row = found[record.cell.name, record.round]
        assert float(row["T_s"]) == record.value_s
        assert float(row["cpu_s"]) == record.metadata["cpu_s"]
        done = int(str(record.metadata["ops_done"]))
        assert (
            row["D_s_per_op"] == "" if not done else math.isclose(float(row["D_s_per_op"]) * done, float(row["cpu_s"]))
        )
        assert (row["workload"], row["model"], row["flows"]) == (
            record.cell.workload,
            record.cell.model,
            str(record.cell.flows),
        )


def test_csv_has_a_figure_that_no_version_knew_and_blanks_where_there_is_none() -> None:
    one, other = make_record("sleep/thread/1", of_tomorrow=7.5), make_record("sleep/thread/10")
    rows = {row["cell"]: row for row in rows_of(Run(make_manifest([one, other]), [one, other]))}
    assert [rows[r.cell.name]["of_tomorrow"] for r in (one, other)] == ["7.5", ""]


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_csv_has_no_formula_and_numbers_stay_numbers(start: str) -> None:
    evil = f"{start}cmd|' /C calc'!A0"
    record = make_record("sleep/thread/1", kind=evil, interference=-0.25)
    record = replace(record, metadata={**record.metadata, evil: 1.0})
    lines = list(csv.reader(io.StringIO(csv_.table(Run(make_manifest([record]), [record])), newline="")))
    row = dict(zip(*lines, strict=True))
    assert row["kind"] == f"'{evil}"
    assert row[f"'{evil}"] == "1"
    assert row["interference_s"] == "-0.25"
    assert not [entry for line in lines for entry in line if entry.startswith(("=", "+", "@", "\t", "\r"))]


EVIL = "<script>x</script> | [click](http://evil) ![i](x) `c` *b* _u_ @everyone #1 https://evil www.evil.example\n\n# heading"


def summary(records: list[Record], **changes: Any) -> str:
    manifest: Manifest = make_manifest(records, **changes)
    return markdown.summary(document(manifest, records))


def test_markdown_has_the_card_the_findings_and_the_verdicts_and_fits_a_comment() -> None:
    records = gold_records()
    text = summary(records, findings=[Finding("warning", "the machine was busy", "stop other work")])
    content = document(make_manifest(records), records)
    assert "| CPU per http\\_get at 100 flows, µs |" in text
    assert "- **warning**: the machine was busy. What to do: stop other work." in text
    said = markdown.text(content.of(CARD).answer[0])
    assert said in text
    assert "asyncio needs 1.61 times the CPU per op of thread" in text
    assert len(text) < 65_536 / 2  # what a comment may have


def test_in_markdown_what_a_run_says_is_no_markup() -> None:
    text = re.sub(r"\\.", "", summary([], host=EVIL, id=EVIL, findings=[Finding("hint", EVIL, EVIL)]))
    for live in ("<", "](", "|", "`", "_", "[", "@everyone", "#1", "://", "www.evil", "\n# heading"):
        assert live not in text, live
    assert text.count("*") == 4 + 4 + 4  # of our own: trust and a heading in bold, and a level
    assert "click" in text


@pytest.mark.parametrize("said", ["- x", "+ x", "1. x", "12) x", "---", "==="])
def test_in_markdown_no_text_begins_a_list_or_a_rule(said: str) -> None:
    assert markdown.text(said).startswith(("\\", "1\\", "12\\"))
    assert markdown.text("3.00 (n=1)") == "3.00 (n=1)"


def test_of_very_many_findings_the_first_are_told_and_the_others_counted() -> None:
    many = [Finding("hint", f"finding {i}") for i in range(5000)]
    text = summary([], findings=many)
    assert "more: see the page" in text
    assert len(text) < 10_000
