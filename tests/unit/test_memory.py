"""The account of memory, what a flow's share of it is, and the page's table: all by hand, none with a duration."""

from __future__ import annotations

import math
import mmap
import os
from pathlib import Path
from typing import Any

import pytest

from bench import cells
from bench.analysis.frames import frame
from bench.analysis.memory import Parked, costs, slope
from bench.harness import memory
from bench.harness.memory import Account, Observer, account, between, descendants
from bench.report.figures import Run
from bench.report.text import BLANK
from bench.report.workloads.memory import memory_table, parked_text, per_flow
from bench.store.records import Record
from bench.words import Cell, Fault
from bench.workloads import park
from tests.support.records import make_record
from tests.support.runs import make_manifest

MEMINFO = "MemTotal: 24682416 kB\nMemFree: {free} kB\nSlab: {slab} kB\nKernelStack: {stacks} kB\nPageTables: 99 kB\n"
ZONEINFO = """Node 0, zone      DMA
  pages free     3840
        count_of_nothing 7
  pagesets
    cpu: 0
              count:    10
              high:     20
    cpu: 1
              count:    5
  vm stats threshold: 12
Node 0, zone   Normal
  pagesets
    cpu: 0
              count:    85
"""
ROLLUP = "55d6066ad000-7ffdd31dd000 ---p 00000000 00:00 0    [rollup]\nRss: {rss} kB\nPss: {pss} kB\nPss_Dirty: 1 kB\n"
PAGE = memory.PAGE_BYTES


def process(root: Path, pid: int, parent: int, sizes: tuple[int, int, int]) -> None:
    """One process of a fake /proc with a hard name; its PSS, RSS and page tables in kB."""
    pss, rss, tables = sizes
    folder = root / "proc" / str(pid)
    folder.mkdir(parents=True)
    (folder / "stat").write_text(f"{pid} (a) b) S {parent} 1 1 0\n")
    (folder / "smaps_rollup").write_text(ROLLUP.format(pss=pss, rss=rss))
    (folder / "status").write_text(f"Name:\ta) b\nVmRSS:\t{rss} kB\nVmPTE:\t{tables} kB\n")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A machine: 10 is a cell with the flows 11 and 12, its observer 20, and its server 30 with a child 31."""
    process(tmp_path, 1, 0, (1000, 1000, 1000))
    process(tmp_path, 10, 1, (100, 200, 40))
    process(tmp_path, 11, 10, (10, 150, 30))
    process(tmp_path, 12, 11, (1, 150, 20))
    process(tmp_path, 20, 10, (500, 500, 500))
    process(tmp_path, 30, 10, (500, 500, 500))
    process(tmp_path, 31, 30, (500, 500, 500))
    (tmp_path / "proc/self").mkdir()
    (tmp_path / "proc/self/mounts").write_text("proc /proc proc rw 0 0\n")
    (tmp_path / "proc/meminfo").write_text(MEMINFO.format(free=5000, slab=700, stacks=160))
    (tmp_path / "proc/zoneinfo").write_text(ZONEINFO)
    return tmp_path


def with_cgroup(root: Path, line: str, stat: str) -> None:
    """Put process 10 in a cgroup."""
    (root / "proc/10/cgroup").write_text(line)
    (root / "proc/self/mounts").write_text("cgroup2 /sys/fs/cgroup cgroup2 rw,nosuid 0 0\n")
    (root / "sys/fs/cgroup/user/cell").mkdir(parents=True)
    (root / "sys/fs/cgroup/user/cell/memory.stat").write_text(stat)


def test_the_account_is_of_the_cell_s_processes_and_the_whole_system_s_kernel(root: Path) -> None:
    assert sorted(descendants(10, {20, 30}, root)) == [10, 11, 12]
    found = account(10, {20, 30}, root)
    assert found == Account(
        pss=111 * 1024,
        pagetables=90 * 1024,
        kernel_stacks=160 * 1024,
        slab=700 * 1024,
        rss=500 * 1024,
        free=5000 * 1024 + 100 * PAGE,
        cgroup=None,
    )
    assert found.total == (111 + 90 + 160 + 700) * 1024


def test_a_process_that_was_there_and_is_gone_is_no_descendant(root: Path) -> None:
    (root / "proc/12/stat").unlink()
    assert sorted(descendants(10, {20, 30}, root)) == [10, 11]


def test_a_cgroup_is_charged_for_pages_and_the_kernel_s_part_but_not_for_cached_files(root: Path) -> None:
    with_cgroup(root, "4:memory:/old\n0::/user/cell\n", "anon 1000\nfile 5000\nkernel 200\nshmem 30\nslab 100\n")
    assert account(10, {20, 30}, root).cgroup == 1230


@pytest.mark.parametrize(
    ("line", "stat"),
    [
        ("4:memory:/user/cell\n", "anon 1\nkernel 1\nshmem 1\n"),  # version 1 only
        ("0::/user/cell\n", "anon 1\nshmem 1\n"),  # a kernel before 5.18 does not add its part up
        ("0::/elsewhere\n", ""),
    ],
)
def test_where_the_kernel_has_no_cgroup_figure_there_is_none(root: Path, line: str, stat: str) -> None:
    with_cgroup(root, line, stat)
    assert account(10, (), root).cgroup is None


def test_accounts_are_subtracted_part_by_part_and_what_is_no_longer_free_was_lost() -> None:
    before = Account(100, 10, 16, 50, 300, 9000, 70)
    parked = Account(150, 12, 48, 55, 900, 8900, 170)
    assert (parked - before).figures() == {
        "mem_pss_bytes": 50,
        "mem_pagetables_bytes": 2,
        "mem_kernel_stacks_bytes": 32,
        "mem_slab_bytes": 5,
        "mem_total_bytes": 89,
        "mem_rss_bytes": 600,
        "mem_free_lost_bytes": 100,
        "mem_cgroup_bytes": 100,
    }
    assert "mem_cgroup_bytes" not in (parked - Account(1, 1, 1, 1, 1, 1)).figures()
    assert between([before, parked]) == parked - before


@pytest.mark.parametrize("read", [[], [Account(1, 1, 1, 1, 1, 1)], [None, Account(1, 1, 1, 1, 1, 1)]])
def test_an_account_with_one_side_missing_voids_the_cell(read: list[Account | None]) -> None:
    with pytest.raises(Fault, match="observer of memory"):
        between(read)


def test_the_observer_sees_what_this_process_takes_and_ends_with_its_last_question() -> None:
    with Observer() as observer:
        before = observer.read()
        taken = mmap.mmap(-1, 16 << 20)  # not of the heap, which may have room from before
        taken.write(os.urandom(1 << 20) * 16)
        grown = between([before, observer.read()])
        pid = observer._process.pid
        assert grown.pss >= 0.9 * len(taken)
        assert os.path.exists(f"/proc/{pid}")  # noqa: PTH110
    assert not os.path.exists(f"/proc/{pid}")  # noqa: PTH110


def test_an_observer_that_was_killed_answers_nothing() -> None:
    with Observer() as observer:
        observer._process.kill()
        observer._process.wait()
        assert observer.read() is None


def test_the_slope_is_that_of_least_squares_by_hand() -> None:
    # x - mean: -1.5 -0.5 0.5 1.5, sum of squares 5; x'y: -1.5*1 - 0.5*3 + 0.5*4 + 1.5*6 = 8; slope 1.6.
    # Fitted 1.1 2.7 4.3 5.9, rest -0.1 0.3 -0.3 0.1, squares 0.2; 2 degrees of freedom: sqrt(0.1 / 5) * 4.3027.
    found = slope([1, 2, 3, 4], [1, 3, 4, 6], rounds=3)
    assert found is not None
    assert found.value == pytest.approx(1.6)
    assert found.high - found.value == pytest.approx(4.3027 * math.sqrt(0.02), rel=1e-4)
    assert found.value - found.low == pytest.approx(found.high - found.value)
    assert found.rounds == 3


def test_what_is_there_once_is_no_part_of_the_slope() -> None:
    found = slope([100, 500, 1000, 2000] * 2, [1e6 + 45e3 * n for n in (100, 500, 1000, 2000)] * 2, rounds=2)
    assert found is not None
    assert found.value == pytest.approx(45e3)
    assert found.half_width < 1e-6


def test_fewer_than_four_numbers_of_flows_are_no_line() -> None:
    assert slope([1, 2, 3, 3, 2, 1], [1, 2, 3, 3, 2, 1], rounds=2) is None


PARTS = {"pss": 16_700, "pagetables": 4_100, "kernel_stacks": 16_384, "slab": 7_500, "rss": 16_700, "free_lost": 45_000}


def parked_records(model: str, suffix: str = "", times: int = 1, **parameters: int | str) -> list[Record]:
    """Two rounds at four numbers of flows, each flow taking `times` what a thread does, and 1 MB for all."""
    found = []
    for round_ in (1, 2):
        for n in (100, 200, 300, 400):
            parts: dict[str, Any] = {f"mem_{part}_bytes": 10**6 + times * size * n for part, size in PARTS.items()}
            total = sum(parts[f"mem_{part}_bytes"] for part in ("pss", "pagetables", "kernel_stacks", "slab"))
            kept: dict[str, Any] = {"seat": "none", "stack_kib": 0, "freeze": 0, **parameters}
            found.append(make_record(f"park/{model}/{n}{suffix}", round_, mem_total_bytes=total, **parts, **kept))
    return found


def run_of(records: list[Record]) -> Run:
    return Run(make_manifest(records), records)


def test_every_model_and_parameter_set_has_its_own_slopes() -> None:
    records = [*parked_records("thread"), *parked_records("thread", "?stack_kib=64", 2, stack_kib=64)]
    bare, deep = costs(frame([*records, make_record("sleep/thread/100")]))
    assert (bare.model, bare.parked, deep.parked) == ("thread", Parked(), Parked(stack_kib=64))
    assert {part: round(estimate.value) for part, estimate in bare.bytes.items()} == {**PARTS, "total": 44_684}
    assert deep.bytes["total"].value == pytest.approx(2 * 44_684)
    assert costs(frame([make_record("sleep/thread/100")])) == []
    assert costs(frame([])) == []


def test_the_table_has_a_row_per_model_and_per_what_is_parked_bare_flows_first() -> None:
    frozen = parked_records("process", "?freeze=1", 40, freeze=1)
    run = run_of([*frozen, *parked_records("process", times=40), *parked_records("thread")])
    (table,) = memory_table(run, "park")
    assert table is not None
    assert [row[:2] for row in table.rows] == [
        ("thread", "bare"),
        ("process", "bare"),
        ("process", "gc.freeze() before fork"),
    ]
    assert table.rows[0][3:8] == ("16.7", "4.10", "16.4", "7.50", "16.7")
    assert [row[2].split(" (")[0] for row in table.rows] == ["44.7", "1,790", "1,790"]
    assert [row[8].split(" (")[0] for row in table.rows] == ["45.0", "1,800", "1,800"]
    assert {len(row) for row in table.rows} == {len(table.head)}
    assert "whole system" in table.note


def test_there_is_no_table_for_another_workload_or_where_too_little_was_measured() -> None:
    records = parked_records("thread")
    assert memory_table(run_of(records), "sleep") == ()
    assert memory_table(run_of([r for r in records if r.cell.flows < 400]), "park") == ()
    assert memory_table(run_of([]), "park") == ()


def test_a_part_that_no_flow_has_is_0_and_one_that_was_not_read_is_blank() -> None:
    records = parked_records("asyncio")
    for record in records:
        record.metadata["mem_kernel_stacks_bytes"] = 0  # type: ignore[index]
        del record.metadata["mem_slab_bytes"]  # type: ignore[attr-defined]
    (table,) = memory_table(run_of(records), "park")
    assert table is not None
    assert table.rows[0][5:7] == ("0", BLANK)


def test_the_card_has_what_a_bare_flow_costs() -> None:
    run = run_of([*parked_records("thread"), *parked_records("process", "?freeze=1", freeze=1)])
    found = per_flow(run, "park", "thread")
    assert found is not None
    assert found.value == pytest.approx(44_684)
    assert per_flow(run, "park", "process") is None
    assert per_flow(run, "park", "asyncio") is None


@pytest.mark.parametrize(
    ("parked", "words"),
    [
        (Parked(), "bare"),
        (Parked(64), "64 KiB of stack touched"),
        (Parked(64, "http"), "64 KiB of stack touched, an open connection"),
        (Parked(0, "<b>"), "seat <b>"),
    ],
)
def test_what_is_parked_is_said_in_words(parked: Parked, words: str) -> None:
    assert parked_text(parked) == words


def test_a_thread_s_stack_grows_as_far_as_it_is_told_to() -> None:
    assert park.nest(13) == 13
    assert park.nest(0) == 0
    assert 256 < park.bytes_per_call() < 65536


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        ("park/thread/100?seat=http&stack_kib=64", ""),
        ("park/process/100?freeze=1", ""),
        ("park/thread/100?freeze=1", "forked"),
        ("park/sequential/100", "one after the other"),
        ("park/asyncio/100?seat=sofa", "seat is"),
    ],
)
def test_what_cannot_be_parked_is_said(cell: str, reason: str) -> None:
    wanted = Cell.parse(cell)
    said = cells.not_here(wanted)
    assert said == reason if not reason else reason in said
