"""hog under trio: its timer, and a checkpoint between two burns."""

from __future__ import annotations

from dataclasses import replace
from time import monotonic_ns
from typing import TYPE_CHECKING

import trio

from bench.targets.cpu import burn
from bench.workloads import hog

if TYPE_CHECKING:
    from bench.harness.flow import Flow


async def coroutine(flow: Flow, _seat: None) -> None:
    """Sleep until the tick is due, if it is not past; or burn and yield; stamp; again."""
    stamps, gate_ns = flow.stamps, flow.gate[0]
    for op, task in enumerate(flow.tasks):
        for ns in task:
            if flow.index == 0:
                ahead_ns = gate_ns + ns - monotonic_ns()
                if ahead_ns > 0:
                    await trio.sleep(ahead_ns / 1e9)
            else:
                burn(ns, flow.marks)
                await trio.lowlevel.checkpoint()
        stamps[op] = monotonic_ns()


WORKLOAD = replace(hog.WORKLOAD, coroutine=coroutine)
