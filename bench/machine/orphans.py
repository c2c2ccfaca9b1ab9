"""No process outlives its run: the kernel ends a child whose parent is gone, and orphans go to who looks after them."""

from __future__ import annotations

import ctypes
import os
import signal
import time
from contextlib import suppress
from pathlib import Path

_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER = 1, 36  # man 2 prctl
END_S = 10.0  # that killed processes have to vanish
PARENT = "BENCH_PARENT_PID"
_prctl = ctypes.CDLL(None).prctl  # looked up once: every forked flow calls it


def die_with_parent(parent: int | None = None, how: signal.Signals = signal.SIGKILL) -> None:
    """Have the kernel kill this process when the thread that started it ends (man 2 prctl, PR_SET_PDEATHSIG).

    The parent may have died before the call: then this process ends itself. `parent` is its pid; without it, what
    the environment says (bench.machine.children). `how`: another signal, for one who has to tidy up.
    """
    _prctl(_PR_SET_PDEATHSIG, how)
    expected = parent if parent is not None else int(os.environ.get(PARENT, os.getppid()))
    if os.getppid() != expected:
        os._exit(1)


def adopt() -> None:
    """Become the parent of all that is started below this process and loses its own (man 2 prctl, PR_SET_CHILD_SUBREAPER)."""
    _prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def children_of(process: int) -> list[int]:
    """The children of a process, of all its threads."""
    found: list[int] = []
    for file in Path(f"/proc/{process}/task").glob("*/children"):
        with suppress(OSError):
            found += map(int, file.read_text().split())
    return found


def descendants(process: int) -> list[int]:
    """All that a process has started, and what that has started."""
    found = list[int]()
    todo = children_of(process)
    while todo:
        one = todo.pop()
        found.append(one)
        todo += children_of(one)
    return found


def end_all() -> None:
    """Kill everything below this process. Who called `adopt` is given the orphans, so this looks until there is nobody."""
    end = time.monotonic() + END_S
    while (left := descendants(os.getpid())) and time.monotonic() < end:
        for one in left:
            with suppress(ProcessLookupError):
                os.kill(one, signal.SIGKILL)
        with suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        time.sleep(0.02)
