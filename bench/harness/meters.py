"""What the kernel and the interpreter count: read at the gate and at the end, and subtracted.

Never RUSAGE_CHILDREN: it counts only children that were reaped, and includes their start and exit. Every process that
is a flow reads its own meters, and bench.worker.launch adds them up. A child that starts and ends inside the clock is
different: its start and exit are what is measured. For such a child the kernel is asked when it is reaped (man 2 wait4).
"""

from __future__ import annotations

import gc
import os
import resource
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path

from bench.machine.disk import fetched_bytes

TICKS_PER_S = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Used:
    """What a process has used. CPU in ns; its parts, user and system, in us (by ticks); switches; page faults; garbage
    collections. `read_bytes`: what the disk had to deliver for it (0 where the kernel does not say).
    """

    cpu_ns: int = 0
    user_us: int = 0
    system_us: int = 0
    voluntary: int = 0
    involuntary: int = 0
    faults: int = 0
    gc_collections: int = 0
    gc_ns: int = 0
    read_bytes: int = 0

    @classmethod
    def of(cls, usage: resource.struct_rusage) -> Used:
        """What the kernel says of a process and of those that it has reaped."""
        return cls(
            cpu_ns=round((usage.ru_utime + usage.ru_stime) * 1e9),
            user_us=round(usage.ru_utime * 1e6),
            system_us=round(usage.ru_stime * 1e6),
            voluntary=usage.ru_nvcsw,
            involuntary=usage.ru_nivcsw,
            faults=usage.ru_minflt + usage.ru_majflt,
        )

    def __add__(self, other: Used) -> Used:
        return Used(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(Used)))

    def __sub__(self, other: Used) -> Used:
        return Used(*(getattr(self, f.name) - getattr(other, f.name) for f in fields(Used)))


class GarbageMeter:
    """Counts garbage collections and their time, through gc.callbacks: a fork inherits it and goes on by itself."""

    def __init__(self) -> None:
        self.collections = 0
        self.ns = 0
        self._since = 0
        gc.callbacks.append(self._note)

    def _note(self, phase: str, _info: dict[str, int]) -> None:
        if phase == "start":
            self._since = time.monotonic_ns()
        else:
            self.collections += 1
            self.ns += time.monotonic_ns() - self._since

    def close(self) -> None:
        """Stop counting."""
        gc.callbacks.remove(self._note)


_of_children = [Used()]


def adopt(child: Used) -> None:
    """Add what a child process of this one has used, when it is gone."""
    _of_children[0] = _of_children[0] + child


def forget_children() -> None:
    """In a new process: the children counted so far belong to the process that it was forked from."""
    _of_children[0] = Used()


def used(garbage: GarbageMeter, *, disk: bool = True) -> Used:
    """Read this process's meters. The CPU clock is last, so that the reading's own cost lies before its window.

    `disk`: also read what the disk delivered. That is a file in /proc, and takes longer than all other meters together.
    """
    fetched = fetched_bytes() if disk else 0
    counted = replace(
        Used.of(resource.getrusage(resource.RUSAGE_SELF)),
        read_bytes=fetched,
        gc_collections=garbage.collections,
        gc_ns=garbage.ns,
    )
    return replace(counted, cpu_ns=time.process_time_ns()) + _of_children[0]


@dataclass(frozen=True)
class Core:
    """What one core has done since boot: idle time, us; steal and the time that its siblings were busy, s; its frequency.

    None stands for what the machine does not say, or does not have.
    """

    at_ns: int
    idle_us: int | None
    steal_s: float | None
    siblings_s: float | None = None
    mhz: float | None = None


IDLE, IOWAIT, STEAL, GUEST = 3, 4, 7, 8  # columns of a cpu's line in /proc/stat (man 5 proc_stat)


def core(cpu: int, root: Path = Path("/"), siblings: Sequence[int] = ()) -> Core:
    """Read one core's idle time from cpuidle, and its steal, and what its siblings did, from /proc/stat."""
    folder = root / f"sys/devices/system/cpu/cpu{cpu}"
    states = list((folder / "cpuidle").glob("state*/time"))
    idle_us = sum(int(state.read_text()) for state in states) if states else None
    wanted = {f"cpu{number}" for number in (cpu, *siblings)}
    ticks: dict[str, list[int]] = {}
    for line in (root / "proc/stat").read_text().splitlines():
        name, *numbers = line.split()
        if name in wanted and len(numbers) > STEAL:
            ticks[name] = [int(number) for number in numbers]
    own = ticks.pop(f"cpu{cpu}", None)
    busy = sum(sum(numbers[:GUEST]) - numbers[IDLE] - numbers[IOWAIT] for numbers in ticks.values())
    try:
        mhz = int((folder / "cpufreq/scaling_cur_freq").read_text()) / 1000
    except (OSError, ValueError):
        mhz = None
    return Core(
        time.monotonic_ns(),
        idle_us,
        own[STEAL] / TICKS_PER_S if own else None,
        busy / TICKS_PER_S if ticks else None,
        mhz,
    )


def turn_ns(turns: int = 50_000) -> float:
    """How much CPU one turn of an empty loop takes, ns. It shows how fast the core is where no counter does.

    It takes about one millisecond, and 1.7 times that on a core that shares its units with a busy hidden neighbour.
    """
    before = time.thread_time_ns()
    for _ in range(turns):
        pass
    return (time.thread_time_ns() - before) / turns


def kernel_tasks(root: Path = Path("/proc"), pid: int | None = None, apart: Collection[int] = ()) -> int:
    """Count the tasks the kernel sees of a process and all its descendants: the entries of /proc/*/task.

    `apart`: processes that are not counted, nor what descends from them.
    """
    children: dict[int, list[int]] = {}
    for entry in root.iterdir():
        if entry.name.isdigit():
            try:
                stat = (entry / "stat").read_text()
            except OSError:  # it ended meanwhile
                continue
            if int(entry.name) not in apart:
                children.setdefault(int(stat.rpartition(")")[2].split()[1]), []).append(int(entry.name))
    tasks, todo = 0, [os.getpid() if pid is None else pid]
    while todo:
        process = todo.pop()
        todo += children.get(process, [])
        try:
            tasks += sum(1 for _ in (root / str(process) / "task").iterdir())
        except OSError:
            continue
    return tasks
