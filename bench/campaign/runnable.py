"""Which cells can run on this machine, and why the others cannot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from bench import cells
from bench.machine import limits
from bench.models import load_model
from bench.presets.rows import Row
from bench.store.manifest import NotRun
from bench.targets import load_target
from bench.words import Cell
from bench.workloads import load_workload

INTERPRETER_BYTES = 40 * 10**6  # of a cell that has imported everything, without flows: its PSS, rounded up
# Bytes that a flow takes, about, as `park` shows it on Linux 6 with Python 3.11, with room for buffers. It is only to tell
# what cannot fit at all: what is not here is taken to need nothing.
FLOW_BYTES: Mapping[str, int] = {
    "process": 2_500_000,  # 1.8 MB parked: copied pages, page tables, kernel stack
    "process_pool": 2_500_000,  # the same fork
    "process_forkserver": 4_000_000,  # 3.7 MB: it has imported its workload itself
    "process_spawn": 12_000_000,  # 10.4 MB: an interpreter that shares nothing but its libraries
    "thread": 100_000,  # 45 kB: the touched part of two stacks, and an arena's
    "thread_pool": 100_000,
    "native_thread": 50_000,  # 39 kB
    "asyncio": 10_000,  # 1.4 kB: a task; more of it with a connection
    "asyncio_eager": 10_000,
    "uvloop": 10_000,  # 1.7 kB
    "trio": 10_000,
    "gevent": 20_000,  # 8 kB: a greenlet's copied stack
}
THREADED = ("thread", "thread_pool", "native_thread")  # whose flows are threads of one process, with a stack each


def at_once(cell: Cell) -> int:
    """How many of a cell's flows are there at the same time."""
    most = load_model(cell.model).at_once(cells.parameters(cell))
    return cell.flows if most is None else min(most, cell.flows)


def memory_bytes(cell: Cell) -> int:
    """What a cell takes of the memory as a whole, about."""
    return INTERPRETER_BYTES + at_once(cell) * FLOW_BYTES.get(cell.model, 0)


def reason_not_to_run(cell: Cell) -> str:
    """Say why a cell cannot run on this machine, or return an empty string."""
    reason = cells.not_here(cell)
    if reason:
        return reason
    files, tasks = load_model(cell.model).footprint(cell.flows)
    file_bytes = 0
    for name in load_workload(cell.workload).targets:
        target = load_target(name)
        theirs = target.footprint(cell.flows, cells.parameters(cell))
        files, tasks = files + theirs[0], tasks + theirs[1]
        file_bytes = max(file_bytes, target.file_bytes)
    short = limits.shortage(
        files=files,
        tasks=tasks,
        memory=memory_bytes(cell),
        address=limits.address_bytes(at_once(cell) + 1 if cell.model in THREADED else 1),
        file_bytes=file_bytes,
    )
    return str(short) if short else ""


def runnable(rows: Sequence[Row]) -> tuple[list[Row], list[NotRun]]:
    """Split rows into what can run here and what cannot, with the reason."""
    able, unable = [], []
    for row in rows:
        first = replace(row, twins=()).cells()
        reasons = {cell.model: (cell.name, reason_not_to_run(cell)) for cell in first}
        unable += [NotRun(name, reason) for name, reason in reasons.values() if reason]
        models = tuple(model for model, (_, reason) in reasons.items() if not reason)
        if models:
            able.append(row.of(models))
    return able, unable
