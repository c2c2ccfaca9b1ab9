"""What flows wait for, started once for a whole run, on the core that is not measured."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.machine.leftovers import FORK_SERVER, remove_left_over
from bench.presets.rows import Row
from bench.store.manifest import NotRun
from bench.targets import NotHereError, Started, load_target
from bench.words import RunFailedError
from bench.workloads import load_workload

GRACE_S = 0.3  # a void cell costs so much more


class TargetLostError(RunFailedError):
    """A server is gone: the run stops, and can be resumed."""


@dataclass(frozen=True)
class Targets:
    """What flows wait for, as far as a run needs it, by name; of those that cannot be had here, the reason."""

    started: Mapping[str, Started[Any]] = field(default_factory=dict)
    lost: Mapping[str, str] = field(default_factory=dict)

    @property
    def arguments(self) -> tuple[str, ...]:
        """The arguments on a cell's command line that say where each of them is."""
        return tuple(f"{name}={load_target(name).to_text(one.place)}" for name, one in self.started.items())

    def place(self, name: str) -> Any:
        """Where one of them is; None where this run has none."""
        return self.started[name].place if name in self.started else None

    def check(self, grace_s: float = GRACE_S) -> None:
        """Raise TargetLostError where one of them has ended, or does so soon: connections of a killed one break first."""
        until = time.monotonic() + grace_s
        self._check()
        while time.monotonic() < until:
            time.sleep(0.02)
            self._check()

    def _check(self) -> None:
        for name, one in self.started.items():
            if one.process is not None and one.process.poll() is not None:
                raise TargetLostError(f"{load_target(name).title} ended with status {one.process.returncode}")
            if not load_target(name).is_there(one.place):
                raise TargetLostError(f"{load_target(name).title} has ended")


@contextmanager
def targets(rows: Sequence[Row], cpu: int, folder: Path) -> Iterator[Targets]:
    """Start what rows need; `folder` is on the disk that is to be read. Rows that need what is lost cannot run."""
    needed = dict.fromkeys(target for row in rows for target in load_workload(row.workload).targets)
    started: dict[str, Started[Any]] = {}
    lost: dict[str, str] = {}
    temporary = Path(tempfile.gettempdir())
    with ExitStack() as stack:
        stack.callback(remove_left_over, temporary, FORK_SERVER)  # cells of this run that were killed
        remove_left_over(temporary, FORK_SERVER)  # and of another
        for name in needed:
            try:
                started[name] = stack.enter_context(load_target(name).start(cpu, folder))
            except NotHereError as error:
                lost[name] = error.reason
        yield Targets(started, lost)


def reachable(rows: Sequence[Row], lost: Mapping[str, str]) -> tuple[list[Row], list[NotRun]]:
    """Split rows into those whose targets are there, and those that need one that cannot be had here."""
    reasons = [next((lost[t] for t in load_workload(row.workload).targets if t in lost), "") for row in rows]
    able = [row for row, reason in zip(rows, reasons, strict=True) if not reason]
    unable = [(row, reason) for row, reason in zip(rows, reasons, strict=True) if reason]
    return able, [NotRun(cell.name, reason) for row, reason in unable for cell in row.cells()]
