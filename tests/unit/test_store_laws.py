"""Laws that every record keeps: one that breaks a law is void, whichever it is, and says so."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from bench.store import records
from bench.store.laws import LAWS, broken
from bench.words import Value

ROOT = Path(__file__).resolve().parents[2]
SOUND: Mapping[str, Value] = {
    "pin": 1,
    "flows": 10,
    "ops_done": 1000,
    "processes": 11,
    "cpu_s": 0.9,
    "start_s": 0.2,
    "start_cpu_s": 0.15,
    "looks_apart_s": 0.002,
    "response_s": 0.0099,
    "server_busy": 0.7,
    "name": "sleep/process/10",
}
BROKEN: Mapping[str, Mapping[str, Value]] = {
    "the CPU C": {"cpu_s": 1.02},
    "the CPU of the start-up": {"start_cpu_s": 0.21},
    "the CPU after the start-up": {"cpu_s": 1.0, "start_cpu_s": 0.1},
    "X R, the ops that were under way on average,": {"response_s": 0.0103},
    "the utilisation of the server's core": {"server_busy": 1.05},
}


def test_a_sound_record_keeps_every_law() -> None:
    assert broken(SOUND, 1.0) == ""
    assert broken({"pin": 1, "cpu_s": 0.5, "ops_done": 0, "flows": 3}, 0.6) == ""


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.what)
def test_what_breaks_a_law_is_void_with_the_reason(law: object) -> None:
    what = getattr(law, "what", "")
    assert broken({**SOUND, **BROKEN[what]}, 1.0).startswith(f"it breaks a law: {what} is ")


def test_each_reading_and_a_hundredth_are_allowed_for() -> None:
    assert broken({**SOUND, "cpu_s": 1.0101, "start_cpu_s": 0.2}, 1.0) == ""
    assert broken({**SOUND, "cpu_s": 1.0111, "start_cpu_s": 0.2}, 1.0) != ""
    assert broken({**SOUND, "cpu_s": 1.0101, "start_cpu_s": 0.2, "processes": 1}, 1.0) != ""


def test_flows_of_a_pool_are_no_more_at_once_than_its_workers() -> None:
    assert "X R" in broken({**SOUND, "at_once": 4}, 1.0)


def test_what_is_not_pinned_may_use_more_than_one_core() -> None:
    assert broken({**SOUND, "cpu_s": 1.9, "pin": 0}, 1.0) == ""


FASTER = """
import sys, time
from bench.worker import launch, main
launch.process_time_ns = lambda: 1000 * time.process_time_ns()
sys.exit(main.main(sys.argv[1:]))
"""


def test_a_cell_that_breaks_a_law_is_void(tmp_path: Path) -> None:
    """Where its CPU clock runs a thousand times too fast, the cell's own record convicts it."""
    path = tmp_path / "record.json"
    command = [sys.executable, "-c", FASTER, "switch/sequential/1?ops=20000", "--record", str(path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 1, done.stderr
    reason = json.loads(done.stdout.splitlines()[-1])["void"]
    assert reason.startswith("it breaks a law: the CPU C is ")
    assert records.read(path).void == reason
