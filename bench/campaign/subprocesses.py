"""Running one cell as a process of its own, with a time limit, and leaving nothing of it behind.

Strategy: a cell answers through a pipe that nothing else writes to, and has ended when that pipe has. What it prints on
standard output is thrown away; the last line on standard error is shown where it ends without an answer.
"""

from __future__ import annotations

import json
import os
import re
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

from bench.campaign.templates import Template, TemplateLostError, Templates, is_forked
from bench.machine import kills
from bench.machine.children import ROOT, environment
from bench.machine.leftovers import killed_child
from bench.own.file import FILES
from bench.words import KILLED, NOT_ENDED, Cell, harmless, seed_of

ANSWER_S = 0.3  # for a cell to write where it hangs
PROGRAM = (sys.executable, "-m", "bench.worker.main")


@dataclass(frozen=True)
class Outcome:
    """What became of a cell: valid where `void` is empty. `lost`: it or a process of it was killed, or its server gave other
    waits, so another try may help. `stopped`: the machine had no room for all its flows.
    """

    void: str = ""
    lost: bool = False
    stopped: bool = False
    beside: str = ""  # what the cell itself has started, and worked on its core
    results: str = ""  # what the ops of the small check returned, as a checksum, where a user's file returns anything


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
    """Runs `python -m bench.worker.main` for each attempt, or forks it from a template. `tick` is called about once a second meanwhile.

    `targets`: where each of them is, as a cell's command line says it, `NAME=WHERE`.
    """

    cpu: int
    cpus: Sequence[int]
    seed: int
    host: str
    targets: Sequence[str] = ()
    tick: Callable[[], None] = lambda: None
    verify: bool = False
    debug: bool = False  # show what a cell writes on standard error
    root: Path = ROOT  # of the package whose cells these are
    templates: Templates | None = None  # that cells are forked from; None: each is an interpreter of its own

    def command(self, attempt: Attempt) -> list[str]:
        """The command line of a cell."""
        command = [
            *PROGRAM,
            attempt.cell.name,
            *("--worker", "-l1", "-n1", "-w0", "--quiet", "--cpu", str(self.cpu)),
            *("--cpus", ",".join(map(str, self.cpus))),
            *("--seed", str(seed_of(self.seed, attempt.round)), "--round", str(attempt.round)),
            *("--attempt", str(attempt.attempt), "--host-label", self.host),
        ]
        for target in self.targets:
            command += ["--target", target]
        if attempt.cell.workload in FILES:
            command += ["--file", FILES[attempt.cell.workload].to_text()]
        if self.debug:
            command.append("--debug")
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
            with os.fdopen(heard, "rb", buffering=0) as said:
                try:
                    started = self._forked(attempt, errors, answer) or self._fresh(attempt, errors, answer)
                finally:
                    os.close(answer)
                try:
                    output, status = self._hear(said, started, attempt.limit_s)
                    killed = status is None and killed_child(started.pid)
                    where = where_it_hangs(attempt.cell, started.pid, errors) if status is None and not killed else ""
                except TemplateLostError:
                    return Outcome("the process that it was forked from has ended", lost=True)
                finally:
                    started.end()
            if self.debug:
                errors.seek(0)
                print(harmless_lines(errors.read()), end="", file=sys.stderr)
            if status is None:
                why = f"{NOT_ENDED} within its time limit of {attempt.limit_s:.0f} s{where}"
                return Outcome(f"{why}: one of its processes {KILLED}" if killed else why, lost=killed)
            return read_outcome(status, output, errors)

    def _forked(self, attempt: Attempt, errors: IO[str], answer: int) -> Forked | None:
        """Fork the cell from a template; None where it is not to be, or no template can be had."""
        if self.templates is None or not is_forked(attempt.cell):
            return None
        template = self.templates.of(attempt.cell, attempt.round, self.root)
        try:
            template.fork(self.command(attempt)[len(PROGRAM) :], errors.fileno(), answer)
        except BaseException as error:
            self.templates.drop(template)
            if isinstance(error, TemplateLostError):
                return None
            raise
        return Forked(template, self.templates)

    def _fresh(self, attempt: Attempt, errors: IO[str], answer: int) -> Fresh:
        return Fresh(
            subprocess.Popen(
                self.command(attempt),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=errors,
                cwd=self.root,
                env=environment(answer=answer),
                pass_fds=[answer],
                start_new_session=True,
            )
        )

    def _hear(self, said: FileIO, started: Fresh | Forked, limit_s: float) -> tuple[bytes, int | None]:
        """Everything that a cell says until it has ended, and its exit status; None for that where it takes longer than its limit."""
        end, parts = time.monotonic() + limit_s, []
        while (left_s := end - time.monotonic()) > 0:
            if not select.select([said], [], [], min(1.0, left_s))[0]:
                self.tick()
            elif part := said.read(1 << 16):
                parts.append(part)
            else:
                return b"".join(parts), started.wait(left_s)
        return b"", None


@dataclass(frozen=True)
class Fresh:
    """A cell that is an interpreter of its own."""

    process: subprocess.Popen[bytes]

    @property
    def pid(self) -> int:
        """Its process."""
        return self.process.pid

    def wait(self, within_s: float) -> int | None:
        """Its exit status; None where it does not end in time."""
        with suppress(subprocess.TimeoutExpired):
            return self.process.wait(within_s)
        return None

    def end(self) -> None:
        """Kill what is left of it: it leads a session, and its flows are in its process group."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


@dataclass(frozen=True)
class Forked:
    """A cell that a template has forked, which ends what is left of one that has ended by itself."""

    template: Template
    templates: Templates

    @property
    def pid(self) -> int:
        """Its process."""
        return self.template.cell

    def wait(self, within_s: float) -> int | None:
        """Its exit status; None where it does not end in time. Raises TemplateLostError."""
        return self.template.wait(within_s)

    def end(self) -> None:
        """Kill what is left of it, template and all."""
        if not self.template.is_idle:
            self.templates.drop(self.template)


def where_it_hangs(cell: Cell, pid: int, errors: IO[str]) -> str:
    """Where in a user's file a cell is that does not end, in words; an empty string where nobody knows.

    It is asked by a signal, and writes where each of its threads is (bench.worker.main).
    """
    file = FILES.get(cell.workload)
    if file is None:
        return ""
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGUSR1)
    time.sleep(ANSWER_S)
    errors.seek(0)
    found = re.search(rf'File "{re.escape(file.shown)}", line (\d+) in (\S+)', errors.read())
    return f" ({Path(file.shown).name}, line {found[1]}, in {found[2]})" if found else ""


def harmless_lines(text: str) -> str:
    """What a cell wrote, less what would steer a terminal."""
    return "".join(f"{harmless(line)}\n" for line in text.splitlines())


def read_outcome(status: int, output: bytes, errors: IO[str]) -> Outcome:
    """Make an Outcome of a cell's exit status, its answer, and its complaints."""
    if status < 0:
        names = {int(known): known.name for known in signal.Signals}  # real-time signals have none
        return Outcome(f"it was killed by signal {-status} ({names.get(-status, 'no name')})", lost=True)
    with suppress(ValueError, KeyError, TypeError):
        said = json.loads(output)
        return Outcome(
            said["void"] or "",
            lost=bool(said.get("lost")),
            stopped=bool(said.get("stopped")),
            beside=str(said.get("beside") or ""),
            results=str(said.get("results") or ""),
        )
    errors.seek(0)
    lines = errors.read().strip().splitlines()
    return Outcome(f"it ended with exit status {status}: {lines[-1] if lines else 'it said nothing'}")
