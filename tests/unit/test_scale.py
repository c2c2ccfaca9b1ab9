"""How many flows there can be: the ladder goes on until something stops it, and what stops it is named and proved."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from bench.analysis.findings import find_all
from bench.analysis.frames import frame
from bench.campaign.ladders import LadderRunner, MemoryWatch
from bench.campaign.progress import Progress
from bench.campaign.subprocesses import Attempt, CellRunner, Outcome
from bench.machine import limits
from bench.presets import PRESETS
from bench.presets.rows import Ladder
from bench.report.figures import Run
from bench.report.scale import scale_table
from bench.store.manifest import Manifest, Rung, read_manifest, valid_records
from bench.words import Cell
from tests.support.cells import FakeClock, ScriptedCells
from tests.support.runs import make_manifest
from tests.unit.test_machine import tree

ROOT = Path(__file__).resolve().parents[2]
GIB = 2**30
LADDER = Ladder("sleep", "thread", 100, 10, 100_000, (("ops", 1),))
FULL = Outcome("stopped at 800 flows: vm.max_map_count is 2,400, and 2,400 are in use", stopped=True)


class Machine:
    """Memory and tasks that a scripted cell takes, and gives back unless it is told to keep them."""

    def __init__(self, *, per_flow: int = 0, keeps: bool = False) -> None:
        self.total = self.free = 8 * GIB
        self.per_flow, self.keeps, self.tasks = per_flow, keeps, 120

    def run(self, cells: ScriptedCells) -> Callable[[Callable[[], None]], CellRunner]:
        """Who runs cells here."""

        def runner(tick: Callable[[], None]) -> CellRunner:
            def run(attempt: Attempt) -> Outcome:
                self.free -= attempt.cell.flows * self.per_flow
                tick()
                outcome = cells(attempt)
                if self.keeps:
                    self.tasks += 100
                else:
                    self.free = self.total
                return outcome

            return run

        return runner


def climb(
    folder: Path, cells: ScriptedCells, machine: Machine, *, manifest: Manifest | None = None, stop_s: float = 1e9
) -> Manifest:
    """Climb the ladder on a scripted machine; return the manifest."""
    (folder / "raw").mkdir(exist_ok=True)
    manifest = manifest or make_manifest([])
    climber = LadderRunner(
        folder,
        manifest,
        machine.run(cells),
        Progress(),
        lambda cell: "RLIMIT_NOFILE is 20000" if cell.flows >= 100_000 else "",
        cells.clock.now_s + stop_s,
        cells.clock,
        MemoryWatch(lambda: machine.free),
        lambda: machine.tasks,
        lambda seconds: setattr(cells.clock, "now_s", cells.clock.now_s + seconds),
    )
    climber.run([LADDER])
    return manifest


def rungs(manifest: Manifest) -> list[tuple[int, str]]:
    return [(Cell.parse(rung.cell).flows, rung.stopped) for rung in manifest.scale]


def test_it_goes_on_until_a_cell_cannot_have_its_flows_and_keeps_the_reason(tmp_path: Path) -> None:
    cells = ScriptedCells(outcome=lambda a: FULL if a.cell.flows > 800 else Outcome())
    manifest = climb(tmp_path, cells, Machine())
    assert rungs(manifest) == [(100, ""), (1000, FULL.void)]
    assert rungs(read_manifest(tmp_path)) == rungs(manifest)
    assert [r.cell.flows for r in valid_records(tmp_path, manifest)] == [100]
    assert manifest.findings == []


@pytest.mark.parametrize(
    ("outcome", "fault"),
    [
        (FULL, False),
        (Outcome("it did not end within its time limit of 120 s"), False),
        (Outcome("it was killed by signal 9 (SIGKILL)", lost=True), False),
        (Outcome("flow 3 did other work: ops 0, not 1"), True),
    ],
)
def test_a_cell_that_did_other_work_is_a_fault_and_no_limit(tmp_path: Path, outcome: Outcome, *, fault: bool) -> None:
    cells = ScriptedCells(outcome=lambda a: outcome if a.cell.flows > 800 else Outcome())
    manifest = climb(tmp_path, cells, Machine())
    assert rungs(manifest) == [(100, ""), (1000, outcome.void)]
    assert [void.reason for void in manifest.void] == ([outcome.void] if fault else [])
    said = " ".join(finding.what for finding in find_all(frame([]), manifest))
    assert ("a limit was reached" in said or "too long" in said) is not fault


def test_a_limit_that_is_known_beforehand_stops_it_too(tmp_path: Path) -> None:
    cells = ScriptedCells()
    assert rungs(climb(tmp_path, cells, Machine())) == [
        *((n, "") for n in (100, 1000, 10_000)),
        (100_000, "RLIMIT_NOFILE is 20000"),
    ]


def test_no_step_is_made_that_would_take_more_than_half_of_the_free_memory(tmp_path: Path) -> None:
    found = rungs(climb(tmp_path, ScriptedCells(), Machine(per_flow=GIB // 1000)))
    assert [n for n, _ in found] == [100, 1000, 10_000]
    assert found[-1][1].startswith("memory: it would take about 10.0 GiB, more than half of the 8.0 GiB")


def test_no_step_is_made_that_there_is_no_time_for(tmp_path: Path) -> None:
    cells = ScriptedCells(clock=FakeClock(), seconds=lambda a: a.cell.flows / 100)
    found = rungs(climb(tmp_path, cells, Machine(), stop_s=60))
    assert found == [
        (100, ""),
        (1000, ""),
        (10_000, "time: it would take about 100 s, more than is left for this question"),
    ]


def test_what_a_step_does_not_give_back_is_a_finding(tmp_path: Path) -> None:
    (finding, *_) = climb(tmp_path, ScriptedCells(), Machine(keeps=True)).findings
    assert finding.what.startswith(
        "after sleep/thread/100?ops=1 the machine was not as before: 220 tasks where there had been 120"
    )


def test_what_was_climbed_before_is_not_climbed_again(tmp_path: Path) -> None:
    first = climb(tmp_path, ScriptedCells(), Machine(), stop_s=2.5)
    again = ScriptedCells()
    climb(tmp_path, again, Machine(), manifest=first)
    assert again.calls == []
    started = make_manifest([], scale=[Rung("sleep/thread/100?ops=1")])
    climb(tmp_path, again, Machine(), manifest=started)
    assert [a.cell.flows for a in again.calls] == [1000, 10_000]


def test_what_a_step_took_is_known_to_a_run_that_goes_on_later(tmp_path: Path) -> None:
    climbed = [Rung("sleep/thread/100?ops=1"), Rung("sleep/thread/1000?ops=1", "", 3.0, 1 * GIB)]
    again = ScriptedCells()
    found = rungs(climb(tmp_path, again, Machine(), manifest=make_manifest([], scale=climbed)))
    assert again.calls == []
    assert found[-1][1].startswith("memory: it would take about 10.0 GiB")
    assert read_manifest(tmp_path).scale[1] == climbed[1]


def test_the_page_says_how_far_each_model_went_and_the_other_tables_do_not_have_these_cells(tmp_path: Path) -> None:
    cells = ScriptedCells(outcome=lambda a: FULL if a.cell.flows > 800 else Outcome())
    manifest = climb(tmp_path, cells, Machine())
    run = Run(manifest, valid_records(tmp_path, manifest))
    assert run.table.empty
    table = scale_table(run)
    assert table is not None
    assert [(row[0], row[1], row[-1]) for row in table.rows] == [
        ("sleep thread", "100", ""),
        ("sleep thread", "1,000", FULL.void),
    ]
    assert scale_table(Run(make_manifest([]), [])) is None


def test_only_the_full_preset_climbs_and_its_time_is_a_part_of_the_budget() -> None:
    assert [name for name, preset in PRESETS.items() if preset.ladders] == ["full"]
    assert PRESETS["full"].ladders_s < PRESETS["full"].budget_s / 4
    most = {(ladder.workload, ladder.model): ladder.cells()[-1].flows for ladder in PRESETS["full"].ladders}
    assert most["sleep", "asyncio"] == 1_000_000
    assert most["http_get", "asyncio"] == 10_000


# what is used of a limit


def proc(files: int = 3, maps: int = 5, tasks: int = 100, **limits_: int) -> dict[str, str]:
    """A machine's files."""
    named = {name.replace("__", "/"): str(value) for name, value in limits_.items()}
    return {
        **{f"proc/self/fd/{i}": "" for i in range(files)},
        "proc/self/maps": "a mapping\n" * maps,
        "proc/loadavg": f"0.1 0.2 0.3 2/{tasks} 4711\n",
        **{f"proc/sys/{name}": text for name, text in named.items()},
    }


@pytest.mark.parametrize(
    ("files", "said"),
    [
        (proc(maps=999, vm__max_map_count=1000), "vm.max_map_count is 1,000, and 999 are in use"),
        (proc(tasks=4950, kernel__pid_max=5000), "kernel.pid_max is 5,000, and 4,950 are in use"),
        (proc(files=100), "RLIMIT_NOFILE is 100, and 100 are in use"),
        (proc(), "no limit that can be read is near: the nearest, RLIMIT_NOFILE is 100, and 3 are in use"),
    ],
)
def test_the_limit_that_is_used_up_is_named_with_its_value(
    files: dict[str, str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda _: (100, 100))
    assert limits.limit_reached(tree(tmp_path, files)) == said


CGROUP = {
    **proc(),
    "proc/self/cgroup": "0::/box/inner\n",
    "proc/self/mounts": "none /sys/fs/cgroup cgroup2 rw 0 0\n",
    "proc/meminfo": "MemTotal: 16000000 kB\nMemAvailable: 8000000 kB\n",
    "sys/fs/cgroup/box/pids.max": "500",
    "sys/fs/cgroup/box/pids.current": "499",
    "sys/fs/cgroup/box/inner/pids.max": "max",
    "sys/fs/cgroup/box/memory.max": "3000000",
    "sys/fs/cgroup/box/memory.current": "1000000",
}


def test_a_cgroup_above_ours_limits_us_too(tmp_path: Path) -> None:
    root = tree(tmp_path, CGROUP)
    assert limits.limit_reached(root) == "pids.max is 500, and 499 are in use"
    assert limits.free_memory_bytes(root) == 2_000_000
    assert limits.free_memory_bytes(tree(tmp_path / "other", {"proc/meminfo": CGROUP["proc/meminfo"]})) == 8_192_000_000


REFUSED = """
import resource, runpy, sys, threading
start, left = threading.Thread.start, [3]
def refuse(thread):
    if thread.name.endswith("(live)"):
        left[0] -= 1
        if left[0] < 0:
            raise RuntimeError("can't start new thread")
    start(thread)
threading.Thread.start = refuse
sys.argv = ["cell", "sleep/thread/{flows}?ops=1"]
runpy.run_module("bench.worker.main", run_name="__main__")
"""


def test_a_cell_that_has_no_room_for_its_flows_ends_and_says_at_how_many() -> None:
    program = REFUSED.format(flows=5)
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    said = json.loads(done.stdout.splitlines()[-1])
    assert (done.returncode, said["stopped"]) == (1, True)
    assert said["void"].startswith("stopped at 1 flows: ")  # two were there for the small check
