"""Which core to measure on, and which one is left for the server and the campaign."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.words import Finding, UserError


@dataclass(frozen=True)
class Cores:
    """`measured`: where every flow runs. `other`: for the server and the campaign; the same if there is no other."""

    measured: int
    other: int
    allowed: tuple[int, ...]
    findings: tuple[Finding, ...] = ()


def cpu_list(text: str) -> list[int]:
    """Read the kernel's list format, such as `0-3,8`."""
    cpus: list[int] = []
    for part in text.strip().split(","):
        if part:
            first, _, last = part.partition("-")
            cpus += range(int(first), int(last or first) + 1)
    return cpus


def _read_list(path: Path) -> list[int]:
    try:
        return cpu_list(path.read_text())
    except (OSError, ValueError):
        return []


def siblings(cpu: int, root: Path = Path("/")) -> list[int]:
    """The other hardware threads of a core's physical core."""
    shared = _read_list(root / f"sys/devices/system/cpu/cpu{cpu}/topology/thread_siblings_list")
    return [sibling for sibling in shared if sibling != cpu]


def choose(allowed: Sequence[int], wanted: int | None = None, root: Path = Path("/")) -> Cores:
    """Choose the cores out of those this process may use. Raises UserError where `wanted` is not among them.

    The measured core is an isolated one if there is one, else the last: interrupts tend to be served by the first.
    The other one is on another physical core if possible: an SMT sibling is not a free core.
    """
    cpus = root / "sys/devices/system/cpu"
    if wanted is not None and wanted not in allowed:
        raise UserError(f"CPU {wanted} is not ours: choose --cpu from {', '.join(map(str, allowed))}")
    isolated = [cpu for cpu in _read_list(cpus / "isolated") if cpu in allowed]
    measured = wanted if wanted is not None else (isolated or list(allowed))[-1]
    siblings = _read_list(cpus / f"cpu{measured}/topology/thread_siblings_list")
    others = [cpu for cpu in allowed if cpu != measured]
    free = [cpu for cpu in others if cpu not in siblings]
    findings: tuple[Finding, ...] = ()
    if free:
        other = free[0]
    elif others:
        other = others[0]
        findings = (
            Finding(
                "warning",
                f"the server runs on CPU {other}, an SMT sibling of the measured core",
                "give the run a second physical core, or turn SMT off",
            ),
        )
    else:
        other = measured
        findings = (
            Finding(
                "warning",
                "the server shares the core: there is only one CPU, so its work counts as waiting",
                "give the run a second CPU",
            ),
        )
    return Cores(measured, other, tuple(allowed), findings)
