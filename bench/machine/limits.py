"""The limits that stop a cell: what they are, and what a cell needs of them."""

from __future__ import annotations

import os
import resource
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

FILES_SPARE = 64  # the interpreter, libraries, gates, the referee


@dataclass(frozen=True)
class Shortage:
    """A limit that is too low for a cell: its name as the manuals have it, its value, and the value needed."""

    limit: str
    value: int
    needed: int

    def __str__(self) -> str:
        return f"{self.limit} is {self.value}, this cell needs {self.needed}"


def raise_files_limit() -> int:
    """Raise the soft limit of open files to the hard one; return it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


def _number(path: Path) -> int | None:
    try:
        text = path.read_text().strip()
    except OSError:
        return None
    return int(text) if text.isdigit() else None


def task_limits(root: Path = Path("/")) -> dict[str, int]:
    """Every limit on the number of tasks that could be read, by name; unlimited ones are left out."""
    limits: dict[str, int] = {}
    _, hard = resource.getrlimit(resource.RLIMIT_NPROC)
    if hard != resource.RLIM_INFINITY and os.geteuid() != 0:  # root is exempt: man 2 getrlimit
        limits["RLIMIT_NPROC"] = hard
    for name, path in {
        "kernel.threads-max": "proc/sys/kernel/threads-max",
        "kernel.pid_max": "proc/sys/kernel/pid_max",
        "pids.max": "sys/fs/cgroup/pids.max",
    }.items():
        number = _number(root / path)
        if number is not None:
            limits[name] = number
    return limits


@dataclass(frozen=True)
class Use:
    """How much of a limit is used: its name as the manuals have it, its value, and what was counted against it."""

    limit: str
    value: int
    used: int

    def __str__(self) -> str:
        return f"{self.limit} is {self.value:,}, and {self.used:,} are in use"


def cgroup_folders(root: Path) -> list[Path]:
    """This process's cgroup (v2) and those above it: each of them may have limits."""
    try:
        own = (root / "proc/self/cgroup").read_text()
        mounts = (root / "proc/self/mounts").read_text()
    except OSError:
        return []
    paths = [line[3:] for line in own.splitlines() if line.startswith("0::")]
    tops = [line.split()[1] for line in mounts.splitlines() if line.split()[2:3] == ["cgroup2"]]
    if not paths or not tops:
        return []
    top = root / tops[0].lstrip("/")
    folder = top / paths[0].lstrip("/")
    return [folder, *(above for above in folder.parents if above.is_relative_to(top))]


def throttled_us(root: Path = Path("/")) -> int:
    """For how long the cgroups above us have been stopped, having used up their share, in microseconds."""
    found = 0
    for folder in cgroup_folders(root):
        with suppress(OSError):
            entries = dict(
                line.split() for line in (folder / "cpu.stat").read_text().splitlines() if line.count(" ") == 1
            )
            found += int(entries.get("throttled_usec", 0))
    return found


def uses(root: Path = Path("/"), files_limit: int | None = None) -> list[Use]:
    """Every limit on flows that can be read, and what is used of it by this process, or by all where it is for all."""
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[0] if files_limit is None else files_limit
    found = [Use("RLIMIT_NOFILE", limit, sum(1 for _ in (root / "proc/self/fd").iterdir()))]
    maps = _number(root / "proc/sys/vm/max_map_count")
    if maps is not None:
        found.append(Use("vm.max_map_count", maps, len((root / "proc/self/maps").read_text().splitlines())))
    tasks = tasks_there(root)
    found += [Use(name, value, tasks) for name, value in task_limits(root).items() if name != "pids.max"]
    for folder in cgroup_folders(root):
        value, used = _number(folder / "pids.max"), _number(folder / "pids.current")
        if value is not None and used is not None:
            found.append(Use("pids.max", value, used))
    return found


NEAR = 0.97  # of a limit: pids below 300 are not given twice, and others start and end tasks meanwhile


def limit_reached(root: Path = Path("/")) -> str:
    """Say which limit is used up, by name and value, as read now."""
    nearest = max(uses(root), key=lambda use: use.used / max(1, use.value))
    if nearest.used >= NEAR * nearest.value:
        return str(nearest)
    return f"no limit that can be read is near: the nearest, {nearest}"


def free_memory_bytes(root: Path = Path("/")) -> int:
    """What programs can still have: what the kernel says is available, or what a cgroup above us leaves, if less."""
    lines = (root / "proc/meminfo").read_text().splitlines()
    free = next(int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable:"))
    for folder in cgroup_folders(root):
        most, used = _number(folder / "memory.max"), _number(folder / "memory.current")
        if most is not None and used is not None:
            free = min(free, most - used)
    return free


def tasks_there(root: Path = Path("/")) -> int:
    """How many tasks the whole system has."""
    return int((root / "proc/loadavg").read_text().split()[3].partition("/")[2])


def shortage(*, files: int, tasks: int, root: Path = Path("/"), files_limit: int | None = None) -> Shortage | None:
    """Return the first limit that a cell of this many open files and tasks would break, or None."""
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1] if files_limit is None else files_limit
    if limit != resource.RLIM_INFINITY and files + FILES_SPARE > limit:
        return Shortage("RLIMIT_NOFILE", limit, files + FILES_SPARE)
    for name, value in task_limits(root).items():
        if tasks + FILES_SPARE > value:
            return Shortage(name, value, tasks + FILES_SPARE)
    return None
