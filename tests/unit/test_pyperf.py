"""What a run exports for pyperf: values per op, under names that say which work an op is."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pyperf
import pytest

from bench.cells import benchmark_name
from bench.store import records
from bench.store.border import StoreError
from bench.store.manifest import RAW
from bench.store.records import Record
from bench.words import Cell, Value
from tests.support.records import make_record, write_record

NAME, FLOWS = "sleep/thread/100", 100
WITHOUT = "sleep/thread/100?ops=0"
ROUNDS = 8


def as_written(name: str, round_: int, ops: int, time_s: float) -> Record:
    """A record as a cell of today leaves it."""
    record = make_record(name, round_, 1, time_s, ops_per_flow=ops, ops_done=ops * FLOWS)
    more: dict[str, Value] = {"name": benchmark_name(record.cell), "cell": name, "inner_loops": max(1, FLOWS * ops)}
    return replace(record, metadata={**record.metadata, **more})


def stored(folder: Path, record: Record) -> Path:
    """Write a record into a folder of its own."""
    (folder / RAW).mkdir()
    return write_record(folder, record)


def run(folder: Path, ops: int, op_s: float) -> Path:
    """Write what a run exports: its flows do so many ops, and each takes so long in all of the flows together."""
    made = [as_written(NAME, n, ops, round(op_s * FLOWS * ops * (1 + n / 1000), 9)) for n in range(1, ROUNDS + 1)]
    made += [as_written(WITHOUT, n, 0, 0.002) for n in range(1, ROUNDS + 1)]
    path = folder / f"{ops}.json"
    records.write_results(path, made)
    return path


def said(*arguments: str) -> str:
    """What pyperf's own command says."""
    command = [sys.executable, "-m", "pyperf", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, stdin=subprocess.DEVNULL)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_name_says_what_an_op_is_where_an_earlier_version_meant_another_one() -> None:
    assert benchmark_name(Cell.parse(NAME)) == "sleep/thread/100?per=op&wait=drawn"
    assert benchmark_name(Cell.parse(f"{NAME}?wait=constant")) == "sleep/thread/100?per=op&wait=constant"
    assert benchmark_name(Cell.parse("handoff/thread/2")) == "handoff/thread/2?per=op"


def test_the_number_of_ops_is_in_a_name_only_where_the_user_has_asked_for_it() -> None:
    assert benchmark_name(Cell.parse(f"{NAME}?ops=7")) == "sleep/thread/100?ops=7&per=op&wait=drawn"


def test_the_value_of_a_cell_without_ops_is_its_whole_time() -> None:
    assert benchmark_name(Cell.parse("brigade/thread/10?ops=0")) == "brigade/thread/10?ops=0"


@pytest.mark.parametrize("time_ns", [1, 999_999_937, 123_456_789_012, 3_600_000_000_001])
@pytest.mark.parametrize("ops", [1, 7, 40])
def test_the_time_of_a_record_is_exactly_what_was_measured(tmp_path: Path, time_ns: int, ops: int) -> None:
    record = as_written(NAME, 1, ops, time_ns / 1e9)
    assert records.read(stored(tmp_path, record)).value_s == time_ns / 1e9


def test_an_older_record_has_its_time_as_its_value(tmp_path: Path) -> None:
    older = make_record(NAME, value_s=0.123456789123)
    found = records.read(stored(tmp_path, older))
    assert (found.value_s, found.cell.name) == (0.123456789123, NAME)


@pytest.mark.parametrize("ops", [0, -1, 2.5, "many", 10**13])
def test_a_record_that_was_divided_by_no_number_of_ops_is_refused(tmp_path: Path, ops: object) -> None:
    record = as_written(NAME, 1, 20, 0.25)
    path = stored(tmp_path, record)
    text = path.read_text()
    shown = f'"{ops}"' if isinstance(ops, str) else str(ops)
    path.write_text(text.replace('"inner_loops":2000', f'"inner_loops":{shown}'))
    assert path.read_text() != text
    with pytest.raises(StoreError, match="inner_loops"):
        records.read(path)


@pytest.mark.parametrize("cell", ["sleep/thread/10", "sleep/thread/100?pool=3", "sleep/thread"])
def test_a_record_whose_name_is_not_that_of_its_cell_is_refused(tmp_path: Path, cell: str) -> None:
    record = as_written(NAME, 1, 20, 0.25)
    with pytest.raises(StoreError, match="cell"):
        records.read(stored(tmp_path, replace(record, metadata={**record.metadata, "cell": cell})))


def test_pyperf_compares_runs_with_other_numbers_of_ops_by_the_op(tmp_path: Path) -> None:
    text = said("compare_to", str(run(tmp_path, 20, 100e-6)), str(run(tmp_path, 40, 150e-6)), "--table")
    assert re.search(rf"{re.escape(benchmark_name(Cell.parse(NAME)))}.*1\.50x slower", text), text


def test_pyperf_reads_times_by_the_op_as_well_as_whole_ones(tmp_path: Path) -> None:
    suite = pyperf.BenchmarkSuite.load(str(run(tmp_path, 20, 100e-6)))
    assert suite.get_benchmark(benchmark_name(Cell.parse(NAME))).median() == pytest.approx(100e-6, rel=0.01)
    assert suite.get_benchmark(WITHOUT).median() == 0.002


@pytest.mark.parametrize("command", ["check", "stats", "hist", "slowest", "dump", "show", "metadata"])
def test_pyperf_s_own_commands_read_what_a_run_exports(tmp_path: Path, command: str) -> None:
    text = said(command, str(run(tmp_path, 20, 100e-6)))
    assert NAME in text or command == "check"
