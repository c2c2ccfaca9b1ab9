"""What the kernel and the interpreter count, from trees that stand in for theirs; and the arithmetic of it."""

from __future__ import annotations

import gc
import os
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from bench.figures import COUNTERS
from bench.harness import meters
from bench.harness.meters import TICKS_PER_S, GarbageMeter, Used, core, kernel_tasks
from bench.models.process import Child

ONE = Used(**{name: 1 + place for place, name in enumerate(COUNTERS)})
TEN = Used(**{name: 10 * count for name, count in ONE.items()})


@pytest.fixture
def garbage() -> Iterator[GarbageMeter]:
    """A meter that nothing but the test makes count."""
    gc.disable()
    meter = GarbageMeter()
    yield meter
    if meter._note in gc.callbacks:
        meter.close()
    gc.enable()


def test_what_was_used_is_added_and_subtracted_field_by_field() -> None:
    assert list((ONE + TEN).items()) == [(name, 11 * count) for name, count in ONE.items()]
    assert list((TEN - ONE).items()) == [(name, 9 * count) for name, count in ONE.items()]
    assert ONE + Used() == ONE
    assert Used() == ONE - ONE
    assert list(Used(gc_ns=1)) == list(COUNTERS)


def test_what_no_row_counts_cannot_be_used() -> None:
    with pytest.raises(TypeError, match=r"no row of bench/figures.py counts faluts"):
        Used(faluts=1)


def test_cpu_between_two_readings_is_the_process_s_own_clock_and_its_children() -> None:
    before, after = Used(cpu_ns=5, children_ns=3, faults=1), Used(cpu_ns=500, children_ns=33, faults=4)
    found = meters.between(before, after, 70)
    assert (found["cpu_ns"], found["children_ns"], found["faults"]) == (100, 30, 3)


def test_a_new_process_has_no_children_of_its_parent_s() -> None:
    Child(works_for, 1_000_000).result()
    assert meters.of_children()["children_ns"] >= 1_000_000
    read, write = os.pipe()
    if (child := os.fork()) == 0:
        os.write(write, b"%d" % meters.of_children()["cpu_ns"])
        os._exit(0)
    os.waitpid(child, 0)
    assert os.read(read, 20) == b"0"
    os.close(read)
    os.close(write)


def works_for(ns: int) -> int:
    """Compute so long, and have a child do as much."""
    until = time.process_time_ns() + ns
    while time.process_time_ns() < until:
        pass
    return os.getpid()


def both_work(ns: int) -> int:
    child = Child(works_for, ns)
    return works_for(ns) and child.result()


def test_what_a_child_and_its_child_have_used_is_known_when_they_are_gone(garbage: GarbageMeter) -> None:
    before = meters.used(garbage)
    assert Child(both_work, 30_000_000).result() not in {0, os.getpid()}
    used = meters.used(garbage) - before
    assert used["cpu_ns"] >= 60_000_000
    assert abs(used["user_us"] + used["system_us"] - used["cpu_ns"] / 1000) < 0.5 * used["cpu_ns"] / 1000
    assert used["faults"] > 0


def test_nothing_that_is_counted_ever_falls(garbage: GarbageMeter) -> None:
    before = meters.used(garbage)
    gc.collect()
    assert all(n >= 0 for n in (meters.used(garbage) - before).values())


def test_garbage_collections_are_counted_until_the_meter_is_closed(garbage: GarbageMeter) -> None:
    for _ in range(3):
        gc.collect()
    assert garbage.collections == meters.used(garbage)["gc_collections"] == 3
    assert garbage.ns == meters.used(garbage)["gc_ns"] > 0
    assert garbage.cpu_ns == meters.used(garbage)["gc_cpu_ns"] > 0
    garbage.close()
    gc.collect()
    assert garbage.collections == 3


def test_only_the_collecting_thread_s_own_cpu_counts_as_collecting(
    garbage: GarbageMeter, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Others have the core for most of the time in which a collection is under way."""
    clocks = {"monotonic_ns": iter([1_000, 601_000]), "thread_time_ns": iter([50, 40_050])}
    for name, readings in clocks.items():
        monkeypatch.setattr(f"bench.harness.meters.time.{name}", lambda readings=readings: next(readings))
    garbage._note("start", {})
    garbage._note("stop", {})
    assert (garbage.collections, garbage.ns, garbage.cpu_ns) == (1, 600_000, 40_000)


STAT = "cpu  9 9 9 9 9 9 9 {0} 0 0\ncpu1 1 2 3 4 5 6 7 {1} 0 0\ncpu11 1 2 3 4 5 6 7 {2} 0 0\nintr 5 5 5 5 5 5 5 5 5\n"


def core_tree(root: Path, stat: str, idle: Mapping[str, str]) -> Path:
    """Make what the kernel says of cores: /proc/stat, and files below /sys/devices/system/cpu."""
    (root / "proc").mkdir()
    (root / "proc/stat").write_text(stat)
    for name, text in idle.items():
        path = root / "sys/devices/system/cpu" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


def test_a_core_s_siblings_are_busy_when_they_are_not_idle(tmp_path: Path) -> None:
    stat = "cpu1 100 0 0 900 0 0 0 0\ncpu3 100 20 30 9000 50 1 2 3 7 7\ncpu4 5 0 0 0 0 0 0 0\n"
    root = core_tree(tmp_path, stat, {"cpu1/cpufreq/scaling_cur_freq": "2300000\n"})
    found = core(1, root, siblings=[3])
    assert found.siblings_s == pytest.approx(156 / TICKS_PER_S)
    assert found.mhz == 2300
    assert core(1, root).siblings_s is None
    assert core(3, root).mhz is None


def test_a_core_s_idle_time_is_that_of_all_its_states_and_of_no_other_core(tmp_path: Path) -> None:
    idle = {"cpu1/cpuidle/state0/time": "5\n", "cpu1/cpuidle/state2/time": "700\n", "cpu11/cpuidle/state0/time": "9\n"}
    root = core_tree(tmp_path, STAT.format(1000, 3 * TICKS_PER_S, 7), idle)
    found = core(1, root)
    assert (found.idle_us, found.steal_s) == (705, 3.0)
    assert (core(11, root).idle_us, core(11, root).steal_s) == (9, 7 / TICKS_PER_S)
    assert core(1, root).at_ns > found.at_ns


def test_without_cpuidle_the_idle_time_is_not_known_and_not_zero(tmp_path: Path) -> None:
    assert core(1, core_tree(tmp_path, STAT.format(0, 0, 0), {})).idle_us is None


@pytest.mark.parametrize("stat", ["cpu1 1 2 3 4 5 6 7\n", "cpu0 1 2 3 4 5 6 7 8\n", ""])
def test_a_kernel_that_does_not_tell_steal_is_not_taken_to_say_none(tmp_path: Path, stat: str) -> None:
    assert core(1, core_tree(tmp_path, stat, {})).steal_s is None


def processes(root: Path, tree: Mapping[int, tuple[int, int, str]]) -> Path:
    """Make a /proc of processes: pid -> parent, tasks, name."""
    for pid, (parent, tasks, name) in tree.items():
        for task in range(tasks):
            (root / str(pid) / "task" / str(pid + task)).mkdir(parents=True)
        (root / str(pid) / "stat").write_text(f"{pid} ({name}) S {parent} 1 1 0")
    (root / "sys").mkdir()
    (root / "99999").mkdir()  # ended meanwhile
    return root


TREE = {
    1: (0, 1, "init"),
    10: (1, 3, "python"),
    20: (10, 2, "py) S 1 ("),  # a name may hold anything
    30: (20, 4, "a b"),
    40: (10, 1, "server"),
    41: (40, 5, "its child"),
    50: (1, 7, "stranger"),
}


@pytest.mark.parametrize(
    ("pid", "apart", "tasks"),
    [
        (10, 0, 3 + 2 + 4 + 1 + 5),  # all that descend from it
        (10, 40, 3 + 2 + 4),  # less the server and what descends from it
        (20, 40, 2 + 4),
        (30, 0, 4),
        (1, 0, 23),
        (777, 0, 0),
    ],
)
def test_the_tasks_of_a_process_and_all_its_descendants_are_counted(
    tmp_path: Path, pid: int, apart: int, tasks: int
) -> None:
    assert kernel_tasks(processes(tmp_path, TREE), pid, [apart]) == tasks


def test_the_core_s_speed_is_cpu_time_per_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    readings = iter([1_000, 601_000])
    monkeypatch.setattr("bench.harness.meters.time.thread_time_ns", lambda: next(readings))
    assert meters.turn_ns(turns=50_000) == 12
