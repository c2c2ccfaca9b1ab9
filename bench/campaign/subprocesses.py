"""Running one cell as a process of its own, with a time limit, and leaving nothing of it behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from bench.machine.leftovers import killed_child
from bench.machine.orphans import environment_for_children
from bench.words import KILLED, NOT_ENDED, Cell, seed_of

ROOT = Path(__file__).resolve().parents[2]
BYTECODE = ROOT / ".cache" / "bytecode"


def environment() -> dict[str, str]:
    """The environment of a cell: it finds its modules compiled, even where PYTHONDONTWRITEBYTECODE is set.

    Compiling them takes a fifth of the time that a cell takes to start. Under `process_spawn` that time is a part of what is
    measured, so it must not depend on a variable of the user's.
    """
    kept = {key: value for key, value in environment_for_children().items() if key != "PYTHONDONTWRITEBYTECODE"}
    return {**kept, "PYTHONPYCACHEPREFIX": str(BYTECODE)}


@dataclass(frozen=True)
class Outcome:
    """What became of a cell: valid where `void` is empty. `lost`: it or a process of it was killed, or its server gave other
    waits, so another try may help. `stopped`: the machine had no room for all its flows.
    """

    void: str = ""
    lost: bool = False
    stopped: bool = False


@dataclass(frozen=True)
class Attempt:
    """One try at one cell: where its record goes, and how long it may take."""

    cell: Cell
    round: int
    attempt: int
    record: Path
    limit_s: float


class CellRunner(Protocol):
    """Whoever runs cells: real ones, or the tests' scripted ones."""

    def __call__(self, attempt: Attempt) -> Outcome: ...


@dataclass(frozen=True)
class Subprocesses:
    """Runs `python -m bench.worker.main` for each attempt. `tick` is called about once a second meanwhile.

    `targets`: where each of them is, as a cell is told it, `NAME=WHERE`.
    """

    cpu: int
    cpus: Sequence[int]
    seed: int
    host: str
    targets: Sequence[str] = ()
    tick: Callable[[], None] = lambda: None
    verify: bool = False
    root: Path = ROOT  # of the package whose cells these are

    def command(self, attempt: Attempt) -> list[str]:
        """The command line of a cell."""
        command = [
            *(sys.executable, "-m", "bench.worker.main", attempt.cell.name),
            *("--worker", "-l1", "-n1", "-w0", "--quiet", "--cpu", str(self.cpu)),
            *("--cpus", ",".join(map(str, self.cpus))),
            *("--seed", str(seed_of(self.seed, attempt.round)), "--round", str(attempt.round)),
            *("--attempt", str(attempt.attempt), "--host-label", self.host),
        ]
        for target in self.targets:
            command += ["--target", target]
        return [*command, "--verify"] if self.verify else [*command, "--record", str(attempt.record)]

    def __call__(self, attempt: Attempt) -> Outcome:
        """Run the cell to its end or to its time limit; then end whatever it left."""
        with tempfile.TemporaryFile("w+") as errors:
            process = subprocess.Popen(
                self.command(attempt),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                cwd=self.root,
                env=environment(),
                start_new_session=True,
            )
            try:
                output = self._wait(process, attempt.limit_s)
                killed = output is None and killed_child(process.pid)
            finally:
                end_tree(process)
            if output is None:
                why = f"{NOT_ENDED} within its time limit of {attempt.limit_s:.0f} s"
                return Outcome(f"{why}: one of its processes {KILLED}" if killed else why, lost=killed)
            return read_outcome(process.returncode, output, errors)

    def _wait(self, process: subprocess.Popen[str], limit_s: float) -> str | None:
        end = time.monotonic() + limit_s
        while time.monotonic() < end:
            with suppress(subprocess.TimeoutExpired):
                return process.communicate(timeout=min(1.0, limit_s))[0]
            self.tick()
        return None


def end_tree(process: subprocess.Popen[str]) -> None:
    """Kill what is left of a cell: it leads a session, and its flows are in its process group."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    if process.stdout:
        process.stdout.close()


def read_outcome(status: int, output: str, errors: tempfile._TemporaryFileWrapper[str] | object) -> Outcome:
    """Make an Outcome of a cell's exit status, its last line on standard output, and its complaints."""
    if status < 0:
        names = {int(known): known.name for known in signal.Signals}  # real-time signals have none
        return Outcome(f"it was killed by signal {-status} ({names.get(-status, 'no name')})", lost=True)
    with suppress(ValueError, IndexError, KeyError, TypeError):
        said = json.loads(output.splitlines()[-1])
        return Outcome(said["void"] or "", lost=bool(said.get("lost")), stopped=bool(said.get("stopped")))
    errors.seek(0)  # type: ignore[union-attr]
    lines = errors.read().strip().splitlines()  # type: ignore[union-attr]
    return Outcome(f"it ended with exit status {status}: {lines[-1] if lines else 'it said nothing'}")
