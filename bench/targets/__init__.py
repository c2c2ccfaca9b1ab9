"""What flows wait for: one file per target, each a `Target`: how it starts, its address for a cell, its referee, its check.

Strategy: a target is a process of its own on another core (or a file on a disk), and keeps its own count. A run starts
it once and gives its address to each cell. A cell without an address starts a target for itself. When a cell's flows have ended, the
target's referee says what it saw, and the target compares that with what the workload says it must have seen.
To add one: write the file with a `TARGET` in it, and add its name to TARGETS. Nothing else names a target but the workloads
that wait for it. A process imports only the targets that its own cell waits for.
"""

from __future__ import annotations

import importlib
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

from bench.words import UserError, Value

if TYPE_CHECKING:
    from subprocess import Popen

    from bench.harness.flow import Flow
    from bench.harness.ledger import Given
    from bench.harness.meters import Used

# Each is the name of its file, too.
TARGETS = (
    "http",
    "postgres",
    "file",
)

SERVE = "serve_"  # begins the name of a target that a user's file brings along

Place = TypeVar("Place")  # where flows find it: travels with the order, to other processes too
Expected = TypeVar("Expected")  # what a workload's `witness` says that it must have seen
Seen = TypeVar("Seen")  # what it saw


class NotHereError(UserError):
    """A target that cannot be had here: why, and what to do about it where something can be done."""

    def __init__(self, reason: str, remedy: str = "") -> None:
        super().__init__(f"{reason}: {remedy}" if remedy else reason)
        self.reason = reason


@dataclass(frozen=True)
class Started(Generic[Place]):
    """A target that was started: where flows find it, and its process, where it has one."""

    place: Place
    process: Popen[bytes] | None = None


class Referee(ABC, Generic[Seen]):
    """Whoever can ask a target what it saw. The timed body has no part in this.

    `child`: the target's process where this process has started it (0: somebody else has): it must not count as part of a cell.
    """

    child: int = 0

    def begin(self, token: str) -> None:
        """From here on, what is seen is the cell's, whose flows have this token."""

    @abstractmethod
    def seen(self, token: str, used: Used) -> Seen:
        """What the target saw of the cell with this token, which it may forget then. `used`: by all the cell's processes."""

    def cpu_ns(self) -> int | None:
        """CPU time the target has used so far, ns; None where nobody knows."""
        return None

    def process(self) -> int:
        """Return the one process that serves flows, if nobody else is served by it; 0 where there is none, or nobody knows."""
        return 0

    def facts(self) -> Mapping[str, Value]:
        """What a record must say of the target, such as a version."""
        return {}

    def close(self) -> None:
        """Nobody asks any more."""


class Target(ABC, Generic[Place, Expected, Seen]):
    """What flows wait for. Seconds, bytes and ns throughout."""

    title: str  # in a sentence, with its article: "the http server"
    on_core = True  # does it run on a core, so that one must be chosen for it?
    file_bytes = 0  # of the largest file that it writes: RLIMIT_FSIZE may forbid it
    on_disk = False  # do flows read a disk there, so that each process must count what it makes the disk give?

    @abstractmethod
    def start(self, cpu: int | None, folder: Path | None) -> AbstractContextManager[Started[Place]]:
        """Start it, and end it afterwards. Raises NotHereError where it cannot be had.

        `cpu`: the core to run it on (None: any). `folder`: on the disk that is to be read (None: the target's own choice).
        """

    @abstractmethod
    def to_text(self, place: Place) -> str:
        """Say on a cell's command line, as `--target NAME=TEXT`, where it is."""

    @abstractmethod
    def from_text(self, text: str) -> Place:
        """Read what `to_text` said; raises ValueError where it is nothing of the kind."""

    @abstractmethod
    def referee(self, place: Place, child: int) -> Referee[Seen]:
        """Find who can ask it; `child` is what the referee's `child` shall be."""

    def is_there(self, place: Place) -> bool:  # noqa: ARG002
        """Is it still there, as far as its process's end does not say so?"""
        return True

    @abstractmethod
    def check(self, flows: Sequence[Flow], expected: Expected | None, seen: Seen) -> None:
        """Raise Fault where it did not see what it must have seen; `expected` is None where flows ask it nothing."""

    def given(self, seen: Seen) -> Mapping[int, Given]:  # noqa: ARG002
        """Return what it says of the waits that it gave, by the flow's index; nothing where it does not know."""
        return {}

    def footprint(self, flows: int, parameters: Mapping[str, Value]) -> tuple[int, int]:  # noqa: ARG002
        """Return the open files in one process, and the tasks, that it needs for so many flows of a cell with these parameters."""
        return 0, 0


@cache
def load_target(name: str) -> Target[Any, Any, Any]:
    """Import one target. The server of a user's file is called `serve_` and the file's workload."""
    if name.startswith(SERVE):
        from bench.targets.serve import Serve  # noqa: PLC0415 - only where there is such a file

        return Serve(name.removeprefix(SERVE))
    return cast("Target[Any, Any, Any]", importlib.import_module(f"bench.targets.{name}").TARGET)
