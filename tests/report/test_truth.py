"""scripts/truth.py, which computes a report again from raw records with code of its own, agrees with it, and sees what is wrong."""

from __future__ import annotations

import ast
import json
import shutil
from pathlib import Path

import pytest

from bench.report import report
from scripts import truth, truth_card

ROOT = Path(truth.__file__).resolve().parents[1]
GALLERY = sorted((ROOT / "reports" / "gallery").glob("*/2*/run.json"))


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A gallery run, rendered by this version."""
    folder = tmp_path_factory.mktemp("truth") / GALLERY[0].parent.name
    shutil.copytree(GALLERY[0].parent, folder)
    report.write(folder)
    return folder


def tampered(run: Path, where: list[str | int], value: object) -> list[str]:
    """What is found wrong where one number of the report is another."""
    path = run / "report.json"
    text = path.read_text()
    report = json.loads(text)
    *path_to, last = where
    place = report
    for step in path_to:
        place = place[step]
    place[last] = value
    path.write_text(json.dumps(report))
    try:
        return truth.checked(run).wrong
    finally:
        path.write_text(text)


def test_the_report_says_what_the_records_say(run: Path) -> None:
    check = truth.checked(run)
    assert check.wrong == []
    assert check.agreed > 1000


def test_a_ratio_a_floor_a_claim_and_a_card_that_are_wrong_are_seen(run: Path) -> None:
    report = json.loads((run / "report.json").read_text())
    judged = next(i for i, one in enumerate(report["verdicts"]) if one["low"] is not None)
    for key in ("ratio", "low", "high", "p", "floor"):
        (wrong,) = tampered(run, ["verdicts", judged, key], report["verdicts"][judged][key] * 1.0001)[:1]
        assert f": {key}" in wrong
    differs = report["verdicts"][judged]["different"]
    assert any(": different" in one for one in tampered(run, ["verdicts", judged, "different"], not differs))
    assert any("claim" in one for one in tampered(run, ["claims", 0, "figure"], report["claims"][0]["figure"] * 1.01))
    at = next(i for i, row in enumerate(report["card"]["rows"]) if row[0] in truth_card.CARD)
    assert any("card" in one for one in tampered(run, ["card", "rows", at, 1], "12.3 (12.2–12.4)"))


def test_percentiles_memory_and_a_full_core_that_are_wrong_are_seen(run: Path) -> None:
    card = json.loads((run / "report.json").read_text())["card"]
    rows = {row[0]: (i, row[1:]) for i, row in enumerate(card["rows"])}
    for label in (
        "http_get at 100 flows: late by (p99), ms",
        "http_get: one core is full at (N*), flows",
        "memory per flow, the kernel's share included, kB",
        "wake-up p99 beside a 50 ms CPU hog, ms",
    ):
        at, texts = rows[label]
        column = next(i for i, text in enumerate(texts, start=1) if text != "–")
        text = texts[column - 1]
        last = next(i for i in reversed(range(len(text))) if text[i].isdigit())
        another = f"{text[:last]}{(int(text[last]) + 5) % 10}{text[last + 1 :]}"  # the last digit of the upper end
        many = text.replace("–", "–9")  # an upper end that is far off
        wrong = tampered(run, ["card", "rows", at, column], many if "late by" in label and "–" in text else another)
        assert any(label in one for one in wrong), text


def test_a_row_of_the_card_that_nobody_knows_is_wrong(run: Path) -> None:
    assert any("nobody here knows" in one for one in tampered(run, ["card", "rows", 0, 0], "another row"))


def test_it_has_nothing_of_the_suite_in_it() -> None:
    for file in ("truth.py", "truth_card.py", "truth_numbers.py"):
        tree = ast.parse((Path(truth.__file__).parent / file).read_text())
        names = [alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names]
        names += [node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
        assert not [name for name in names if name.partition(".")[0] in {"bench", "numpy", "pandas"}]
        assert not [name for name in names if name.startswith("scripts") and not name.startswith("scripts.truth_")]
