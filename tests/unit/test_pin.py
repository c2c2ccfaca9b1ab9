"""A process has one core: all of its threads, and those that they start."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from bench.harness.pin import allowed_cpus, pin
from bench.words import UserError

ROOT = Path(__file__).resolve().parents[2]

PROGRAM = """
import os, sys, threading
from bench.harness.pin import pin, unpin
before = os.sched_getaffinity(0)
seen, go, end = [], threading.Event(), threading.Event()
def life():
    go.wait()
    seen.append(os.sched_getaffinity(0))
    child = threading.Thread(target=lambda: seen.append(os.sched_getaffinity(0)))
    child.start()
    child.join()
    end.wait()
    seen.append(os.sched_getaffinity(0))
thread = threading.Thread(target=life)
thread.start()
pin(int(sys.argv[1]))
go.set()
while len(seen) < 2:
    pass
unpin(before)
end.set()
thread.join()
assert seen == [{int(sys.argv[1])}, {int(sys.argv[1])}, before], seen
"""


def test_threads_that_are_there_already_have_that_core_too_and_get_the_others_back() -> None:
    core = str(allowed_cpus()[-1])
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, core], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr


def test_a_core_that_is_not_ours_is_refused_in_a_line() -> None:
    ours = os.sched_getaffinity(0)
    with pytest.raises(UserError, match=r"cannot run on CPU 4095: this process may use \["):
        pin(4095)
    assert os.sched_getaffinity(0) == ours
