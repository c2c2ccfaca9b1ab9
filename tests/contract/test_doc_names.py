"""What the pages at the top and in docs name in backticks or link to is there: files and folders, modules, functions, fields."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from bench.harness.flow import Flow, Order
from bench.words import Cell, UserError
from bench.worker.launch import Job
from bench.workloads import WORKLOADS

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted(str(page.relative_to(ROOT)) for page in (*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")))

FOLDERS = ("bench", "docs", "scripts", "tests")
SUFFIXES = ("py", "md", "c", "h", "json", "html", "css", "js", "csv", "txt", "toml", "lock")
PATH = re.compile(r"(?:[\w.-]+/)*(?:[\w.-]+/|[\w.-]+\.(?:" + "|".join(SUFFIXES) + r"))|(?:[\w.-]+/)+[\w.-]+")
NAME = re.compile(r"([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+)(?:\(.*\))?")

# What only a run makes, below a run's folder or in the checkout.
MADE = {
    ".cache/bytecode",
    ".cache/native/",
    "reports/selftest/",
    "reports/runs/",
    "raw/",
    "run.json",
    "results.json",
    "report.json",
}
# What the reader writes: tests/contract/test_docs.py and test_add_a_target.py do.
WRITTEN = {"bench/models/hub.py", "bench/workloads/nap.py", "bench/targets/delay.py", "bench/workloads/delayed.py"}
# What looks like `module.name` and is something else: files of cgroups, settings of the kernel, a generator's method, what a
# workload's `prepare` makes, a workload that the reader writes, what the name of a cell is made of.
OTHER = {
    *("cpu.stat", "memory.stat", "pids.max", "vm.max_map_count", "kernel.pid_max"),
    *("generator.send", "greenlet.switch", "shared.counter", "nap.WORKLOAD", "workload/model/flows"),
}
OBJECTS: Mapping[str, type] = {"flow": Flow, "Flow": Flow, "order": Order, "job": Job}
# Libraries and modules that need not be here: what is said of them is checked where they are.
OPTIONAL = ("gevent", "greenlet", "trio", "uvloop", "psycopg", "httpx", "concurrent.interpreters")


@cache
def tree() -> frozenset[str]:
    """Every file of code, docs and tests, and every folder, with a slash behind it."""
    found = [path for folder in FOLDERS for path in (ROOT / folder).rglob("*") if "__pycache__" not in path.parts]
    return frozenset(str(path.relative_to(ROOT)) + "/" * path.is_dir() for path in found)


def is_there(path: str) -> bool:
    """Is it in the checkout? What does not begin at the top may be the end of a path, such as `flow.py` or `parts/card.py`."""
    first, slash, _ = path.partition("/")
    if slash and (ROOT / first).exists():
        return (ROOT / path).exists()
    return (ROOT / path).exists() or any(f"/{known}".endswith((f"/{path}", f"/{path}/")) for known in tree())


def is_cell(text: str) -> bool:
    """Is it the name of a cell?"""
    try:
        return Cell.parse(text).workload in WORKLOADS
    except UserError:
        return False


def has(thing: Any, names: list[str]) -> bool:
    """Has a thing an attribute of the first name, that one of the next, and so on? Of a class, fields without a default count."""
    for name in names:
        if isinstance(thing, type) and any(name in vars(base).get("__annotations__", ()) for base in thing.__mro__):
            return True
        if not hasattr(thing, name):
            return False
        thing = getattr(thing, name)
    return True


def imported(name: str) -> bool:
    """Is it a module, or an attribute of one?"""
    parts = name.split(".")
    for count in range(len(parts), 0, -1):
        try:
            module = importlib.import_module(".".join(parts[:count]))
        except ImportError:
            continue
        return has(module, parts[count:])
    return False


def is_named(name: str) -> bool:
    """Is there a module, function, class or field of this name, in the suite or in a library?"""
    first, *rest = name.split(".")
    if first in OBJECTS and has(OBJECTS[first], rest):
        return True
    files = [Path(path) for path in tree() if path.startswith("bench/") and path.endswith(f"/{first}.py")]
    if any(imported(".".join((*file.with_suffix("").parts, *rest))) for file in files):
        return True
    for library in OPTIONAL:
        if name == library or name.startswith(f"{library}."):
            parent = library.partition(".")[0]
            if find_spec(parent) is None or (parent != library and find_spec(library) is None):
                return True
    return imported(name)


def words(page: str) -> Iterator[str]:
    """What stands in backticks, outside of fenced text: the whole, and where it is a command, the words that are the suite's."""
    text = re.sub(r"^```.*?^```$", "", (ROOT / page).read_text(), flags=re.MULTILINE | re.DOTALL)
    for quoted in re.findall(r"`([^`\n]+)`", text):
        yield quoted
        if " " in quoted:
            yield from (word for word in quoted.split() if re.match(r"(bench|scripts|tests|docs)[./]", word))


def missing(page: str) -> set[str]:
    """The paths and names on a page that are not there."""
    lost = set()
    for word in words(page):
        if word in MADE | WRITTEN | OTHER or is_cell(word):
            continue
        name = NAME.fullmatch(word)
        if PATH.fullmatch(word) and not is_there(word):
            lost.add(word)
        if name and not PATH.fullmatch(word) and name[1] not in OTHER and not is_named(name[1]):
            lost.add(word)
    return lost


@pytest.mark.parametrize("page", PAGES)
def test_every_path_and_name_in_backticks_is_there(page: str) -> None:
    assert missing(page) == set()


@pytest.mark.parametrize("page", PAGES)
def test_every_link_leads_to_a_file(page: str) -> None:
    links = re.findall(r"\]\(([^)#]+)\)", (ROOT / page).read_text())
    local = [link for link in links if "://" not in link]
    assert [link for link in local if not ((ROOT / page).parent / link).exists()] == []


@pytest.mark.parametrize("name", ["bench/harness/none.py", "none.py", "nowhere/", "bench/none"])
def test_a_path_that_is_not_there_is_found_out(name: str) -> None:
    assert PATH.fullmatch(name)
    assert not is_there(name)


@pytest.mark.parametrize("name", ["bench.harness.none", "kernel.none", "flow.none", "order.none", "gc.none"])
def test_a_name_that_is_not_there_is_found_out(name: str) -> None:
    assert NAME.fullmatch(name)
    assert not is_named(name)
