"""Pinning to one core, and noting the core that a flow is really on."""

from __future__ import annotations

import ctypes
import os
import threading
from collections.abc import Collection

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
    if threading.active_count() > 1:
        raise RuntimeError("pin before any other thread runs: affinity is inherited, not shared")
    try:
        os.sched_setaffinity(0, {cpu})
    except OSError as error:
        raise UserError(f"cannot run on CPU {cpu}: this process may use {allowed_cpus()}") from error
    if os.sched_getaffinity(0) != {cpu}:
        raise UserError(f"pinning to CPU {cpu} did not hold: the kernel says {os.sched_getaffinity(0)}")


def unpin(cpus: Collection[int]) -> None:
    """Let this process run on all of these cores. Raises UserError if they are not ours."""
    try:
        os.sched_setaffinity(0, cpus)
    except OSError as error:
        raise UserError(f"cannot run on CPUs {sorted(cpus)}: this process may use {allowed_cpus()}") from error


def timer_slack_ns() -> int:
    """How late the kernel may wake this thread from a timer, ns (50 us by default, inherited)."""
    return int(_LIBC.prctl(_PR_GET_TIMERSLACK, 0, 0, 0, 0))
