"""The processes of a session, as /proc tells: a cell leads one, and whatever it starts stays in it."""

from __future__ import annotations

from pathlib import Path
from time import monotonic, sleep


def stat_of(pid: str) -> list[str]:
    """What /proc says of a process after its name: state, parent, group, session …; nothing if it is gone."""
    try:
        return (Path("/proc") / pid / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def members(sessions: set[str]) -> int:
    """How many processes these sessions have; one that has ended and only waits to be asked does not count."""
    stats = [stat_of(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]
    return sum(1 for stat in stats if stat and stat[3] in sessions and stat[0] != "Z")


def soon_empty(sessions: set[str]) -> bool:
    """Wait, because the kernel ends a killed process when it comes to it."""
    stop = monotonic() + 10
    while members(sessions) and monotonic() < stop:
        sleep(0.01)
    return members(sessions) == 0
