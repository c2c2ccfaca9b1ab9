"""What a run prints at its end fits into a terminal of 80 columns and 24 lines, and says where the rest is."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.report.compose import document
from bench.report.parts.card import CARD as ROWS
from bench.report.parts.card import PART as CARD
from bench.report.views import short
from bench.store import manifest as manifests
from bench.words import Finding
from tests.report.remake import columns
from tests.support.records import rounds_of
from tests.support.runs import make_manifest

GALLERY = sorted((Path(__file__).resolve().parents[2] / "reports" / "gallery").glob("*/2*/run.json"))
MODELS = ("thread", "asyncio")


def printed(width: int, rounds: int = 10, **manifest: object) -> str:
    records = [r for m in MODELS for r in rounds_of(f"http_get/{m}/100", [0.25 + 0.001 * i for i in range(rounds)])]
    with columns(width):
        return short.short(document(make_manifest(records, **manifest), records), "reports/x/index.html")


@pytest.mark.parametrize("run", [path.parent for path in GALLERY], ids=lambda path: path.name)
def test_a_real_run_fits_a_terminal(run: Path) -> None:
    manifest = manifests.read_manifest(run)
    content = document(manifest, manifests.valid_records(run, manifest))
    with columns(80):
        lines = short.short(content, f"reports/runs/a-machine/{run.name}/index.html").splitlines()
    assert len(lines) <= short.MOST_LINES == 24
    assert max(map(len, lines[:-1])) <= 80
    assert lines[0].startswith("Threads or async?")
    assert any(line.split()[-2:] == ["asyncio", "uvloop"] for line in lines)
    assert "report --findings" in " ".join(lines)
    assert lines[-1].endswith("index.html")


def test_every_short_name_is_that_of_a_row_of_the_card() -> None:
    assert set(short.SHORT) <= {label for label, _ in ROWS}
    assert max(map(len, short.SHORT.values())) <= 28


def test_a_figure_of_too_few_rounds_has_a_star_and_others_have_none() -> None:
    assert "*: too few rounds" in printed(80, rounds=3)
    assert "*" not in printed(80)


def test_values_are_those_of_the_card() -> None:
    records = [r for m in MODELS for r in rounds_of(f"http_get/{m}/100", [0.25 + 0.001 * i for i in range(10)])]
    content = document(make_manifest(records), records)
    (row,) = (row for row in content.of(CARD).card.rows if row[0].startswith("CPU per http_get at 100"))
    with columns(80):
        (line,) = (one for one in short.short(content, "page").splitlines() if one.startswith("GET at 100"))
    assert line.split()[-2:] == [text.partition(" (")[0] for text in row[1:]]


def test_where_there_is_no_room_columns_are_left_out_and_not_cut() -> None:
    for width in (30, 40, 60):
        lines = printed(width).splitlines()
        assert all(len(line) <= width for line in lines if "index.html" not in line)


def test_an_error_is_printed_itself_and_the_rest_is_counted() -> None:
    findings = [
        Finding("warning", "the machine was busy", "stop other work"),
        Finding("warning", "so was the disk", "wait"),
    ]
    text = printed(80, findings=findings, state="incomplete")
    assert "error: the run is incomplete" in text
    assert "2 warnings" in text
    assert "stop other work" not in text
