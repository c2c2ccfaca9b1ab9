"""A cell that is killed takes all it has started with it, whoever made its processes; nobody is asked to clean up."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from time import monotonic, sleep

import pytest

from bench.machine.children import environment
from bench.models import MODELS, load_model
from bench.words import KILLED
from tests.support.processes import members, soon_empty, stat_of

ROOT = Path(__file__).resolve().parents[2]
HERE = [name for name in MODELS if not load_model(name).missing()]
FLOWS = 5
# The most processes of a cell: when they are there, all its flows are.
WHOLE = {"process": FLOWS, "process_pool": FLOWS, "process_spawn": FLOWS + 1, "process_forkserver": FLOWS + 2}


def newest(session: int) -> int:
    """The process of a session that was made last: a flow, or a worker of a pool."""
    found = [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]
    return max(pid for pid in found if stat_of(str(pid))[3:4] == [str(session)])


@pytest.mark.parametrize("model", sorted(WHOLE.keys() & set(HERE)))
def test_a_cell_of_which_a_flow_is_killed_is_void_and_worth_another_try(model: str) -> None:
    with subprocess.Popen(
        [
            sys.executable,
            "-m",
            "bench.worker.main",
            f"sleep/{model}/{FLOWS}?ops=20&wait_ms=100",
        ],
        cwd=ROOT,
        env=environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        start_new_session=True,
        text=True,
    ) as process:
        stop = monotonic() + 20
        while members({str(process.pid)}) < 1 + WHOLE[model] and monotonic() < stop:
            sleep(0.005)
        sleep(0.8)
        os.kill(newest(process.pid), signal.SIGKILL)
        assert process.stdout is not None
        said = json.loads(process.stdout.read().splitlines()[-1])
    assert KILLED in said["void"]
    assert said["lost"] is True


@pytest.mark.parametrize("when", ["in the middle", "while flows are made"])
@pytest.mark.parametrize("model", HERE)
def test_nothing_outlives_a_cell_that_is_killed(model: str, when: str) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "bench.worker.main", f"sleep/{model}/{FLOWS}?ops=300&wait_ms=100"],
        cwd=ROOT,
        env=environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as process:
        session, stop = {str(process.pid)}, monotonic() + 20
        wanted = 1 + WHOLE.get(model, 0) - (when != "in the middle")
        while members(session) < wanted and monotonic() < stop:
            sleep(0.005)
        assert members(session) >= wanted
        if when == "in the middle":
            sleep(0.8)
        process.kill()
    assert soon_empty(session)
