"""Which folder an environment of this interpreter and these locks has, and whether it is finished."""

import hashlib
import os
import sys
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path
from typing import TYPE_CHECKING

from scripts.set_up.words import fail

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT = Path(__file__).resolve().parents[2]
LOCK, DEV_LOCK, WHEELS = ROOT / "requirements.lock", ROOT / "requirements-dev.lock", ROOT / "wheels.lock"
INTERPRETER = os.path.realpath(getattr(sys, "_base_executable", None) or sys.executable)  # not that of a user's venv
VERSION = f"{sys.version_info.major}.{sys.version_info.minor}"
BUILD = {"": "standard", "t": "free-threaded", "d": "debug", "td": "free-threaded-debug"}.get(
    sys.abiflags, sys.abiflags
)
RECIPE = "1"  # raise it when environments are made in another way: then those of before are made anew


def digest(*parts: str) -> str:
    """Eight characters that tell apart what differs in any part."""
    return hashlib.sha256("\0".join(parts).encode(errors="surrogateescape")).hexdigest()[:8]


def text_of(lock: Path) -> str:
    """What a lock file says."""
    if not lock.exists():
        fail(f"{lock.name} is missing: bring it back with `git checkout {lock.name}`")
    return lock.read_text(encoding="utf-8")


class Environment:
    """One environment: its folder, the lock that it is made from, and the part beneath it, if any."""

    def __init__(self, part: str, lock: Path, below: "Environment | None" = None) -> None:
        self.part, self.lock, self.below = part, lock, below
        self.made_from: str = digest(RECIPE, text_of(lock), below.made_from if below else "")
        interpreter = digest(INTERPRETER, sys.version, EXTENSION_SUFFIXES[0])
        home = f"{sys.implementation.name}-{VERSION}-{BUILD}-{interpreter}"
        self.folder = ROOT / ".venv" / home / f"{part}-{self.made_from}"

    @property
    def python(self) -> Path:
        """Its Python."""
        return self.folder / "bin" / "python"

    @property
    def stamp(self) -> Path:
        """The file that a finished environment has: where its packages lie, then the names found there."""
        return self.folder / "stamp"

    def is_finished(self) -> bool:
        """Whether it was made to the end, and nothing at the top of its packages is gone since."""
        try:
            packages, *names = self.stamp.read_text().splitlines()
            return set(names) <= {path.name for path in (self.folder / packages).iterdir()} and os.access(
                self.python, os.X_OK
            )
        except (FileNotFoundError, ValueError):
            return False


class Libraries(Environment):
    """What a user's own file needs on top of `run`. No lock says which versions: those that fit were taken when it was made."""

    def __init__(self, wanted: "Sequence[str]", below: Environment) -> None:
        super().__init__("with", below.lock, below)
        self.wanted = sorted(set(wanted))
        self.folder = below.folder.with_name(f"{prefix_of_libraries(below)}{digest(self.made_from, *self.wanted)}")

    @property
    def contents(self) -> Path:
        """The file that says what was wanted, and what was installed with its hash."""
        return self.folder / "libraries.json"


def prefix_of_libraries(run: Environment) -> str:
    """How the names of all environments begin that lie over this one with a user's libraries."""
    return f"with-{run.made_from}-"


def environments(*, dev: bool, wanted: "Sequence[str]" = ()) -> list[Environment]:
    """The parts that a command needs, the lowest first. `wanted`: libraries, as pip names them."""
    run = Environment("run", LOCK)
    if wanted:
        return [run, Libraries(wanted, run)]
    return [run, Environment("dev", DEV_LOCK, run)] if dev else [run]
