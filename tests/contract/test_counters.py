"""What is counted is true: flows use known amounts, and the record says so. A line that reads a counter, broken, is seen.

Strategy: in a copy of the suite the flows of `provoke.py` use known amounts of all that processes are asked for. The amounts are
known from outside: so many pages mapped and written, so many sleeps, so many seconds on the thread's own clock. Where
nobody else counts in the same place the range is narrow; a switch more or less the kernel may always make.
"""

from __future__ import annotations

import mmap
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from bench.cells import not_here
from bench.figures import COUNTED
from bench.store import records
from bench.words import Cell, Value
from tests.contract import provoke
from tests.contract.test_docs import add_line
from tests.contract.test_ledger import ROOT
from tests.contract.test_ledger import copy as copy  # noqa: PLC0414 - a fixture

FLOWS = 2
CPU_S = FLOWS * (2 * provoke.BURN_S + provoke.READ_S)  # a flow burns, and so does its child
UNDER_WAY_S = FLOWS * provoke.COLLECTIONS * (provoke.COLLECTION_S + provoke.COLLECTION_CPU_S)
# Figure -> the least and the most that a cell of two processes can have used of it.
USED: Mapping[str, tuple[float, float]] = {
    "cpu_s": (CPU_S, 1.8 * CPU_S),
    "children_cpu_s": (FLOWS * provoke.BURN_S, 1.8 * FLOWS * provoke.BURN_S),
    "cpu_user_s": (0.7 * FLOWS * 2 * provoke.BURN_S, 1.5 * CPU_S),
    "cpu_system_s": (0.6 * FLOWS * provoke.READ_S, 1.2 * CPU_S),
    "switches_voluntary": (FLOWS * provoke.SLEEPS, FLOWS * (provoke.SLEEPS + provoke.FETCHED) * 1.5),
    "switches_involuntary": (FLOWS * provoke.YIELDS / 4, FLOWS * provoke.YIELDS * 1.5),
    "page_faults": (
        FLOWS * (2 * provoke.PAGES + provoke.FETCHED),
        1.5 * FLOWS * (2 * provoke.PAGES + provoke.FETCHED),
    ),
    "gc_collections": (FLOWS * provoke.COLLECTIONS, FLOWS * provoke.COLLECTIONS),
    "gc_s": (UNDER_WAY_S, CPU_S),
    "gc_cpu_s": (FLOWS * provoke.COLLECTIONS * provoke.COLLECTION_CPU_S, UNDER_WAY_S),  # the sleep is no part of it
}
READS, BLOCK = 8, 4096
COPY_S = 60


@pytest.fixture
def provoked(copy: Path) -> Path:
    """A copy of the suite that has the workload, and a file for each flow to fetch."""
    shutil.copy(provoke.__file__, copy / "bench/workloads/provoke.py")
    add_line(copy / "bench/workloads/__init__.py", r"WORKLOADS = \(", '"provoke",')
    for flow in range(FLOWS):
        (copy / f"pages.{flow}").write_bytes(bytes(provoke.FETCHED * mmap.PAGESIZE))
    os.sync()  # a page that is not on the disk yet stays in the cache
    return copy


def run(copy: Path, *command: str) -> subprocess.CompletedProcess[str]:
    """Run Python in the copy."""
    return subprocess.run(
        [sys.executable, *command],
        cwd=copy,
        capture_output=True,
        text=True,
        timeout=COPY_S,
        check=False,
        stdin=subprocess.DEVNULL,
    )


def measured(copy: Path, cell: str) -> Mapping[str, Value]:
    """What the record of one cell of the copy says; a void one says why."""
    done = run(copy, "-m", "bench.worker.main", cell, "--record", "record.json")
    assert done.returncode == 0, done.stdout + done.stderr
    return records.read(copy / "record.json").metadata


def wrong(found: Mapping[str, Value]) -> dict[str, Value]:
    """The figures that cannot be true of flows that used what these did."""
    return {
        figure: found.get(figure, "nothing")
        for figure, (least, most) in USED.items()
        if figure not in found or not least <= float(found[figure]) <= most
    }


def test_every_counter_is_asked_about() -> None:
    assert {name for name, _ in COUNTED} == {*USED, "read_bytes"}


def test_what_processes_and_their_children_used_is_what_the_record_says(provoked: Path) -> None:
    assert wrong(measured(provoked, f"provoke/process/{FLOWS}?ops=1")) == {}


@pytest.mark.parametrize("model", ["thread", "asyncio"])
def test_what_is_done_between_the_last_stamp_and_the_reading_is_known_and_breaks_no_law(model: str, copy: Path) -> None:
    """The last flow to arrive burns CPU before the clock is read: more than the work takes."""
    path = copy / f"bench/models/{'kernel' if model == 'thread' else 'asyncio_'}.py"
    before, found, after = path.read_text().partition("            if self._on_full is not None:\n")
    assert found
    burn = "            import time\n            until = time.thread_time() + 0.3\n            while time.thread_time() < until:\n                pass\n"
    path.write_text(before + burn + found + after)
    said = measured(copy, f"sleep/{model}/2?ops=4")
    assert float(said["cpu_s"]) >= 0.3
    assert float(said["read_late_s"]) >= 0.3


needs_a_disk = pytest.mark.skipif(
    bool(not_here(Cell("file_read", "process", FLOWS))), reason=not_here(Cell("file_read", "process", FLOWS))
)


def read_cell() -> str:
    """A cell whose flows read so many blocks past the page cache, each."""
    return f"file_read/process/{FLOWS}?ops={READS}"


@needs_a_disk
def test_what_processes_read_past_the_page_cache_is_what_the_record_says(copy: Path) -> None:
    assert measured(copy, read_cell())["read_bytes"] == FLOWS * READS * BLOCK


def lines_of(copy: Path) -> dict[str, tuple[Path, str, str]]:
    """Of each counter: the file, the line that reads it, and what is read."""
    path = copy / "bench/harness/meters.py"
    found = {}
    for line, name, reading in re.findall(r'^(    "(\w+)": (.+),\n)', path.read_text(), re.MULTILINE):
        found[name] = (path, line, reading)
    assert set(found) == {counter.name for _, counter in COUNTED}
    return found


# Not cpu_s: processes read their own clock (bench.harness.meters.used), and the line is for children, which have a figure.
@pytest.mark.parametrize("figure", [figure for figure in USED if figure != "cpu_s"])
def test_a_counter_that_is_read_wrongly_is_a_figure_that_cannot_be_true(figure: str, provoked: Path) -> None:
    name = dict(COUNTED)[figure].name
    path, line, reading = lines_of(provoked)[name]
    path.write_text(path.read_text().replace(line, line.replace(f": {reading},", ": lambda _: 0,")))
    assert figure in wrong(measured(provoked, f"provoke/process/{FLOWS}?ops=1"))


@needs_a_disk
def test_bytes_that_are_read_wrongly_void_the_cell(copy: Path) -> None:
    path, line, reading = lines_of(copy)["read_bytes"]
    path.write_text(path.read_text().replace(line, line.replace(reading, "lambda: 0")))
    done = run(copy, "-m", "bench.worker.main", read_cell(), "--record", "record.json")
    assert (done.returncode, "kernel" in done.stdout) == (1, True), done.stdout


@pytest.mark.parametrize("figure", [name for name, _ in COUNTED])
def test_a_counter_that_nobody_reads_stops_every_cell(figure: str, copy: Path) -> None:
    name = dict(COUNTED)[figure].name
    path, line, _ = lines_of(copy)[name]
    path.write_text(path.read_text().replace(line, ""))
    done = run(copy, "-c", "import bench.worker.launch")
    assert done.returncode == 1
    assert done.stderr.endswith(f"do not have the same counters: {{{name!r}}}\n")


# The row and the reading line of a new counter, as whoever adds it writes them.
ROW = """
    Figure(
        "major_faults", "", "counted", "page faults that a disk had to serve", least=0,
        counter=Counter("major_faults"), per_op="major_faults_per_op", column=Column("costs", "major faults per op"),
    ),"""
READING = '"major_faults": lambda usage: usage.ru_majflt,'
SHOW = """
import sys
from dataclasses import asdict
from pathlib import Path
from bench.analysis.frames import frame
from bench.report.figures import Run
from bench.report.tables import figures_table
from bench.store import records
from tests.support.runs import make_manifest
record = records.read(Path("record.json"))
assert frame([record])["major_faults"].tolist() == [record.metadata["major_faults"]]
table = figures_table(Run(make_manifest([record]), [record]), "provoke")
print(dict(zip(table.head, table.rows[0]))["major faults per op"])
"""


@pytest.mark.parametrize("model", ["thread", "process"])
def test_a_new_counter_is_a_row_and_the_line_that_reads_it(model: str, provoked: Path) -> None:
    """The flows touch so many pages of files that are not in the page cache, each page once, and nobody reads ahead: so many
    times the disk has to serve a fault. getrusage says the same of one who does so here, which is the outside source.
    """
    if provoke.fetch(provoked / "pages.0", provoke.FETCHED) != provoke.FETCHED:
        pytest.skip("the file system here gives its pages without a fault that a disk must serve")
    add_line(provoked / "bench/figures.py", r"\nCOSTS = \(", ROW)
    add_line(provoked / "bench/harness/meters.py", r"KERNEL: .*", READING)
    found = measured(provoked, f"provoke/{model}/{FLOWS}?ops=1")
    expected = FLOWS * provoke.FETCHED
    assert expected <= float(found["major_faults"]) <= 1.05 * expected
    shutil.copytree(ROOT / "tests/support", provoked / "tests/support")
    shown = run(provoked, "-c", SHOW)
    assert shown.returncode == 0, shown.stderr
    assert float(shown.stdout) == pytest.approx(float(found["major_faults"]) / FLOWS, rel=0.005)  # three digits
    for folder in ("docs", "scripts"):
        shutil.copytree(ROOT / folder, provoked / folder)
    assert run(provoked, "scripts/figures.py", "--write").returncode == 0
    assert "| `major_faults_per_op` |" in (provoked / "docs/design.md").read_text()
    assert "page faults that a disk had to serve" in (provoked / "docs/design.md").read_text()
