"""scripts/truth.py, which computes a report again from raw records with code of its own, agrees with it, and sees what is wrong."""

from __future__ import annotations

import ast
import json
import shutil
from pathlib import Path

import pytest

from bench.report import report
from scripts import truth

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
    at = next(i for i, row in enumerate(report["card"]["rows"]) if row[0] in truth.CARD)
    assert any("card" in one for one in tampered(run, ["card", "rows", at, 1], "12.3 (12.2–12.4)"))


def test_it_has_nothing_of_the_suite_in_it() -> None:
    tree = ast.parse(Path(truth.__file__).read_text())
    names = [alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names]
    names += [node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    assert not [name for name in names if name.partition(".")[0] in {"bench", "scripts", "numpy", "pandas"}]
