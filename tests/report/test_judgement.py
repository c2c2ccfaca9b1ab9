"""report.json says what the page and the terminal say."""

from __future__ import annotations

import json
import textwrap
from pathlib import Path

import pytest

from bench.report import report
from bench.report.parts.findings import PART as FINDINGS
from bench.report.parts.workloads import PART as SECTIONS
from bench.report.views import html_, terminal
from bench.report.views.json_ import number
from bench.store.manifest import JUDGEMENT
from bench.words import Finding
from tests.report.remake import gold_run
from tests.support.pages import read_page
from tests.support.records import make_record, rounds_of
from tests.support.runs import make_run


def test_findings_are_those_of_the_page_and_of_the_terminal(tmp_path: Path) -> None:
    folder = gold_run(tmp_path / "run")
    content = report.write(folder).document
    said = [Finding(**entry) for entry in json.loads((folder / JUDGEMENT).read_text())["findings"]]
    assert said == list(content.of(FINDINGS))
    assert len(said) >= 2
    page = read_page(html_.page(content)).text
    card = " ".join(terminal.card(content, "index.html").split())
    for finding in said:
        for text in (finding.what, finding.remedy):
            assert " ".join(text.split()) in " ".join(page.split())
            assert " ".join(textwrap.dedent(text).split()) in card


def test_verdicts_are_the_pages_with_their_figures(tmp_path: Path) -> None:
    folder = gold_run(tmp_path / "run")
    content = report.write(folder).document
    said = json.loads((folder / JUDGEMENT).read_text())["verdicts"]
    (one,) = [
        v
        for v in said
        if (v["block"], v["figure"], v["model"], v["reference"]) == ("http_get/1000", "D", "asyncio", "thread")
    ]
    assert one["different"] is True
    assert one["low"] < one["ratio"] < one["high"]
    assert one["ratio"] == pytest.approx(97.1 / 63.9, rel=0.05)
    assert one["p"] <= 0.05
    shown = [
        f"{group.title}: {s}" for section in content.of(SECTIONS) for group in section.verdicts for s in group.sentences
    ]
    assert f"{one['sentence']}." in shown


def test_a_run_that_is_not_to_judge_calls_nothing_different(tmp_path: Path) -> None:
    values = {"thread": 0.2, "asyncio": 0.4}
    records = [r for m, value in values.items() for r in rounds_of(f"sleep/{m}/100", [value] * 8)]
    folder = make_run(tmp_path / "run", records, verdicts=False)
    report.write(folder)
    said = json.loads((folder / JUDGEMENT).read_text())["verdicts"]
    assert {v["different"] for v in said} == {False}
    assert all(v["sentence"].endswith("not judged") for v in said)
    assert said[-1]["ratio"] == pytest.approx(2)


def test_a_ratio_of_too_few_rounds_has_no_interval(tmp_path: Path) -> None:
    records = [r for m in ("thread", "asyncio") for r in rounds_of(f"sleep/{m}/1", [0.2, 0.3])]
    folder = make_run(tmp_path / "run", records)
    report.write(folder)
    for verdict in json.loads((folder / JUDGEMENT).read_text())["verdicts"]:
        assert verdict["low"] is verdict["high"] is verdict["p"] is None
        assert verdict["different"] is False


def test_the_noise_floor_names_its_twins(tmp_path: Path) -> None:
    cells = {"sleep/thread/100": 0.2, "sleep/thread/100?twin=1": 0.206, "sleep/asyncio/100": 0.3}
    records = [make_record(cell, n, value_s=value) for cell, value in cells.items() for n in range(1, 9)]
    folder = make_run(tmp_path / "run", records)
    report.write(folder)
    found = json.loads((folder / JUDGEMENT).read_text())["noise"]["T"]
    assert found["most"] == pytest.approx(1.03)
    assert [(twin["block"], twin["model"]) for twin in found["twins"]] == [("sleep/100", "thread")]


def test_floats_have_as_many_digits_as_are_the_same_everywhere() -> None:
    assert number(1 / 3) == 0.3333333
    assert number(float("nan")) is None
