"""SECURITY.md promises nothing that no test shows."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "SECURITY.md").read_text()
POINT = re.compile(r"^- (?P<said>.*?)(?: <!-- (?P<tests>.*) -->)?$", re.MULTILINE)
POINTS = {found["said"]: (found["tests"] or "").split() for found in POINT.finditer(PAGE)}


def names_in(path: Path) -> set[str]:
    """The names of the tests that a file has."""
    if not path.is_file():
        return set()
    there = ast.walk(ast.parse(path.read_text()))
    return {node.name for node in there if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")}


def missing(ids: list[str]) -> list[str]:
    """Those of these tests that do not exist."""
    return [id_ for id_ in ids if id_.partition("::")[2] not in names_in(ROOT / id_.partition("::")[0])]


@pytest.mark.parametrize("said", POINTS)
def test_each_sentence_has_a_test_that_exists(said: str) -> None:
    assert POINTS[said], "no test is named"
    assert missing(POINTS[said]) == []


def test_each_line_of_a_list_is_looked_at() -> None:
    assert len(POINTS) == sum(line.startswith("- ") for line in PAGE.splitlines()) > 20


def test_a_test_that_is_gone_would_be_found() -> None:
    here = "tests/contract/test_security_page.py"
    assert missing([f"{here}::test_each_line_of_a_list_is_looked_at"]) == []
    for gone in (f"{here}::test_of_yesterday", "tests/gone.py::test_x", here, f"{here}::missing"):
        assert missing([gone]) == [gone]


def test_it_is_one_page() -> None:
    shown = re.sub(r"<!--.*?-->", "", PAGE)
    assert len(shown.split()) < 800
