"""Not a test: a workload whose flows wait for a program that computes. Tests copy it into a copy of the suite."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from time import monotonic_ns
from typing import TYPE_CHECKING

from bench.harness.workload import Workload, no_waits
from bench.words import Ledger

if TYPE_CHECKING:
    from bench.harness.flow import Flow, Order

BURN_S = 0.15
PROGRAM = (
    sys.executable,
    "-I",
    "-S",
    "-c",
    f"import time\nwhile time.process_time() < {BURN_S}:\n    pass",
)


def blocking(flow: Flow, _seat: None) -> None:
    """Run it, wait for its end, stamp."""
    for op, _ in enumerate(flow.tasks):
        subprocess.run(PROGRAM, check=True)
        flow.stamps[op] = monotonic_ns()


async def coroutine(flow: Flow, _seat: None) -> None:
    """Run it, wait for its end, stamp."""
    for op, _ in enumerate(flow.tasks):
        program = await asyncio.create_subprocess_exec(*PROGRAM)
        if await program.wait():
            raise ChildProcessError(f"it ended with {program.returncode}")
        flow.stamps[op] = monotonic_ns()


def expect(order: Order) -> list[Ledger]:
    """Every op was done."""
    return [Ledger(order.ops)] * order.flows


WORKLOAD = Workload(
    about="every flow runs a program, k times",
    shows="what children of flows use",
    flows=(1, 2),
    ops={1: 4},
    parameters={"wait_ms": 0},
    waits=no_waits,
    blocking=blocking,
    coroutine=coroutine,
    expect=expect,
)
