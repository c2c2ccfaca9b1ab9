"""The whole path for real, twice and small: three flows that sleep. All else is tested with scripted cells."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from time import monotonic, sleep

import pytest

from bench.store.manifest import FILE, JUDGEMENT, PAGE, RAW, RESULTS, read_manifest, valid_records

ROOT = Path(__file__).resolve().parents[2]
BENCH = [sys.executable, "-m", "bench"]
# A shell starts what goes to the background with SIGINT ignored, and so may whoever runs the tests.
HEEDS_SIGINT = (
    "import os, signal, sys; signal.signal(signal.SIGINT, signal.SIG_DFL); os.execv(sys.argv[1], sys.argv[1:])"
)
SMALL = ["run", "--preset", "quick", "--workload", "sleep", "--model", "thread,asyncio", "--flows", "3", "--seed", "1"]
HELD = "another campaign holds this machine"
PATIENCE_S = 60  # of all these tests together with somebody else's campaign: it holds the machine, and we only test


@cache
def patient_until() -> float:
    """When to give up waiting for the machine; the clock starts at the first call."""
    return monotonic() + PATIENCE_S


def start(arguments: list[str], program: Sequence[str] = BENCH) -> subprocess.Popen[str]:
    """Start a run that can be interrupted."""
    return subprocess.Popen(
        [sys.executable, "-c", HEEDS_SIGINT, *program, *arguments],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        stdin=subprocess.DEVNULL,
    )


def finish(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    try:
        out, err = process.communicate(timeout=90)
    finally:
        process.kill()
    return process.returncode, out, err


def bench(arguments: list[str], program: Sequence[str] = BENCH) -> tuple[int, str, str]:
    """Run a command to its end; wait while another campaign holds the machine."""
    while True:
        status, out, err = finish(start(arguments, program))
        if HELD not in err:
            return status, out, err
        if monotonic() > patient_until():
            pytest.skip(err.strip())
        sleep(2)


def test_an_open_loop_learns_its_capacity_from_pilots_that_are_read_as_any_record_is(tmp_path: Path) -> None:
    run = tmp_path / "run"
    asked = ["run", "--preset", "bench", "--workload", "open_loop", "--model", "asyncio", "--rounds", "1"]
    status, _, err = bench([*asked, "--out", str(run)])
    assert status == 0, err
    measured = valid_records(run, read_manifest(run))
    assert measured
    assert all(float(record.metadata["capacity"]) > 0 for record in measured)


def test_a_small_run_leaves_a_page_and_a_suite_that_pyperf_reads(tmp_path: Path) -> None:
    run = tmp_path / "run"
    status, out, err = bench([*SMALL, "--rounds", "1", "--out", str(run), "--host-label", "a-host"])
    assert status == 0, err
    assert out.rstrip().endswith(PAGE)
    assert {path.name for path in run.iterdir()} == {RAW, FILE, RESULTS, JUDGEMENT, PAGE, "cells.html"}
    manifest = read_manifest(run)
    assert (manifest.state, manifest.host, manifest.rounds, manifest.void) == ("complete", "a-host", 1, [])
    assert sorted(r.cell.name for r in valid_records(run, manifest)) == ["sleep/asyncio/3", "sleep/thread/3"]
    stats = subprocess.run(
        [sys.executable, "-m", "pyperf", "stats", str(run / RESULTS)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert stats.returncode == 0, stats.stderr
    assert "sleep/thread/3" in stats.stdout
    before = (run / PAGE).read_bytes()
    assert bench(["report", str(run)])[0] == 0
    assert (run / PAGE).read_bytes() == before


TEN_LINES = """
import sys
from pathlib import Path
from bench.campaign.options import Options
from bench.campaign.run import run
wanted = Options(
    preset="quick", workloads=("sleep",), models=("thread", "asyncio"), flows=(3,), rounds=2, seed=1, out=Path(sys.argv[1])
)
print(run(wanted))
"""


def test_ten_lines_of_python_give_what_the_command_line_gives(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    assert bench([*SMALL, "--rounds", "2", "--out", str(one)])[0] == 0
    status, out, err = bench([str(other)], [sys.executable, "-c", TEN_LINES])
    assert (status, out.splitlines()[-1:]) == (0, [str(other)]), err
    by_command, by_python = read_manifest(one), read_manifest(other)
    for name in ("state", "preset", "seed", "budget_s", "rounds", "plan", "precision", "void", "not_run", "about"):
        assert getattr(by_python, name) == getattr(by_command, name), name
    records = [[record.id for record in valid_records(folder, read_manifest(folder))] for folder in (one, other)]
    assert records[0] == records[1]
    assert len(records[0]) == 4


@dataclass(frozen=True)
class Interrupted:
    """A run that got a SIGINT when its first record was there, as it was left."""

    folder: Path
    status: int
    err: str
    state: str
    records: int


def interrupt(folder: Path, number: int = signal.SIGINT) -> tuple[int, str]:
    """Start a run, send it a signal as soon as it has a record; return its status and what it said."""
    process, stop = start([*SMALL, "--rounds", "3", "--out", str(folder)]), monotonic() + 60
    while process.poll() is None and not list(folder.glob(f"{RAW}/*.json")) and monotonic() < stop:
        sleep(0.02)
    process.send_signal(number)
    status, _, err = finish(process)
    return status, err


@pytest.fixture(scope="module")
def interrupted(tmp_path_factory: pytest.TempPathFactory) -> Interrupted:
    folder = tmp_path_factory.mktemp("interrupted") / "run"
    status, err = interrupt(folder)
    while HELD in err:
        if monotonic() > patient_until():
            pytest.skip(err.strip())
        sleep(2)
        status, err = interrupt(folder)
    assert (folder / FILE).is_file(), err
    manifest = read_manifest(folder)
    return Interrupted(folder, status, err, manifest.state, len(valid_records(folder, manifest)))


def test_an_interrupted_run_ends_with_130_in_a_line_and_can_be_read(interrupted: Interrupted) -> None:
    assert interrupted.status == 130, interrupted.err
    assert "Traceback" not in interrupted.err
    assert interrupted.state == "incomplete"
    assert 1 <= interrupted.records < 6
    assert bench(["report", str(interrupted.folder)])[0] == 0


def test_a_run_that_is_told_to_end_ends_like_an_interrupted_one(tmp_path: Path) -> None:
    status, err = interrupt(tmp_path / "run", signal.SIGTERM)
    while HELD in err:
        if monotonic() > patient_until():
            pytest.skip(err.strip())
        sleep(2)
        status, err = interrupt(tmp_path / "run", signal.SIGTERM)
    assert status == 130, err
    assert "what was recorded is safe" in err
    assert read_manifest(tmp_path / "run").state == "incomplete"


def test_the_way_on_that_an_interrupted_run_names_leads_to_it(interrupted: Interrupted) -> None:
    """`latest` is the latest below reports/, which is another run or none at all."""
    assert f"--resume {interrupted.folder}" in interrupted.err


def test_an_interrupted_run_goes_on_to_its_end(interrupted: Interrupted) -> None:
    status, _, err = bench(["run", "--resume", str(interrupted.folder)])
    assert status == 0, err
    manifest = read_manifest(interrupted.folder)
    records = valid_records(interrupted.folder, manifest)
    assert (manifest.state, manifest.rounds) == ("complete", 3)
    assert sorted((r.cell.model, r.round) for r in records) == [
        (m, n) for m in ("asyncio", "thread") for n in (1, 2, 3)
    ]


def test_a_run_that_is_told_to_end_leaves_no_process(tmp_path: Path) -> None:
    """SIGTERM to the campaign alone: the kernel ends its cells with it."""
    run = tmp_path / "run"
    process = start([*SMALL, "--rounds", "3", "--out", str(run)])
    stop = monotonic() + 60
    templates: list[int] = []
    cells: list[int] = []
    while process.poll() is None and not cells and monotonic() < stop:
        templates = [pid for pid in children(process.pid) if "bench.worker.template" in command(pid)]
        cells = [pid for template in templates for pid in children(template)]
        sleep(0.02)
    process.terminate()
    _, _, err = finish(process)
    if HELD in err:
        pytest.skip(err.strip())
    assert cells
    while any("bench.worker" in command(pid) for pid in (*templates, *cells)) and monotonic() < stop:
        sleep(0.02)
    assert not [pid for pid in (*templates, *cells) if "bench.worker" in command(pid)]


def children(pid: int) -> list[int]:
    try:
        return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""
