"""The program that reads CPU clocks from another core: what it writes down, and that it ends."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from bench.harness.flow import Field
from bench.harness.watch import Watch
from tests.support.boards import make_flows


def burn(seconds: float) -> None:
    until = time.process_time() + seconds
    while time.process_time() < until:
        pass


def gone(pid: int) -> bool:
    return not Path(f"/proc/{pid}").exists()


@pytest.mark.parametrize("cores", [[*os.sched_getaffinity(0)], []], ids=["another core", "no other core"])
def test_it_reads_the_clocks_of_this_process_and_of_flows_processes_from_the_gate_on(cores: list[int]) -> None:
    flows = make_flows(2, 3)
    child = os.fork()
    if child == 0:
        time.sleep(60)
        os._exit(0)
    try:
        flows[1][Field.PID] = child
        with Watch(flows, min(os.sched_getaffinity(0)), cores) as watch:
            watch.wait_ready()
            time.sleep(0.02)
            assert watch.readings() == []  # the gate is closed
            flows[0].gate[0] = began = time.monotonic_ns()
            before = time.process_time_ns()
            while len(watch.readings()) < 6:
                burn(0.02)
            watch.stop()
            after = time.process_time_ns()
        readings = watch.readings()
        mine = [(at, value) for process, (_, at, value) in readings if process == os.getpid()]
        assert {process for process, _ in readings} == {os.getpid(), child}
        assert len([1 for process, _ in readings if process == child]) == 1  # it stands still: no fresh reading
        assert all(since < at for _, (since, at, _) in readings)
        assert began < mine[0][0]
        assert [*mine] == sorted({*mine})
        assert len({value for _, value in mine}) == len(mine)
        assert mine[-1][1] <= after
        assert mine[-1][1] >= before - 10_000_000  # not further behind than a tick of the kernel's clock
        assert gone(watch.process)
    finally:
        os.kill(child, 9)
        os.waitpid(child, 0)


def test_it_ends_where_nobody_opens_the_gate_any_more() -> None:
    with Watch(make_flows(1, 1), 0, [*os.sched_getaffinity(0)]) as watch:
        watch.wait_ready()
        watch.stop()
        assert os.waitpid(watch.process, 0)[1] == 0
    assert watch.readings() == []


def test_a_watcher_that_cannot_start_is_waited_for_by_nobody(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("bench.harness.watch.PROGRAM", tmp_path / "nothing.py")
    with Watch(make_flows(1, 1), 0, [*os.sched_getaffinity(0)]) as watch:
        watch.wait_ready()
    assert watch.readings() == []


def test_it_ends_where_its_parent_was_gone_before_it_could_ask_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "getpid", lambda: 2**22 + 1)  # a number that no process has (man 5 proc, pid_max)
    with Watch(make_flows(1, 1), 0, [*os.sched_getaffinity(0)]) as watch:
        watch.wait_ready()
        assert os.waitpid(watch.process, 0)[1] == 0
