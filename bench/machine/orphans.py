"""No process outlives its run: the kernel ends a child whose parent is gone."""

from __future__ import annotations

import ctypes
import os
import signal

_PR_SET_PDEATHSIG = 1  # man 2 prctl
_PARENT = "BENCH_PARENT_PID"
_prctl = ctypes.CDLL(None).prctl  # looked up once: every forked flow calls it


def environment_for_children() -> dict[str, str]:
    """This process's environment plus what `die_with_parent` checks in a child that this process starts."""
    return {**os.environ, _PARENT: str(os.getpid())}


def die_with_parent(parent: int | None = None, how: signal.Signals = signal.SIGKILL) -> None:
    """Have the kernel kill this process when the thread that started it ends (man 2 prctl, PR_SET_PDEATHSIG).

    The parent may have died before the call: then this process ends itself. `parent` is its pid; without it, what
    `environment_for_children` told. `how`: another signal, for one who has to tidy up.
    """
    _prctl(_PR_SET_PDEATHSIG, how)
    expected = parent if parent is not None else int(os.environ.get(_PARENT, os.getppid()))
    if os.getppid() != expected:
        os._exit(1)
