"""Who may name a workload: the workloads, what measures and runs them, and how one is shown. Nobody else has lists of names."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from bench.workloads import WORKLOADS

ROOT = Path(__file__).resolve().parents[2]
PARTS = ("report", "analysis", "store", "worker", "harness", "campaign")
# How one workload is shown, the card, the screens of questions, and claims about causes.
FREE = (
    "bench/report/workloads/",
    "bench/report/questions/",
    "bench/report/service.py",  # which workloads a service of the reader's own is reckoned from
    "bench/report/parts/card.py",
    "bench/report/compare/trend.py",  # which cells are followed over dates
    "bench/analysis/claims/",
)

# Words of English, and of Python, that are workloads too. As a name in code they mean what they always mean (a lock, a
# queue, to sleep); as a text they count like every other.
EVERYDAY = {
    "sleep",
    "switch",
    "yield",
    "create",
    "broadcast",
    "queue",
    "lock",
    "tree",
    "park",
    "echo",
    "burst",
    "layers",
}

# (file, text) -> why it is no name of a workload.
OTHER_MEANING: Mapping[tuple[str, str], str] = {
    (
        "bench/worker/main.py",
        "workload/model/flows?parameter=value, as in http_get/asyncio/100",
    ): "an example, in the help",
}

IDENTIFIERS: Mapping[type, str] = {
    ast.Name: "id",
    ast.Attribute: "attr",
    ast.arg: "arg",
    ast.keyword: "arg",
    ast.alias: "name",
    ast.FunctionDef: "name",
    ast.AsyncFunctionDef: "name",
    ast.ClassDef: "name",
}
CELL = re.compile(rf"(?<![\w/.-])(?:{'|'.join(WORKLOADS)})/(?=[\w{{]|$)")


def names(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Every text and identifier that names a workload, with its line; docstrings are prose."""
    prose = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in prose:
            if node.value in WORKLOADS or CELL.search(node.value):
                yield node.lineno, node.value
        else:
            word = getattr(node, IDENTIFIERS.get(type(node), ""), "")
            if word in WORKLOADS and word not in EVERYDAY:
                yield getattr(node, "lineno", 0), word


def found_in(path: Path) -> list[str]:
    place = str(path.relative_to(ROOT))
    said = names(ast.parse(path.read_text()))
    return [f"{place}:{line}: {text[:60]!r}" for line, text in said if (place, text) not in OTHER_MEANING]


FILES = [path for part in PARTS for path in sorted((ROOT / "bench" / part).rglob("*.py"))]


def test_no_other_file_names_a_workload() -> None:
    assert len(FILES) > 50
    kept = [path for path in FILES if not str(path.relative_to(ROOT)).startswith(FREE)]
    assert [one for path in kept for one in found_in(path)] == []


@pytest.mark.parametrize(
    ("text", "caught"),
    [
        ('x = "http_get"', True),
        ('x = f"{y} of http_get/thread/10"', True),
        ('x = "lock/"', True),
        ("http_get = 1", True),
        ("def io_share(): ...", True),
        ('x = {"park", "hog"}', True),
        ('"""What http_get does."""', False),
        ("lock = queue.get()", False),
        ('x = "the lock of a queue"', False),
        ('x = "bench/echo/x.py"', False),
    ],
)
def test_a_name_is_seen_where_it_stands(text: str, *, caught: bool) -> None:
    assert bool(list(names(ast.parse(text)))) is caught
