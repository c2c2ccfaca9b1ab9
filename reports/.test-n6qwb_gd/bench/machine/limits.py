"""The limits that stop a cell: what they are, and what a cell needs of them."""

from __future__ import annotations

import os
import resource
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


def shortage(*, files: int, tasks: int, root: Path = Path("/"), files_limit: int | None = None) -> Shortage | None:
    """Return the first limit that a cell of this many open files and tasks would break, or None."""
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1] if files_limit is None else files_limit
    if limit != resource.RLIM_INFINITY and files + FILES_SPARE > limit:
        return Shortage("RLIMIT_NOFILE", limit, files + FILES_SPARE)
    for name, value in task_limits(root).items():
        if tasks + FILES_SPARE > value:
            return Shortage(name, value, tasks + FILES_SPARE)
    return None
