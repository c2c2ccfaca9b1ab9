"""Running one cell as a process of its own, with a time limit, and leaving nothing of it behind.

Strategy: a cell answers through a pipe that nothing else writes to, and has ended when that pipe has. What it prints on
standard output is thrown away; the last line on standard error is shown where it ends without an answer.
"""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from io import FileIO
from pathlib import Path
from typing import IO, Protocol

from bench.machine import kills
from bench.machine.children import ROOT, environment
from bench.words import NOT_ENDED, Cell, seed_of


@dataclass(frozen=True)
class Outcome:
    """What became of a cell: valid where `void` is empty. `lost`: it was killed, so another try may help. `stopped`: the
    machine had no room for all its flows.
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
        """Run the cell to its end or to its time limit; then end whatever it left. Say so where the kernel killed for memory."""
        before = kills.kills()
        outcome = self._run(attempt)
        if outcome.void and not outcome.stopped and (reason := kills.explain_kill(before)):
            return replace(outcome, void=f"{outcome.void}: {reason}")
        return outcome

    def _run(self, attempt: Attempt) -> Outcome:
        with tempfile.TemporaryFile("w+", errors="replace") as errors:
            heard, answer = os.pipe()
            try:
                process = self._start(attempt, errors, answer)
            except BaseException:
                os.close(heard)
                raise
            finally:
                os.close(answer)
            with os.fdopen(heard, "rb", buffering=0) as said:
                try:
                    output = self._hear(said, process, attempt.limit_s)
                finally:
                    end_tree(process)
            if output is None:
                return Outcome(f"{NOT_ENDED} within its time limit of {attempt.limit_s:.0f} s")
            return read_outcome(process.returncode, output, errors)

    def _start(self, attempt: Attempt, errors: IO[str], answer: int) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            self.command(attempt),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=errors,
            cwd=self.root,
            env=environment(answer=answer),
            pass_fds=[answer],
            start_new_session=True,
        )

    def _hear(self, said: FileIO, process: subprocess.Popen[bytes], limit_s: float) -> bytes | None:
        """Everything that a cell says until it has ended; None where that takes longer than its limit."""
        end, parts = time.monotonic() + limit_s, []
        while (left_s := end - time.monotonic()) > 0:
            if not select.select([said], [], [], min(1.0, left_s))[0]:
                self.tick()
            elif part := said.read(1 << 16):
                parts.append(part)
            else:
                with suppress(subprocess.TimeoutExpired):
                    process.wait(left_s)
                    return b"".join(parts)
        return None


def end_tree(process: subprocess.Popen[bytes]) -> None:
    """Kill what is left of a cell: it leads a session, and its flows are in its process group."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def read_outcome(status: int, output: bytes, errors: IO[str]) -> Outcome:
    """Make an Outcome of a cell's exit status, its answer, and its complaints."""
    if status < 0:
        names = {int(known): known.name for known in signal.Signals}  # real-time signals have none
        return Outcome(f"it was killed by signal {-status} ({names.get(-status, 'no name')})", lost=True)
    with suppress(ValueError, KeyError, TypeError):
        said = json.loads(output)
        return Outcome(said["void"] or "", stopped=bool(said.get("stopped")))
    errors.seek(0)
    lines = errors.read().strip().splitlines()
    return Outcome(f"it ended with exit status {status}: {lines[-1] if lines else 'it said nothing'}")
