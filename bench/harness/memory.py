"""What a cell takes of the machine's memory, read from outside: `python -m bench.harness.memory PID [PID TO LEAVE OUT…]`.

Strategy: an observer reads /proc each time it is sent a line, and answers with one line of JSON. It is a small process
of its own, and no account includes it. It answers through a pipe of its own, since anything may print. What each part counts:

- PSS (`smaps_rollup`): pages of user space, shared ones divided by how many share them; added up over the cell.
- Page tables (`VmPTE`): likewise. The kernel's own `PageTables` also counts the top table of each process, one page.
  But it counts every process of the machine.
- Kernel stacks, slab (`KernelStack`, `Slab` of /proc/meminfo): the whole system's. Only a difference has a meaning.
- Free memory (`MemFree` and the free pages that each core keeps for itself, /proc/zoneinfo): a check that knows nothing
  of processes. What is lost here was taken by the cell, or by something else on the machine.

- cgroup v2 (`memory.stat`: anon, shmem, kernel): a second check, where there is one.

The system's figures are read before the processes': looking at a process in /proc costs slab.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

from bench.machine.answer import say
from bench.machine.orphans import die_with_parent
from bench.words import Fault

ROOT = Path(__file__).resolve().parents[2]
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
PATIENCE_S = 2.0  # an observer has this long to end by itself
NUMBER = re.compile(r"^\s*([\w()]+):?\s+(\d+)", re.MULTILINE)
CGROUP_PARTS = ("anon", "shmem", "kernel")
PLAIN = ("pss", "pagetables", "kernel_stacks", "slab", "rss", "free")  # what every kernel has


@dataclass(frozen=True)
class Account:
    """Bytes, at one moment or between two: user pages, what the kernel adds, and the witnesses beside them."""

    pss: int
    pagetables: int
    kernel_stacks: int
    slab: int
    rss: int
    free: int
    cgroup: int | None = None

    def __sub__(self, other: Account) -> Account:
        parts: dict[str, int] = {name: getattr(self, name) - getattr(other, name) for name in PLAIN}
        if self.cgroup is None or other.cgroup is None:
            return Account(**parts)
        return Account(**parts, cgroup=self.cgroup - other.cgroup)

    @property
    def total(self) -> int:
        """User pages and the kernel's parts."""
        return self.pss + self.pagetables + self.kernel_stacks + self.slab

    def figures(self) -> dict[str, int]:
        """The record's figures of a difference, bytes."""
        found = {
            "mem_pss_bytes": self.pss,
            "mem_pagetables_bytes": self.pagetables,
            "mem_kernel_stacks_bytes": self.kernel_stacks,
            "mem_slab_bytes": self.slab,
            "mem_total_bytes": self.total,
            "mem_rss_bytes": self.rss,
            "mem_free_lost_bytes": -self.free,
        }
        return found if self.cgroup is None else {**found, "mem_cgroup_bytes": self.cgroup}


def numbers(path: Path) -> dict[str, int]:
    """The first number of each line by the line's name; sizes in what the file counts in."""
    return {name: int(value) for name, value in NUMBER.findall(path.read_text())}


def free_bytes(meminfo: Mapping[str, int], root: Path) -> int:
    """Free memory: the zones' and what each core keeps in lists of its own."""
    kept = re.findall(r"^\s+count:\s+(\d+)$", (root / "proc/zoneinfo").read_text(), re.MULTILINE)
    return meminfo["MemFree"] * 1024 + sum(map(int, kept)) * PAGE_BYTES


def cgroup_bytes(pid: int, root: Path) -> int | None:
    """What the process's cgroup (v2) is charged for, less its files' cache; None where the kernel does not say."""
    try:
        own = re.search(r"^0::/(.*)$", (root / f"proc/{pid}/cgroup").read_text(), re.MULTILINE)
        mount = re.search(r"^\S+ (\S+) cgroup2 ", (root / "proc/self/mounts").read_text(), re.MULTILINE)
        if own is None or mount is None:
            return None
        stat = numbers(root / mount[1].lstrip("/") / own[1] / "memory.stat")
        return sum(stat[part] for part in CGROUP_PARTS)
    except (OSError, KeyError):
        return None


def descendants(pid: int, apart: Collection[int], root: Path) -> Iterator[int]:
    """A process and all that descend from it, without those apart and theirs."""
    children: dict[int, list[int]] = {}
    for entry in (root / "proc").iterdir():
        if entry.name.isdigit() and int(entry.name) not in apart:
            with suppress(OSError):  # it ended meanwhile
                stat = (entry / "stat").read_text()
                children.setdefault(int(stat.rpartition(")")[2].split()[1]), []).append(int(entry.name))
    todo = [pid]
    while todo:
        process = todo.pop()
        todo += children.get(process, [])
        yield process


def refresh(root: Path) -> None:
    """Have the kernel add up the counts that each core keeps for itself, up to 500 kB of them; only root may ask."""
    with suppress(OSError):
        (root / "proc/sys/vm/stat_refresh").read_text()


def account(pid: int, apart: Collection[int], root: Path = Path("/")) -> Account:
    """Read the whole account of a process and its descendants, bytes."""
    refresh(root)
    meminfo = numbers(root / "proc/meminfo")
    free, cgroup = free_bytes(meminfo, root), cgroup_bytes(pid, root)
    pss = rss = pagetables = 0
    for process in descendants(pid, apart, root):
        rollup = numbers(root / f"proc/{process}/smaps_rollup")
        pss += rollup["Pss"] * 1024
        rss += rollup["Rss"] * 1024
        pagetables += numbers(root / f"proc/{process}/status")["VmPTE"] * 1024
    return Account(pss, pagetables, meminfo["KernelStack"] * 1024, meminfo["Slab"] * 1024, rss, free, cgroup)


class Observer:
    """The process that reads the account of the one that starts it. Apart: processes that are not the cell's."""

    def __init__(self, apart: Collection[int] = ()) -> None:
        from bench.machine.children import environment  # noqa: PLC0415 - other cells go without

        heard, answer = os.pipe()
        command = [sys.executable, "-S", "-m", "bench.harness.memory", str(os.getpid()), *map(str, apart)]
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            cwd=ROOT,
            env=environment(answer=answer),
            pass_fds=[answer],
            text=True,
            bufsize=1,
        )
        os.close(answer)
        self._answers = os.fdopen(heard)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """End it: it ends by itself when nobody can ask any more."""
        with self._answers, self._process as process:
            with suppress(OSError):
                process.stdin.close()  # type: ignore[union-attr]
            try:
                process.wait(timeout=PATIENCE_S)
            except subprocess.TimeoutExpired:
                process.kill()

    def read(self) -> Account | None:
        """Ask it; None where it is gone: then the cell is void, see `between`."""
        try:
            self._process.stdin.write("\n")  # type: ignore[union-attr]
            return Account(**json.loads(self._answers.readline()))
        except (OSError, ValueError):
            return None


def between(read: Collection[Account | None]) -> Account:
    """What came between two readings; raises Fault where one is missing."""
    whole = [one for one in read if one is not None]
    if len(whole) != 2:
        raise Fault("the observer of memory ended before it was asked twice")
    before, parked = whole
    return parked - before


def main(arguments: list[str]) -> None:
    """Answer each line on standard input with the account, until there are no more."""
    die_with_parent()
    pid, *apart = map(int, arguments)
    for _ in sys.stdin:
        say(asdict(account(pid, {os.getpid(), *apart})))


if __name__ == "__main__":
    main(sys.argv[1:])
