"""Pinning to one core, and noting the core that a flow is really on."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path

from bench.words import UserError

_LIBC = ctypes.CDLL(None)
_PR_GET_TIMERSLACK = 30  # man 2 prctl

current_cpu = _LIBC.sched_getcpu  # the vDSO's answer: no system call
current_cpu.argtypes = ()
current_cpu.restype = ctypes.c_int


def allowed_cpus() -> list[int]:
    """The cores this process may use. In a container with a cpuset, core 0 may not be among them."""
    if not hasattr(os, "sched_getaffinity"):
        raise UserError("this system has no os.sched_setaffinity: the suite pins to one core and needs Linux")
    return sorted(os.sched_getaffinity(0))


def pin(cpu: int) -> None:
    """Pin this process to one core, before any flow is born, and verify it. Raises UserError if it is not ours."""
    try:
        move({cpu})
    except OSError as error:
        raise UserError(f"cannot run on CPU {cpu}: this process may use {allowed_cpus()}") from error
    if os.sched_getaffinity(0) != {cpu}:
        raise UserError(f"pinning to CPU {cpu} did not hold: the kernel says {os.sched_getaffinity(0)}")


def unpin(cpus: Collection[int]) -> None:
    """Let this process run on all of these cores. Raises UserError if they are not ours."""
    try:
        move(cpus)
    except OSError as error:
        raise UserError(f"cannot run on CPUs {sorted(cpus)}: this process may use {allowed_cpus()}") from error


def move(cpus: Collection[int]) -> None:
    """Let every thread of this process run on these cores, and so those that they start. Raises OSError if it may not.

    Affinity is a thread's own (man 2 sched_setaffinity), and the small check may have left some: asyncio waits for a
    child process in a thread that can live for a moment longer than the child; libraries keep threads for good.
    """
    os.sched_setaffinity(0, cpus)
    for task in Path("/proc/self/task").iterdir():
        with suppress(ProcessLookupError):  # it has ended meanwhile
            os.sched_setaffinity(int(task.name), cpus)


def timer_slack_ns() -> int:
    """How late the kernel may wake this thread from a timer, ns (50 us by default, inherited)."""
    return int(_LIBC.prctl(_PR_GET_TIMERSLACK, 0, 0, 0, 0))
