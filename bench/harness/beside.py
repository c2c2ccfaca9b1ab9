"""What a cell has started besides its flows, and left on its own core: a server in `prepare`, say.

Its CPU is in no figure of the cell, and takes time from the flows. It is looked for before the gate and after the end, in user's files only.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from contextlib import suppress
from pathlib import Path

from bench.harness.meters import cpu_clock_ns

LEAST_NS = 100_000  # in a work phase: helpers of multiprocessing, which sleep, take less
MOST, NAME_LENGTH = 5, 40


def children(root: Path = Path("/proc")) -> dict[int, list[int]]:
    """The children of every process."""
    found: dict[int, list[int]] = {}
    for entry in root.iterdir():
        if entry.name.isdigit():
            with suppress(OSError, IndexError, ValueError):  # it ended meanwhile
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
                found.setdefault(parent, []).append(int(entry.name))
    return found


Named = tuple[int, str]  # a process, and what it is called


def used_ns(cpu: int, apart: Collection[int]) -> dict[Named, int]:
    """The CPU time so far of each process that descends from this one and may run on a core, ns. `apart`: not these, nor their children."""
    there, todo, found = children(), [os.getpid()], dict[Named, int]()
    while todo:
        for child in there.get(todo.pop(), []):
            if child in apart:
                continue
            todo.append(child)
            with suppress(OSError):
                if cpu in os.sched_getaffinity(child) and (used := cpu_clock_ns(child)) is not None:
                    found[child, name_of(child)] = used
    return found


def busy(before: Mapping[Named, int], after: Mapping[Named, int]) -> tuple[list[str], float]:
    """The names of those that worked in between, and the CPU seconds that all of them took."""
    used = {child: after[child] - ns for child, ns in before.items() if child in after}
    used = {child: ns for child, ns in used.items() if ns > LEAST_NS}
    return sorted({name for _, name in used})[:MOST], sum(used.values()) / 1e9


def name_of(process: int) -> str:
    """What a process is called."""
    with suppress(OSError):
        return Path(f"/proc/{process}/comm").read_text().strip()[:NAME_LENGTH]
    return "unknown"
