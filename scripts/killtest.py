"""Nothing outlives a run, and nothing is lost: `python scripts/killtest.py [--kills 20] [--keep FOLDER]`.

Starts small runs and kills (SIGKILL) one process after the other at random moments: a flow, a cell, a template of cells, the http server, the
process that keeps PostgreSQL, PostgreSQL itself, the campaign. Where that ends the run, after 2 s nothing of it may be left
running, and `run --resume` goes on; where it does not, the run goes on by itself. At each run's end all must be there: each
cell and round exactly once in results.json, nothing void, no process, no temporary folder or file.
Prints a line per kill and per run; exit status 1 if anything does not hold. It ends only processes that it started, by
their process ids.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pyperf

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from bench.store import manifest as manifests
from bench.store.records import read_all

# Those that make processes, each in its way, and two that do not; all targets; and time enough, on whatever machine it is.
SMALL = ["--preset", "quick", "--workload", "sleep,http_get,postgres_sleep", "--flows", "5", "--rounds", "2"]
SMALL += ["--model", "thread,asyncio,process,process_pool,process_forkserver,process_spawn", "--budget", "10m"]
TEMPLATE = "bench.worker.template"
GRACE_S, FIND_S, END_S = 2.0, 20.0, 180.0
LONGEST_PAUSE_S = 4.0  # before the next kill
KILLS_A_RUN = 5


def start(arguments: list[str], temporary: Path) -> subprocess.Popen[bytes]:
    """Start a run with these arguments and a folder of its own for temporary files."""
    command = [sys.executable, "-m", "bench", "run", *arguments]
    environment = {**os.environ, "TMPDIR": str(temporary)}
    said = (temporary.parent / "said.txt").open("ab")
    with said:
        return subprocess.Popen(command, cwd=ROOT, env=environment, stdout=said, stderr=said)


def command_line(pid: int) -> str:
    """How a process was started; nothing if it is gone."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""


def stats() -> Iterator[tuple[int, str, int]]:
    """Every process: its number, its state, and its parent's number."""
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                state, parent, *_ = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            yield int(entry.name), state, int(parent)


def tree(root: int) -> set[int]:
    """A process and all its descendants that run."""
    running = {pid: parent for pid, state, parent in stats() if state != "Z"}
    found = {root} & running.keys()
    while more := {pid for pid, parent in running.items() if parent in found} - found:
        found |= more
    return found


def alive(pids: set[int]) -> set[int]:
    """Those that still run; a zombie does not."""
    return {pid for pid, state, _ in stats() if state != "Z"} & pids


def below(pids: set[int], word: str) -> list[int]:
    """Those of these processes that have a word in their command line."""
    return [pid for pid in pids if word in command_line(pid)]


def victims(run: int) -> dict[str, list[int]]:
    """What there is to kill now, by what it is."""
    ours = tree(run) - {run}
    templates = [pid for pid in below(ours, TEMPLATE) if parent_of(pid) == run]
    cells = [pid for pid in below(ours, "bench.worker.main") if parent_of(pid) == run]
    cells += [pid for pid in ours if parent_of(pid) in templates]
    keepers = below(ours, "bench.targets.postgres_server")
    return {
        "campaign": [run],
        "cell": cells,
        "template": templates,
        "flow": [pid for cell in cells for pid in tree(cell) - {cell}],
        "server": below(ours, "bench.targets.http_server"),
        "keeper": keepers,
        "database": [pid for keeper in keepers for pid in tree(keeper) - {keeper}],
    }


def parent_of(pid: int) -> int:
    """The number of a process's parent; 0 if it is gone."""
    return next((parent for one, _, parent in stats() if one == pid), 0)


@dataclass
class Run:
    """A run that is killed and goes on, in a folder of its own."""

    inside: Path
    kills: int
    chance: random.Random
    wrong: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.folder, self.temporary = self.inside / "run", self.inside / "tmp"
        self.temporary.mkdir()
        self.inside.chmod(0o711)  # for root, PostgreSQL runs as somebody else, and has its folder in there
        self.temporary.chmod(0o1777)

    def go(self) -> int:
        """Kill so many; return how many were killed before the run was complete."""
        process, killed = start([*SMALL, "--out", str(self.folder)], self.temporary), 0
        while killed < self.kills:
            what = self.chance.choice(["flow", "cell", "template", "server", "keeper", "database", "campaign"])
            time.sleep(self.chance.uniform(0.2, LONGEST_PAUSE_S))
            if process.poll() is not None:
                break
            mine = self._kill(process, what)
            killed += mine is not None
            if mine is None:
                continue
            ended = self._ended(process, what)
            if ended:
                self._check_gone(mine, what)
                process = self._resumed()
        try:
            process.wait(timeout=END_S)
        except subprocess.TimeoutExpired:
            self.wrong.append(f"the run did not end within {END_S:.0f} s")
            process.kill()
        if process.returncode != 0:  # the last kill may have ended it after all
            process = self._resumed()
            process.wait(timeout=END_S)
        time.sleep(GRACE_S)
        if not (self.folder / manifests.FILE).exists():
            self._said("it did not begin")
            return killed
        self._check_whole(process.returncode)
        return killed

    def _kill(self, process: subprocess.Popen[bytes], what: str) -> set[int] | None:
        """Kill one of its processes; return all that it had then. None where there was no such process to kill."""
        until = time.monotonic() + FIND_S
        while time.monotonic() < until and process.poll() is None:
            if found := victims(process.pid)[what]:
                mine = tree(process.pid)
                try:
                    os.kill(self.chance.choice(found), signal.SIGKILL)
                except ProcessLookupError:
                    continue
                print(f"  killed: {what}", flush=True)
                return mine
            time.sleep(0.01)
        return None

    def _ended(self, process: subprocess.Popen[bytes], what: str) -> bool:
        """Has that ended the run? A server that is gone is noticed when a cell asks it."""
        until = time.monotonic() + (0.5 if what in {"flow", "cell", "template"} else END_S / 4)
        while process.poll() is None and time.monotonic() < until:
            time.sleep(0.02)
        return process.poll() is not None and process.returncode != 0

    def _check_gone(self, mine: set[int], what: str) -> None:
        """After 2 s nothing of a run that has ended may be running."""
        time.sleep(GRACE_S)
        if left := alive(mine):
            self.wrong.append(f"{what}: {len(left)} processes are left: {[command_line(one)[:80] for one in left]}")

    def _resumed(self) -> subprocess.Popen[bytes]:
        """Go on; a run that was killed before it had a folder begins anew."""
        if not (self.folder / manifests.FILE).exists():
            return start([*SMALL, "--out", str(self.folder)], self.temporary)
        read_all(self.folder / manifests.RAW)  # all load
        return start(["--resume", str(self.folder)], self.temporary)

    def _said(self, what: str) -> None:
        """What went wrong, with the last words of the run."""
        said = (self.inside / "said.txt").read_text(errors="replace").strip().splitlines()
        self.wrong.append(f"{what}: {said[-1] if said else ''}")

    def _check_whole(self, status: int) -> None:
        """All that was planned is there exactly once, and nothing else."""
        if status != 0:
            self._said(f"it ended with status {status}")
        manifest = manifests.read_manifest(self.folder)
        planned = Counter(
            (f"{row['workload']}/{model}/{row['flows']}", number + 1)
            for row in manifest.plan
            for model in row["models"]
            for number in range(row["rounds"])
        )
        found = Counter(
            (run.get_metadata()["cell"], int(run.get_metadata()["round"]))
            for bench in pyperf.BenchmarkSuite.load(str(self.folder / manifests.RESULTS)).get_benchmarks()
            for run in bench.get_runs()
        )
        if manifest.state != "complete" or found != planned:
            lacking, more = planned - found, found - planned
            self.wrong.append(f"the run is {manifest.state}; lacking: {dict(lacking)}, too many: {dict(more)}")
        voids = [void for void in manifest.void if void.id not in manifest.superseded]
        self.wrong += [f"void: {void.cell}, round {void.round}: {void.reason}" for void in voids]
        left = [str(path.relative_to(self.inside)) for path in self.temporary.rglob("*")]
        left += [path.name for path in self.folder.iterdir() if path.name.startswith(".")]
        if left:
            self.wrong.append(f"left behind: {left[:5]}")


def main() -> int:
    """Kill so many processes, a few in each run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=None, help="of what is killed, and when")
    parser.add_argument(
        "--keep", type=Path, metavar="FOLDER", help="copy the folders of runs that went wrong to this one"
    )
    options = parser.parse_args()
    chance, killed, failed, number = random.Random(options.seed), 0, 0, 0
    while killed < options.kills:
        number += 1
        with tempfile.TemporaryDirectory(prefix="killtest-") as inside:
            run = Run(Path(inside), min(KILLS_A_RUN, options.kills - killed), chance)
            killed += run.go()
            if run.wrong and options.keep:
                shutil.copytree(inside, options.keep / str(number), ignore=shutil.ignore_patterns("tmp"))
        failed += bool(run.wrong)
        print(f"run {number}, {killed} kills so far: {'; '.join(run.wrong) or 'all is there once'}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
