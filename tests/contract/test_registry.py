"""What the parts promise each other: who imports whom, what a workload and a launcher must have, what is carried along."""

from __future__ import annotations

import ast
import inspect
import keyword
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bench import cells
from bench.models import MODELS, Launcher, load_model
from bench.words import Cell, UserError
from bench.workloads import TRIO_AS_IT_STANDS, WITH_TRIO, WORKLOADS, Workload, file_of, load_workload

ROOT = Path(__file__).resolve().parents[2]
BENCH = ROOT / "bench"

# The part -> the parts that it must not import. Data goes one way: campaign, worker, store, analysis, report.
_TOP = ("bench.campaign", "bench.commands", "bench.report", "bench.presets", "bench.worker")
NEVER = {
    "workloads": ("bench.models", "bench.store", "bench.analysis", "bench.cells", *_TOP),
    "models": ("bench.workloads", "bench.store", "bench.analysis", "bench.cells", *_TOP),
    "harness": ("bench.models", "bench.store", "bench.analysis", "bench.cells", *_TOP),
    "worker": ("bench.campaign", "bench.analysis", "bench.report", "bench.presets"),
    "store": ("bench.harness", "bench.models", "bench.workloads", "bench.analysis", "bench.cells", *_TOP),
    "analysis": ("bench.harness", "bench.models", "bench.workloads", "bench.cells", *_TOP),
    "report": ("bench.campaign", "bench.harness", "bench.models", "bench.workloads", "bench.cells", "bench.presets"),
    "presets": ("bench.campaign", "bench.worker", "bench.store", "bench.analysis", "bench.report"),
    "campaign": ("bench.report", "bench.commands"),
    "commands": ("bench.worker",),
    "machine": ("bench.harness", "bench.models", "bench.workloads", "bench.store", *_TOP),
    "targets": ("bench.models", "bench.workloads", "bench.store", "bench.analysis", *_TOP),
}


def imports(path: Path) -> Iterator[str]:
    """Every module that a file imports when it runs; what only the type checker reads does not count."""

    def walk(node: ast.AST) -> Iterator[ast.AST]:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.If) and isinstance(child.test, ast.Name) and child.test.id == "TYPE_CHECKING":
                continue
            yield child
            yield from walk(child)

    for node in walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("part", sorted(NEVER))
def test_a_part_imports_only_what_lies_before_it(part: str) -> None:
    files = sorted((BENCH / part).rglob("*.py"))
    assert files
    wrong = [
        (path.name, name)
        for path in files
        for name in imports(path)
        if any(f"{name}.".startswith(f"{never}.") for never in NEVER[part])
    ]
    assert wrong == []


def test_every_part_has_its_rule() -> None:
    assert {path.parent.name for path in BENCH.glob("*/__init__.py")} == NEVER.keys()


def test_the_tables_and_the_files_agree() -> None:
    files = {path.stem for path in (BENCH / "workloads").glob("*.py")} - {"__init__", "plain"}
    assert {f"{name}_" if keyword.iskeyword(name) else name for name in WORKLOADS} == files
    launchers = {path.stem for path in (BENCH / "models").glob("*.py")} - {"__init__", "kernel", "parcel", "plain"}
    assert set(MODELS.values()) == launchers


def names_of(protocol: Any) -> dict[str, list[str] | None]:
    """What a protocol asks a module to have: a function's parameters, or None for a plain name."""
    functions = {
        name: list(inspect.signature(value).parameters)[1:]
        for name, value in vars(protocol).items()
        if inspect.isfunction(value) and not name.startswith("_")
    }
    return {**dict.fromkeys(protocol.__annotations__), **functions}


@pytest.mark.parametrize("name", WORKLOADS)
def test_a_workload_has_all_that_is_asked_of_it(name: str) -> None:
    workload = load_workload(name)
    for wanted, parameters in names_of(Workload).items():
        found = getattr(workload, wanted)
        if parameters is not None:
            assert list(inspect.signature(found).parameters) == parameters, wanted
    assert inspect.iscoroutinefunction(workload.coroutine)
    assert not inspect.iscoroutinefunction(workload.blocking)
    assert workload.ABOUT
    assert workload.SHOWS
    assert list(workload.FLOWS) == sorted(workload.FLOWS)


def test_every_workload_with_a_body_for_trio_has_it_and_none_of_the_others() -> None:
    files = {path.stem for path in (BENCH / "workloads" / "with_trio").glob("*.py")} - {"__init__"}
    assert {file_of(name) for name in WITH_TRIO} == files
    assert {*WITH_TRIO, *TRIO_AS_IT_STANDS} <= set(WORKLOADS)
    for name in {*WORKLOADS} - {*WITH_TRIO, *TRIO_AS_IT_STANDS}:
        assert "there is no trio body for it" in cells.not_here(Cell(name, "trio", load_workload(name).FLOWS[0]))


@pytest.mark.parametrize("name", sorted({*WITH_TRIO, *TRIO_AS_IT_STANDS}))
def test_what_trio_runs_of_asyncio_s_has_no_word_of_asyncio_s_in_it(name: str) -> None:
    workload = load_workload(name, "trio")
    own = f"bench.workloads.with_trio.{file_of(name)}"
    assert (workload.coroutine.__module__ != own) == (name in TRIO_AS_IT_STANDS)
    for function in (f for n, f in vars(workload).items() if n in {"coroutine", "open_coroutine", "grow_coroutine"}):
        if function.__module__ != own:
            assert "asyncio" not in inspect.getsource(function)


@pytest.mark.parametrize("name", MODELS)
def test_a_launcher_has_all_that_is_asked_of_it(name: str) -> None:
    launcher = load_model(name)
    for wanted, parameters in names_of(Launcher).items():
        found = getattr(launcher, wanted)
        if parameters is not None:
            assert list(inspect.signature(found).parameters) == parameters, wanted
    assert launcher.ABOUT[name]
    assert launcher.KIND in {"kernel", "user", "none", "native"}


@pytest.mark.parametrize("name", WORKLOADS)
def test_a_workload_s_parameters_are_known_and_those_of_others_refused(name: str) -> None:
    flows = load_workload(name).FLOWS[0]
    every = cells.parameters(Cell(name, "thread", flows))
    assert {*cells.DEFAULTS, *load_workload(name).PARAMETERS, "ops"} == every.keys()
    with pytest.raises(UserError, match="has no parameter 'nonsense'"):
        cells.parameters(Cell(name, "thread", flows, (("nonsense", 1),)))


HEAVY = ("numpy", "pandas", "matplotlib", "jinja2", "markupsafe", "httpx", "anyio", "psycopg")
CARRIED = """
import runpy, sys
sys.argv = ["cell", {cell!r}, "--verify"]
try:
    runpy.run_module("bench.worker.main", run_name="__main__")
except SystemExit as ended:
    assert not ended.code, ended.code
print(*sorted({{name.split(".")[0] for name in sys.modules}}))
"""


@pytest.mark.parametrize(
    "cell", ["sleep/thread/2", "http_get/asyncio/2", "sleep/uvloop/2", "sleep/gevent/2", "http_get/trio/2"]
)
def test_the_timed_process_carries_nothing_that_it_does_not_need(cell: str) -> None:
    if load_model(cell.split("/")[1]).missing(cell.split("/")[1]):
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
    carried = done.stdout.splitlines()[-1].split()
    assert "pyperf" in carried
    assert [name for name in HEAVY if name in carried] == []
    for library in ("uvloop", "gevent", "trio"):
        assert (library in carried) == (library in cell)
