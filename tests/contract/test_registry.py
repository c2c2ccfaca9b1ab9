"""What the parts promise each other: who imports whom, what a workload and a launcher must have, what is carried along."""

from __future__ import annotations

import ast
import importlib
import inspect
import subprocess
import sys
from collections.abc import Collection, Iterator, Mapping
from dataclasses import fields
from functools import cache
from pathlib import Path

import pytest

from bench import cells, words
from bench.harness.flow import Primitives
from bench.models import MODELS, load_model
from bench.targets import TARGETS
from bench.words import Cell, UserError
from bench.workloads import TRIO_AS_IT_STANDS, WITH_TRIO, WORKLOADS, declared, file_of, load_workload, module_of

ROOT = Path(__file__).resolve().parents[2]
BENCH = ROOT / "bench"

# From the ground up: a part -> the parts that it may import, which all lie before it; ALL: whatever lies before it.
# A new part gets a line here: as low as what it needs allows, and with no more than it needs.
ALL = "all"
MAY: Mapping[str, str] = {
    "words": "",
    "paragraphs": "words",
    "figures": "words",
    "machine": "words",
    "store": "words figures",
    "harness": "words figures machine",
    "own": "words harness",
    "targets": "words machine harness own",
    "workloads": "words harness targets own",
    "models": "words machine harness",  # neither workloads nor targets: a launcher knows nothing of what flows do
    "cells": "words harness targets workloads models",
    "presets": "words workloads models cells",
    "worker": "words figures machine store harness own targets workloads models cells",  # no presets: it is the timed process
    "analysis": "words figures machine store",
    "report": "words paragraphs figures store analysis",  # it never measures: not even what a workload is does it ask the code
    "campaign": "words figures machine store harness own targets workloads models cells presets worker analysis",
    "fleet": ALL,
    "commands": ALL,
    "__main__": ALL,
}
GROUND = ("harness", "targets", "workloads", "models", "cells")  # what bodies and launchers are made of


def lies_before(part: str) -> list[str]:
    """The parts that lie before one."""
    return list(MAY)[: list(MAY).index(part)]


def allowed(part: str) -> set[str]:
    """What a part may import beside itself."""
    return set(lies_before(part)) if MAY[part] == ALL else set(MAY[part].split())


def part_of(path: Path) -> str:
    """The package, or the module, directly under bench that a file belongs to."""
    return path.relative_to(BENCH).parts[0].removesuffix(".py")


def parts() -> dict[str, list[Path]]:
    """Every part, read from the tree, and its files."""
    found: dict[str, list[Path]] = {}
    for path in sorted(BENCH.rglob("*.py")):
        if path != BENCH / "__init__.py":
            found.setdefault(part_of(path), []).append(path)
    return found


def imports(path: Path, *, types: bool) -> Iterator[str]:
    """Every module that a file imports; `types`: also what only the type checker reads."""

    def walk(node: ast.AST) -> Iterator[ast.AST]:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.If) and ast.unparse(child.test).endswith("TYPE_CHECKING") and not types:
                continue
            yield child
            yield from walk(child)

    for node in walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: this test cannot read relative imports"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@cache
def arrows(*, types: bool) -> dict[str, dict[str, list[str]]]:
    """Which part imports which other, and which of its files do."""
    found: dict[str, dict[str, list[str]]] = {}
    for part, files in parts().items():
        to = found.setdefault(part, {})
        for path in files:
            for name in imports(path, types=types):
                package, _, rest = name.partition(".")
                other = rest.split(".")[0]
                if package == "bench" and other not in {"", part, "__version__"}:  # which the package itself says
                    to.setdefault(other, []).append(str(path.relative_to(BENCH)))
    return found


def loops(graph: Mapping[str, Collection[str]]) -> set[frozenset[str]]:
    """The strongly connected components of more than one node."""

    def reached(start: str) -> set[str]:
        seen: set[str] = set()
        todo = [start]
        while todo:
            new = set(graph.get(todo.pop(), ())) - seen
            seen |= new
            todo += new
        return seen

    reach = {node: reached(node) for node in graph}
    alike = {node: frozenset({node} | {n for n in reach[node] if node in reach.get(n, ())}) for node in graph}
    return {component for component in alike.values() if len(component) > 1}


@pytest.mark.parametrize("part", sorted(parts()))
def test_a_part_imports_only_what_its_row_allows(part: str) -> None:
    assert part in MAY, "a new part needs a row in MAY"
    assert {other: files for other, files in arrows(types=False)[part].items() if other not in allowed(part)} == {}


@pytest.mark.parametrize("part", MAY)
def test_a_row_allows_only_what_lies_before_it(part: str) -> None:
    assert allowed(part) <= set(lies_before(part))


@pytest.mark.parametrize("part", GROUND)
def test_the_type_checker_too_looks_only_down_from_the_ground(part: str) -> None:
    assert {other: files for other, files in arrows(types=True)[part].items() if other not in allowed(part)} == {}


def test_no_parts_import_each_other_in_a_circle() -> None:
    found = arrows(types=False)
    assert {"harness", "targets", "workloads", "models", "cells", "store"} <= found["worker"].keys()  # they are read
    assert loops(found) == set()


def test_a_circle_would_be_found() -> None:
    assert loops({"a": {"b"}, "b": {"c"}, "c": {"a", "d"}, "d": {"e"}, "e": set()}) == {frozenset("abc")}
    assert loops({"a": {"b", "c"}, "b": {"c"}, "c": {"elsewhere"}}) == set()


def test_the_tables_and_the_files_agree() -> None:
    files = {path.stem for path in (BENCH / "workloads").glob("*.py")} - {"__init__"}
    assert {file_of(name) for name in WORKLOADS} == files
    launchers = {path.stem for path in (BENCH / "models").glob("*.py")} - {"__init__", "kernel", "model", "parcel"}
    assert set(MODELS.values()) == launchers
    targets = {path.stem for path in (BENCH / "targets").glob("*.py") if "\nTARGET = " in path.read_text()}
    assert set(TARGETS) == targets


@pytest.mark.parametrize("name", WORKLOADS)
def test_a_workload_says_what_it_is_and_which_body_awaits(name: str) -> None:
    """That it has all members, of the right types, the type checker says where it is made."""
    workload = load_workload(name)
    assert inspect.iscoroutinefunction(workload.coroutine)
    assert not inspect.iscoroutinefunction(workload.blocking)
    assert workload.about
    assert workload.shows
    assert list(workload.flows) == sorted(workload.flows)
    assert {*workload.needs} <= {field.name for field in fields(Primitives)}


def test_a_module_that_declares_no_workload_is_named() -> None:
    with pytest.raises(TypeError, match=r"bench\.words declares no workload: it must end with WORKLOAD = Workload"):
        declared(words)


def test_every_workload_with_a_body_for_trio_has_it_and_none_of_the_others() -> None:
    files = {path.stem for path in (BENCH / "workloads" / "with_trio").glob("*.py")} - {"__init__"}
    assert {file_of(name) for name in WITH_TRIO} == files
    assert {*WITH_TRIO, *TRIO_AS_IT_STANDS} <= set(WORKLOADS)
    for name in {*WORKLOADS} - {*WITH_TRIO, *TRIO_AS_IT_STANDS}:
        assert "there is no trio body for it" in cells.not_here(Cell(name, "trio", load_workload(name).flows[0]))


@pytest.mark.parametrize("name", sorted({*WITH_TRIO, *TRIO_AS_IT_STANDS}))
def test_what_trio_runs_of_asyncio_s_has_no_word_of_asyncio_s_in_it(name: str) -> None:
    workload, module = load_workload(name, "trio"), importlib.import_module(module_of(name, "trio"))
    own = f"bench.workloads.with_trio.{file_of(name)}"
    assert (workload.coroutine.__module__ != own) == (name in TRIO_AS_IT_STANDS)
    children = [module.grow_coroutine] if hasattr(module, "grow_coroutine") else []
    for function in (workload.coroutine, workload.open_coroutine, *children):
        if function.__module__ != own:
            assert "asyncio" not in inspect.getsource(function)


@pytest.mark.parametrize("name", MODELS)
def test_a_model_says_what_it_is(name: str) -> None:
    model = load_model(name)
    assert model.about
    assert model.kind in {"kernel", "user", "none", "native"}


@pytest.mark.parametrize("file", sorted(set(MODELS.values())))
def test_a_launcher_declares_the_models_that_the_table_expects_of_it(file: str) -> None:
    declared_here = importlib.import_module(f"bench.models.{file}").MODELS
    assert [*declared_here] == [name for name in MODELS if MODELS[name] == file]


@pytest.mark.parametrize("name", WORKLOADS)
def test_a_workload_s_parameters_are_known_and_those_of_others_refused(name: str) -> None:
    flows = load_workload(name).flows[0]
    every = cells.parameters(Cell(name, "thread", flows))
    assert {*cells.DEFAULTS, *load_workload(name).parameters, "ops"} == every.keys()
    with pytest.raises(UserError, match="has no parameter 'nonsense'"):
        cells.parameters(Cell(name, "thread", flows, (("nonsense", 1),)))


NOT_TIMED = ("bench.presets", "bench.report", "bench.analysis", "bench.campaign", "bench.commands")
HEAVY = ("numpy", "pandas", "matplotlib", "jinja2", "markupsafe", "httpx", "anyio", "psycopg")
CARRIED = """
import runpy, sys
sys.argv = ["cell", {cell!r}, "--verify"]
try:
    runpy.run_module("bench.worker.main", run_name="__main__")
except SystemExit as ended:
    assert not ended.code, ended.code
print(*sorted(sys.modules))
"""


@pytest.mark.parametrize(
    "cell",
    [
        "sleep/thread/2",
        "http_get/asyncio/2",
        "http_get/process_spawn/2",
        "sleep/uvloop/2",
        "sleep/gevent/2",
        "http_get/trio/2",
    ],
)
def test_the_timed_process_carries_nothing_that_it_does_not_need(cell: str) -> None:
    if load_model(cell.split("/")[1]).missing():
        pytest.skip("this model is not here")
    done = subprocess.run(
        [sys.executable, "-c", CARRIED.format(cell=cell)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    modules = done.stdout.splitlines()[-1].split()
    assert "bench.harness.flow" in modules
    assert [name for name in modules if name.startswith(NOT_TIMED)] == []
    carried = {name.split(".")[0] for name in modules}
    assert "pyperf" in carried
    assert [name for name in HEAVY if name in carried] == []
    for library in ("uvloop", "gevent", "trio"):
        assert (library in carried) == (library in cell)
