"""Who is killed when memory runs out, and how one tells afterwards that it was that."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from bench.machine.cgroups import groups
from bench.machine.limits import amount, memory_rooms

FIRST = 1000  # the highest oom_score_adj: before all others (man 5 proc_pid_oom_score_adj)


@dataclass(frozen=True)
class Kills:
    """How many processes the kernel has killed for want of memory: of our control group, and of the machine, since they began;
    `refused`: how often the group was at its limit.
    """

    group: int
    machine: int
    refused: int


def kills(root: Path = Path("/")) -> Kills:
    """Read the kernel's counters: 0 where it has none."""
    own = groups("memory", root)[:1]
    events = own[0].entries("memory, kills") if own else {}
    failed = own[0].text("memory.failcnt") if own and own[0].version == 1 else ""
    machine = 0
    with suppress(OSError):
        for line in (root / "proc/vmstat").read_text().splitlines():
            name, _, number = line.partition(" ")
            if name == "oom_kill" and number.isdigit():
                machine = int(number)
    return Kills(events.get("oom_kill", 0), machine, int(failed) if failed.isdigit() else events.get("max", 0))


def explain_kill(before: Kills, root: Path = Path("/")) -> str:
    """Say in one sentence that the kernel has killed for want of memory since `before`; empty where it has not.

    For a process of ours that SIGKILL ended meanwhile. Counters of the machine may be about somebody else's process.
    """
    now = kills(root)
    rooms = [room for room in memory_rooms(root) if room.limit != "MemAvailable"]
    tightest = min(rooms, key=lambda room: room.value - room.used, default=None)
    if now.group > before.group or (
        tightest is not None and now.refused > before.refused and now.machine > before.machine
    ):
        limit = "its limit"
        if tightest is not None:
            where = "" if tightest.group.path == "/" else f" of the control group {tightest.group.path}"
            limit = f"{tightest.limit}{where}, {amount(tightest.value, 'bytes')}"
        return f"the kernel killed it for memory, at {limit}: give the container more"
    if now.machine > before.machine:
        free = next(room.value for room in memory_rooms(root) if room.limit == "MemAvailable")
        return f"the machine ran out of memory and the kernel killed for it ({amount(free, 'bytes')} are free now): free some"
    return ""


def offer(root: Path = Path("/")) -> bool:
    """Have the kernel kill this process, and children that it starts from now on, before others when memory runs out.

    For cells: the campaign must live to tell of it. Whoever may not (a sandbox) is left as before; returns whether it holds.
    """
    try:
        (root / "proc/self/oom_score_adj").write_text(f"{FIRST}\n")
    except OSError:
        return False
    return True
