"""Not a test: a workload whose flows use a known amount of each thing that meters count. Tests copy it into a copy of the suite.

The amounts are used where an op is asked to wait as long as the cell says: not in warm-ups, and not in the small check.
"""

from __future__ import annotations

import gc
import mmap
import os
import resource
import time
from pathlib import Path
from time import monotonic_ns
from typing import TYPE_CHECKING, Any

from bench.harness.workload import Workload
from bench.words import Ledger

if TYPE_CHECKING:
    from bench.harness.flow import Flow, Order

WAIT_MS = 60  # the small check waits 10 ms at most
PARAMETERS: dict[str, int | float | str] = {"wait": "constant", "wait_ms": WAIT_MS}
PAGES, FETCHED, SLEEPS, YIELDS = 5000, 300, 200, 3000
COLLECTIONS, COLLECTION_S, COLLECTION_CPU_S = 4, 0.01, 0.004
BURN_S, READ_S = 0.15, 0.15


def touch() -> None:
    """Map so many pages and write to each: a page fault each (man 2 mmap), as long as none of them are huge."""
    with mmap.mmap(-1, PAGES * mmap.PAGESIZE) as memory:
        memory.madvise(mmap.MADV_NOHUGEPAGE)
        for page in range(PAGES):
            memory[page * mmap.PAGESIZE] = 1


def fetch(path: Path, pages: int) -> int:
    """Touch pages of a file that are not in the page cache, one by one; return the major faults that the kernel counted."""
    fd = os.open(path, os.O_RDONLY)
    os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_majflt
    with mmap.mmap(fd, pages * mmap.PAGESIZE, prot=mmap.PROT_READ) as memory:
        memory.madvise(mmap.MADV_RANDOM)  # without reading ahead: a fault for each page
        for page in range(pages):
            memory[page * mmap.PAGESIZE]
    os.close(fd)
    return resource.getrusage(resource.RUSAGE_SELF).ru_majflt - before


def burn(seconds: float) -> None:
    """Compute: CPU of the user's."""
    until = time.thread_time() + seconds
    while time.thread_time() < until:
        sum(range(20_000))


def read_zeros(seconds: float) -> None:
    """Have the kernel clear memory: CPU of the kernel's."""
    into = bytearray(2**20)
    fd = os.open("/dev/zero", os.O_RDONLY)
    until = time.thread_time() + seconds
    while time.thread_time() < until:
        os.readv(fd, [into])
    os.close(fd)


def collect() -> None:
    """Collect garbage so often. Each is under way for so long, of which so much is CPU: a callback is a part of it."""

    def linger(phase: str, _: Any) -> None:
        if phase == "start":
            time.sleep(COLLECTION_S)
            burn(COLLECTION_CPU_S)

    gc.disable()
    gc.callbacks.append(linger)
    for _ in range(COLLECTIONS):
        gc.collect()
    gc.callbacks.remove(linger)
    gc.enable()


def in_a_child(index: int) -> int:
    """What a child of the flow does: page faults and CPU, of which only the kernel tells when it is gone (wait4)."""
    touch()
    burn(BURN_S)
    return index


def use(flow: Flow) -> None:
    """Use all of it."""
    for _ in range(YIELDS):  # where another flow could go on: a switch that nobody waited for
        os.sched_yield()
    for _ in range(SLEEPS):
        time.sleep(1e-6)
    touch()
    fetch(Path(f"pages.{flow.index}"), FETCHED)
    burn(BURN_S)
    read_zeros(READ_S)
    collect()
    assert flow.primitives.spawn(in_a_child, flow.index).result() == flow.index


def blocking(flow: Flow, _seat: None) -> None:
    """Use what is to be used, wait, stamp."""
    for op, wait_s in enumerate(flow.tasks):
        if wait_s >= WAIT_MS / 1000:
            use(flow)
        time.sleep(wait_s)
        flow.stamps[op] = monotonic_ns()


async def coroutine(flow: Flow, _seat: None) -> None:
    """Only kernel models are asked."""
    blocking(flow, _seat)


def expect(order: Order) -> list[Ledger]:
    """Every flow did all its ops."""
    return [Ledger(order.ops)] * order.flows


WORKLOAD = Workload(
    about="every flow uses known amounts",
    shows="that they are counted",
    needs=("spawn",),
    parameters=PARAMETERS,
    blocking=blocking,
    coroutine=coroutine,
    expect=expect,
)
