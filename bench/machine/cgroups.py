"""The control groups that this process is really in, of either version, and those above: each of them may have limits.

Strategy: the kernel names each group by its path inside its hierarchy (man 7 cgroups), and the table of mounts says where that
hierarchy is, or which part of it. Version 1 has a hierarchy per controller, version 2 one for all; a system may have both, and
then a controller is in one of them. Files have other names in the two: FILES is the table.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

UNLIMITED = 2**62  # version 1 has no word for "no limit": it is a number of pages near 2**63

# What is asked for, its controller, and its file by version.
FILES: dict[str, tuple[str, str, str]] = {
    "tasks, most": ("pids", "pids.max", "pids.max"),
    "tasks, used": ("pids", "pids.current", "pids.current"),
    "memory, most": ("memory", "memory.limit_in_bytes", "memory.max"),
    "memory, slow": ("memory", "memory.limit_in_bytes", "memory.high"),  # above it, version 2 lets a group hardly run
    "memory, used": ("memory", "memory.usage_in_bytes", "memory.current"),
    "memory, parts": ("memory", "memory.stat", "memory.stat"),
    "memory, kills": ("memory", "memory.oom_control", "memory.events"),
    "CPU, used": ("cpu", "cpu.stat", "cpu.stat"),
}


@dataclass(frozen=True)
class Group:
    """A control group as far as one controller goes: its path in the hierarchy, its folder, and the version, 1 or 2."""

    path: str
    folder: Path
    version: int

    def file(self, what: str) -> str:
        """The name of a file of FILES in this version."""
        return FILES[what][self.version]

    def text(self, name: str) -> str:
        """A file's text; empty where it cannot be read."""
        try:
            return (self.folder / name).read_text().strip()
        except OSError:
            return ""

    def number(self, what: str) -> int | None:
        """A number of FILES; None where there is none, or no limit."""
        text = self.text(self.file(what))
        return int(text) if text.isdigit() and int(text) < UNLIMITED else None

    def entries(self, what: str) -> dict[str, int]:
        """A file of FILES that has a name and a number in each line."""
        found = {}
        for line in self.text(self.file(what)).splitlines():
            name, _, number = line.partition(" ")
            if number.isdigit():
                found[name] = int(number)
        return found


@dataclass(frozen=True)
class Mount:
    """Where a hierarchy is mounted, which part of it, its version and its controllers (none in version 2: all the others)."""

    folder: Path
    part: str
    version: int
    controllers: frozenset[str]


def _plain(text: str) -> str:
    r"""A path as it is: the table of mounts has spaces as \040."""
    return re.sub(r"\\(\d{3})", lambda match: chr(int(match[1], 8)), text)


def _mounts(root: Path) -> Iterator[Mount]:
    """Every mounted hierarchy; from mountinfo, which alone says what part of one is mounted, or else from mounts."""
    lines: list[tuple[str, str, str, str]] = []  # part, folder, kind, options
    with suppress(OSError):
        for line in (root / "proc/self/mountinfo").read_text().splitlines():
            left, _, right = line.partition(" - ")
            if right.startswith("cgroup"):
                fields, kinds = left.split(), right.split()
                lines.append((fields[3], fields[4], kinds[0], kinds[-1]))
    if not lines:
        with suppress(OSError):
            for line in (root / "proc/self/mounts").read_text().splitlines():
                fields = line.split()
                if fields[2:3] in (["cgroup"], ["cgroup2"]):
                    lines.append(("/", fields[1], fields[2], fields[3]))
    for part, folder, kind, options in lines:
        version = 2 if kind == "cgroup2" else 1
        controllers = frozenset(options.split(",")) if version == 1 else frozenset[str]()
        yield Mount(root / _plain(folder).lstrip("/"), _plain(part), version, controllers)


def _own(root: Path, controller: str) -> tuple[str, int] | None:
    """The path of this process's group in the hierarchy that has a controller, and its version."""
    try:
        lines = (root / "proc/self/cgroup").read_text().splitlines()
    except OSError:
        return None
    unified = None
    for line in lines:
        number, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        if controller in controllers.split(","):
            return path, 1
        if number == "0" and not controllers:
            unified = path, 2
    return unified


def groups(controller: str, root: Path = Path("/")) -> list[Group]:
    """This process's group and those above it, as far as they can be seen, in the hierarchy of a controller; own first.

    Where the kernel says nothing of groups, what is in /sys/fs/cgroup is taken for the one that there is.
    """
    own = _own(root, controller)
    if own is None:
        return [Group("/", root / "sys/fs/cgroup", 2)]
    path, version = own
    for mount in _mounts(root):
        if mount.version != version or (version == 1 and controller not in mount.controllers):
            continue
        # Of a hierarchy that is mounted in part (a container), paths may begin above that part: then its top is ours.
        inside = path.removeprefix(mount.part) if mount.part != "/" and path.startswith(mount.part) else path
        names = [name for name in inside.split("/") if name and name != ".."]
        if not mount.folder.joinpath(*names).is_dir():
            names = []
        return [
            Group("/" + "/".join(names[:depth]), mount.folder.joinpath(*names[:depth]), version)
            for depth in range(len(names), -1, -1)
        ]
    return []


@dataclass(frozen=True)
class Quota:
    """How many CPUs a group may use, and the period after which it may again, us."""

    group: Group
    cpus: float
    period_us: int


def quota(root: Path = Path("/")) -> Quota | None:
    """The smallest share of CPU time that a group of ours is limited to; None without a limit."""
    found = []
    for group in groups("cpu", root):
        if group.version == 1:
            share, period = group.text("cpu.cfs_quota_us"), group.text("cpu.cfs_period_us")  # -1: no limit
        else:
            share, _, period = group.text("cpu.max").partition(" ")
        if share.isdigit() and period.isdigit() and int(period):
            found.append(Quota(group, int(share) / int(period), int(period)))
    return min(found, key=lambda one: one.cpus, default=None)


def throttled_us(root: Path = Path("/")) -> int:
    """For how long our group and those above have been stopped, having used up their share, in microseconds."""
    found = 0
    for group in groups("cpu", root):
        used = group.entries("CPU, used")
        found += used.get("throttled_usec", 0) + used.get("throttled_time", 0) // 1000  # version 1: ns
    return found


@dataclass(frozen=True)
class Room:
    """What a group has of something: the limit's name and value, and what is used of it."""

    group: Group
    limit: str
    value: int
    used: int


def task_room(root: Path = Path("/")) -> list[Room]:
    """The limits on tasks of our group and those above."""
    return [
        Room(group, group.file("tasks, most"), most, group.number("tasks, used") or 0)
        for group in groups("pids", root)
        if (most := group.number("tasks, most")) is not None
    ]


def memory_room(root: Path = Path("/")) -> list[Room]:
    """The limits on memory of our group and those above, bytes; what files have in the cache, and would give back, is not used."""
    found = []
    for group in groups("memory", root):
        parts = group.entries("memory, parts")
        total = "total_" if group.version == 1 else ""  # of the groups below it too, as the usage is
        cached = sum(parts.get(f"{total}{name}", 0) for name in ("active_file", "inactive_file"))
        used = max(0, (group.number("memory, used") or 0) - cached)
        for what in ("memory, most", "memory, slow")[: group.version]:
            most = group.number(what)
            found += [Room(group, group.file(what), most, used)] if most is not None else []
    return found
