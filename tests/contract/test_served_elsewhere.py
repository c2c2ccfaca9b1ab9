"""No server of a run ever works on the measured core: watched from outside, by the kernel's own account of each of its threads."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from bench.campaign.runnable import reason_not_to_run
from bench.words import Cell

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "docs" / "examples"
# A server's workload, and the words in the command line of the server's first process, all of whose descendants are watched.
SERVERS = {
    "redis": (str(EXAMPLES / "redis_get.py"), "redis-server"),
    "python": (str(EXAMPLES / "clients.py"), "bench.targets.serve_run"),
    "postgres": ("postgres_sleep", "postgres"),
}
HELD, PATIENCE_S = "another campaign holds this machine", 60.0  # then it is somebody else's, and we only test
PROCESSOR, PARENT = 36, 1  # of the fields behind the name in /proc/PID/stat (man 5 proc)


def fields(path: Path) -> list[str]:
    return (path / "stat").read_text().rpartition(")")[2].split()


def descendants(pid: int) -> list[int]:
    """A process and all that descend from it."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with suppress(OSError):
                children.setdefault(int(fields(entry)[PARENT]), []).append(int(entry.name))
    found, todo = [], [pid]
    while todo:
        found.append(todo.pop())
        todo += children.get(found[-1], [])
    return found


def is_server(pid: int, words: str) -> bool:
    with suppress(OSError):
        return words in Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    return False


def seen_on(campaign: int, words: str) -> tuple[set[int], set[int]]:
    """The cores on which threads of a campaign's servers last ran, and those on which they may."""
    ran, may = set[int](), set[int]()
    for first in descendants(campaign):
        if first != campaign and is_server(first, words):
            for pid in descendants(first):
                with suppress(OSError):
                    for task in Path(f"/proc/{pid}/task").iterdir():
                        ran.add(int(fields(task)[PROCESSOR]))
                        may |= os.sched_getaffinity(int(task.name))
    return ran, may


@dataclass
class Watched:
    """What was seen of a campaign's servers while it ran, and what it complained of."""

    ran: set[int] = field(default_factory=set)
    may: set[int] = field(default_factory=set)
    looks: int = 0
    said: str = ""


def watch(folder: Path, words: str, asked: Sequence[str]) -> Watched:
    """Run a campaign to its end, and look at its servers meanwhile, as often as that can be done."""
    found = Watched()
    with subprocess.Popen(
        [sys.executable, "-m", "bench", "run", *asked],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as campaign:
        while campaign.poll() is None:
            ran, may = seen_on(campaign.pid, words)
            found.ran |= ran
            found.may |= may
            found.looks += bool(ran)
            time.sleep(0.02)
        found.said = campaign.stderr.read() if campaign.stderr else ""
    return found


def has(server: str) -> bool:
    if server == "redis":
        return any(Path(folder, "redis-server").exists() for folder in os.environ["PATH"].split(os.pathsep))
    return server != "postgres" or not reason_not_to_run(Cell("postgres_sleep", "thread", 10))


@pytest.mark.parametrize("server", SERVERS)
def test_a_server_works_on_its_own_core_only_and_its_share_of_it_is_in_the_records(tmp_path: Path, server: str) -> None:
    if len(os.sched_getaffinity(0)) < 2:
        pytest.skip("there is one core only")
    if not has(server):
        pytest.skip(f"{server} is not installed")
    workload, words = SERVERS[server]
    out = tmp_path / "run"
    asked = ("--workload", workload, "--model", "thread", "--flows", "10", "--rounds", "2", "--out", str(out))
    until, watched = time.monotonic() + PATIENCE_S, watch(tmp_path, words, asked)
    while HELD in watched.said:
        if time.monotonic() > until:
            pytest.skip(watched.said.strip())
        time.sleep(2)
        watched = watch(tmp_path, words, asked)
    assert out.exists(), watched.said
    cores = json.loads((out / "run.json").read_text())["environment"]["cores"]
    assert watched.looks > 5
    assert cores["server and campaign"] in watched.ran & watched.may
    assert cores["measured"] not in watched.ran
    records = [json.loads(path.read_text())["metadata"] for path in (out / "raw").glob("*.json")]
    assert records
    assert all(0 < record["server_busy"] <= 1.05 for record in records)
