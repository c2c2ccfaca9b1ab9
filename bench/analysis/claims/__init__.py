"""Why models differ: claims, each with its control. One file per cause, each with its `CLAIMS`; to add one, add its name to FILES."""

from __future__ import annotations

from importlib import import_module

from bench.analysis.claims.claim import Claim

FILES = (
    "overlap",
    "kernel_switches",
    "two_locks",
    "interpreter_lock",
    "python_loop",
    "stream_reader",
    "socket_calls",
    "receive_buffer",
    "copied_pages",
    "idle_core",
    "other_cores",
    "thread_pool",
    "preemption",
)

CLAIMS: tuple[Claim, ...] = tuple(claim for file in FILES for claim in import_module(f"{__name__}.{file}").CLAIMS)
