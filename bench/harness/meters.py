"""What the kernel and the interpreter count: read at the gate and at the end, and subtracted.

Every process that is a flow reads its own meters, and bench.worker.launch adds them up. What such a process uses for its
start and its exit lies outside the clock, and nobody waits for it inside. A child that a flow makes and waits for inside the
clock is different: its start and exit are what is measured. The kernel adds it to its parent's account when it is reaped
(man 2 getrusage, RUSAGE_CHILDREN), whoever reaps it and however. A child that nobody waits for is not counted.
"""

from __future__ import annotations

import gc
import os
import resource
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.figures import COUNTERS
from bench.harness.watcher import clock_of
from bench.machine.disk import fetched_bytes

TICKS_PER_S = os.sysconf("SC_CLK_TCK")


NOTHING: Mapping[str, int] = dict.fromkeys(COUNTERS, 0)


class Used(dict[str, int]):
    """What a process has used: the counters of bench/figures.py, by name and in their order; 0 for one that is not given."""

    def __init__(self, **counts: int) -> None:
        super().__init__(NOTHING)
        self.update(counts)
        if len(self) != len(NOTHING):
            raise TypeError(f"no row of bench/figures.py counts {', '.join(counts.keys() - NOTHING.keys())}")

    @classmethod
    def of(cls, usage: resource.struct_rusage) -> Used:
        """What the kernel says of a process, or of those that one has reaped."""
        return cls(**{name: read(usage) for name, read in KERNEL.items()})

    def __add__(self, other: Used) -> Used:
        return Used(**{name: count + other[name] for name, count in self.items()})

    def __sub__(self, other: Used) -> Used:
        return Used(**{name: count - other[name] for name, count in self.items()})


class GarbageMeter:
    """Counts garbage collections, how long they were under way, and the CPU of the threads that collected.

    Under way is not collecting: meanwhile other threads wake every switch interval to ask for the GIL, and the kernel lets
    them. Among a thousand threads they have most of that time, so only the thread's own clock says what collecting took.
    It works through gc.callbacks: a fork inherits it and goes on by itself.
    """

    def __init__(self) -> None:
        self.collections = 0
        self.ns = 0
        self.cpu_ns = 0
        self._since = self._cpu_since = 0
        gc.callbacks.append(self._note)

    def _note(self, phase: str, _info: dict[str, int]) -> None:
        if phase == "start":
            self._since, self._cpu_since = time.monotonic_ns(), time.thread_time_ns()
        else:
            self.collections += 1
            self.cpu_ns += time.thread_time_ns() - self._cpu_since
            self.ns += time.monotonic_ns() - self._since

    def close(self) -> None:
        """Stop counting."""
        gc.callbacks.remove(self._note)


def cpu_ns(usage: resource.struct_rusage) -> int:
    """User and system time together: a sum that is exact, though ticks decide how it is divided."""
    return round((usage.ru_utime + usage.ru_stime) * 1e9)


# How each counter is read: one line. CPU is in ns, its parts in us (by ticks), as the rows of bench/figures.py say.
KERNEL: Mapping[str, Callable[[resource.struct_rusage], int]] = {
    "cpu_ns": cpu_ns,
    "user_us": lambda usage: round(usage.ru_utime * 1e6),
    "system_us": lambda usage: round(usage.ru_stime * 1e6),
    "voluntary": lambda usage: usage.ru_nvcsw,
    "involuntary": lambda usage: usage.ru_nivcsw,
    "faults": lambda usage: usage.ru_minflt + usage.ru_majflt,
}
INTERPRETER: Mapping[str, Callable[[GarbageMeter], int]] = {
    "gc_collections": lambda garbage: garbage.collections,
    "gc_ns": lambda garbage: garbage.ns,
    "gc_cpu_ns": lambda garbage: garbage.cpu_ns,
}
CHILDREN: Mapping[str, Callable[[resource.struct_rusage], int]] = {
    "children_ns": cpu_ns,
}
DISK: Mapping[str, Callable[[], int]] = {
    "read_bytes": fetched_bytes,
}
if unmatched := {*COUNTERS} ^ {*KERNEL, *CHILDREN, *INTERPRETER, *DISK}:
    raise RuntimeError(f"bench/figures.py and bench/harness/meters.py do not have the same counters: {unmatched}")


def of_children() -> Used:
    """Read what children of this process have used that are gone; in a new process that is nothing."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return Used(**{name: read(usage) for name, read in {**KERNEL, **CHILDREN}.items()})


def used_by_interpreter(garbage: GarbageMeter) -> Used:
    """Read what this interpreter has to itself, beside others in one process."""
    return Used(**{name: read(garbage) for name, read in INTERPRETER.items()})


def used(garbage: GarbageMeter, *, disk: bool = True) -> Used:
    """Read this process's meters. The CPU clock is last, so that the reading's own cost lies before its window.

    `disk`: also read what the disk delivered. That is a file in /proc, and takes longer than all other meters together.
    """
    fetched = Used(**{name: read() for name, read in DISK.items()}) if disk else Used()
    of_others = of_children() + fetched + used_by_interpreter(garbage)
    found = Used.of(resource.getrusage(resource.RUSAGE_SELF)) + of_others
    found["cpu_ns"] = time.process_time_ns() + of_others["cpu_ns"]  # finer than what getrusage says
    return found


def between(before: Used, after: Used, own_cpu_ns: int) -> Used:
    """What came between two readings. CPU is as the process's own clock says, read apart, and that of its children."""
    found = after - before
    found["cpu_ns"] = own_cpu_ns + found["children_ns"]
    return found


def cpu_clock_ns(process: int) -> int | None:
    """Read another process's CPU clock, ns (man 3 clock_getcpuclockid); None where it is gone."""
    try:
        return time.clock_gettime_ns(clock_of(process))
    except OSError:
        return None


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
