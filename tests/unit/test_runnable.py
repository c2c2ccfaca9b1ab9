"""What a cell needs of the machine is known before it starts, and what cannot fit is said with the limit."""

from __future__ import annotations

import resource
from typing import Any

import pytest

from bench.campaign import runnable
from bench.campaign.runnable import INTERPRETER_BYTES, memory_bytes, reason_not_to_run
from bench.machine import limits
from bench.targets.disk_file import FILE_BYTES
from bench.words import Cell


@pytest.fixture
def needs(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What each cell that is asked about needs, on a machine that has everything."""
    asked: list[dict[str, Any]] = []
    monkeypatch.setattr(limits, "shortage", lambda **needed: asked.append(needed))
    return asked


def test_each_process_needs_memory_and_only_threads_need_address_space(needs: list[dict[str, Any]]) -> None:
    for model in ("process", "thread", "asyncio"):
        assert reason_not_to_run(Cell("sleep", model, 1000)) == ""
    processes, threads, tasks = needs
    assert processes["memory"] == INTERPRETER_BYTES + 1000 * 2_500_000
    assert processes["memory"] > threads["memory"] > tasks["memory"] > INTERPRETER_BYTES
    assert processes["address"] == tasks["address"] == limits.address_bytes(1)
    assert threads["address"] == limits.address_bytes(1001)


def test_a_pool_needs_memory_for_its_workers_and_not_for_all_flows() -> None:
    few = Cell("sleep", "process_pool", 1000, (("pool", 10),))
    assert memory_bytes(few) == INTERPRETER_BYTES + 10 * 2_500_000


def test_only_cells_that_read_the_disk_need_its_file(needs: list[dict[str, Any]]) -> None:
    reason_not_to_run(Cell("file_read", "thread", 10))
    reason_not_to_run(Cell("sleep", "thread", 10))
    assert [needed["file_bytes"] for needed in needs] == [FILE_BYTES, 0]


def test_a_cell_that_would_not_fit_is_listed_with_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    real = resource.getrlimit
    low = {resource.RLIMIT_FSIZE: 2**20 * 64}
    monkeypatch.setattr(resource, "getrlimit", lambda which: (low[which],) * 2 if which in low else real(which))
    assert reason_not_to_run(Cell("file_read", "thread", 2)) == "RLIMIT_FSIZE is 64 MiB, this cell needs 128 MiB"
    assert reason_not_to_run(Cell("sleep", "thread", 2)) == ""
    assert runnable.reason_not_to_run(Cell("sleep", "process", 30_000)) != ""
