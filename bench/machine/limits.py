"""The limits that stop a cell: what they are, what a cell needs of them, and which one ended it."""

from __future__ import annotations

import os
import resource
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from bench.machine import cgroups
from bench.machine.cgroups import Room, memory_room, task_room

FILES_SPARE = 64  # the interpreter, libraries, gates, the referee
ADDRESS_BYTES = 64 * 2**20  # of address space, the least that a cell starts with: it was tried with `ulimit -v`
ARENA_BYTES = 64 * 2**20  # malloc reserves as much for a thread, for eight a core (man 3 mallopt, M_ARENA_MAX)
STACK_BYTES = 8 * 2**20  # of a thread, where no limit says otherwise (man 3 pthread_create)
FILE_BYTES = 4 * 2**20  # the largest file that every run writes: results.json, of some hundred cells


def amount(number: int, unit: str = "") -> str:
    """A number as it is said: bytes in the unit that suits them."""
    if unit != "bytes":
        return str(number)
    for name, size in (("GiB", 2**30), ("MiB", 2**20), ("KiB", 2**10)):
        if number >= size:
            return f"{number / size:.1f} {name}".replace(".0 ", " ")
    return f"{number} bytes"


@dataclass(frozen=True)
class Shortage:
    """A limit that is too low for a cell: its name as the manuals have it, its value, and the value needed.

    `used` of it are in use by others, `unit` is "bytes" or nothing, `group` is the control group that has the limit, where it is not the topmost.
    """

    limit: str
    value: int
    needed: int
    used: int = 0
    unit: str = ""
    group: str = ""

    def __str__(self) -> str:
        where = f" of the control group {self.group}" if self.group else ""
        used = f", of which {amount(self.used, self.unit)} are in use" if self.used else ""
        return f"{self.limit}{where} is {amount(self.value, self.unit)}{used}, this cell needs {amount(self.needed, self.unit)}"


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
    }.items():
        number = _number(root / path)
        if number is not None:
            limits[name] = number
    for room in task_room(root):
        limits[room.limit] = min(room.value, limits.get(room.limit, room.value))
    return limits


@dataclass(frozen=True)
class Use:
    """How much of a limit is used: its name as the manuals have it, its value, and what was counted against it."""

    limit: str
    value: int
    used: int

    def __str__(self) -> str:
        return f"{self.limit} is {self.value:,}, and {self.used:,} are in use"


def throttled_us(root: Path = Path("/")) -> int:
    """For how long the control groups above us have been stopped, having used up their share, in microseconds."""
    return cgroups.throttled_us(root)


def uses(root: Path = Path("/"), files_limit: int | None = None) -> list[Use]:
    """Every limit on flows that can be read, and what is used of it by this process, or by all where it is for all."""
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[0] if files_limit is None else files_limit
    found = [Use("RLIMIT_NOFILE", limit, sum(1 for _ in (root / "proc/self/fd").iterdir()))]
    maps = _number(root / "proc/sys/vm/max_map_count")
    if maps is not None:
        found.append(Use("vm.max_map_count", maps, len((root / "proc/self/maps").read_text().splitlines())))
    tasks = tasks_there(root)
    found += [Use(name, value, tasks) for name, value in task_limits(root).items() if name != "pids.max"]
    found += [Use(room.limit, room.value, room.used) for room in (*task_room(root), *memory_room(root))]
    space = resource.getrlimit(resource.RLIMIT_AS)[0]
    with suppress(OSError, ValueError, IndexError):
        pages = int((root / "proc/self/statm").read_text().split()[0])
        if space != resource.RLIM_INFINITY:
            found.append(Use("RLIMIT_AS", space, pages * resource.getpagesize()))
    return found


NEAR = 0.97  # of a limit: pids below 300 are not given twice, and others start and end tasks meanwhile


def limit_reached(root: Path = Path("/")) -> str:
    """Say which limit is used up, by name and value, as read now."""
    nearest = max(uses(root), key=lambda use: use.used / max(1, use.value))
    if nearest.used >= NEAR * nearest.value:
        return str(nearest)
    return f"no limit that can be read is near: the nearest, {nearest}"


def memory_rooms(root: Path = Path("/")) -> list[Room]:
    """What is there for programs: the machine's, as the kernel says (MemAvailable), and that of our control groups."""
    lines = (root / "proc/meminfo").read_text().splitlines()
    free = next(int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable:"))
    return [Room(cgroups.Group("/", root, 2), "MemAvailable", free, 0), *memory_room(root)]


def free_memory_bytes(root: Path = Path("/")) -> int:
    """What programs can still have: what the kernel says is available, or what a control group above us leaves, if less."""
    return max(0, min(room.value - room.used for room in memory_rooms(root)))


def tasks_there(root: Path = Path("/")) -> int:
    """How many tasks the whole system has."""
    return int((root / "proc/loadavg").read_text().split()[3].partition("/")[2])


def address_bytes(threads: int = 1) -> int:
    """How much address space (RLIMIT_AS, `ulimit -v`) a process of so many threads takes, about."""
    stack = resource.getrlimit(resource.RLIMIT_STACK)[0]
    stack = STACK_BYTES if stack == resource.RLIM_INFINITY else stack
    return ADDRESS_BYTES + (threads - 1) * stack + min(threads - 1, 8 * (os.cpu_count() or 1)) * ARENA_BYTES


def shortage(  # noqa: PLR0913 - all that a cell may need, by name
    *,
    files: int,
    tasks: int,
    memory: int = 0,
    address: int = 0,
    file_bytes: int = 0,
    root: Path = Path("/"),
    files_limit: int | None = None,
) -> Shortage | None:
    """Return the first limit that a cell of this many open files and tasks would break, or None.

    `memory`: bytes that the cell takes as a whole, 0 if nobody knows. `address`: bytes of address space that the largest of
    its processes takes (`address_bytes`). `file_bytes`: of the largest file that it writes. The last two are never taken to be
    less than what any cell needs. The soft limits hold, except for open files, which are raised.
    """
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1] if files_limit is None else files_limit
    if limit != resource.RLIM_INFINITY and files + FILES_SPARE > limit:
        return Shortage("RLIMIT_NOFILE", limit, files + FILES_SPARE)
    rooms = task_room(root)
    for name, value in task_limits(root).items():
        if name != "pids.max" and tasks + FILES_SPARE > value:
            return Shortage(name, value, tasks + FILES_SPARE)
    for room in rooms:
        if tasks + FILES_SPARE > room.value - room.used:
            return Shortage(room.limit, room.value, tasks + FILES_SPARE, room.used, group=room.group.path.rstrip("/"))
    return _of_own(max(address, ADDRESS_BYTES), max(file_bytes, FILE_BYTES)) or _of_memory(memory, root)


def _of_own(address: int, file_bytes: int) -> Shortage | None:
    for name, which, needed in (
        ("RLIMIT_AS", resource.RLIMIT_AS, address),
        ("RLIMIT_FSIZE", resource.RLIMIT_FSIZE, file_bytes),
    ):
        value = resource.getrlimit(which)[0]
        if value != resource.RLIM_INFINITY and needed > value:
            return Shortage(name, value, needed, unit="bytes")
    return None


def _of_memory(memory: int, root: Path) -> Shortage | None:
    if not memory:
        return None
    tightest = min(memory_rooms(root), key=lambda room: room.value - room.used)
    if memory <= tightest.value - tightest.used:
        return None
    return Shortage(tightest.limit, tightest.value, memory, tightest.used, "bytes", tightest.group.path.rstrip("/"))
