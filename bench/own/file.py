"""A user's file: which it is, the module that it becomes, and the places in it that a message names.

Strategy: a file is known by its path and the hash of its text. A campaign keeps a copy in the run's folder, and cells read that copy. The
module goes by the path that the user knows, so that a traceback names a file that the user has. A file that changed is refused, not run.
A process that starts from nothing gets an `OwnFile` with its flow; when that is unpickled, the file is there before what
`prepare` made, whose classes it may define.
"""

from __future__ import annotations

import hashlib
import json
import linecache
import os
import re
import sys
import traceback
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from types import ModuleType
from typing import Any

from bench.own.patience import TooLongError
from bench.words import UserError

PREFIX = "own_"  # of the module's name: a file may be called like the library that it uses
NAME = re.compile(r"[a-z][a-z0-9_]{0,39}", re.ASCII)
MOST_BYTES = 2**20
DEBUG = "BENCH_DEBUG"  # in the environment of a cell and its flows: an error's whole traceback goes to standard error


@dataclass(frozen=True)
class OwnFile:
    """A user's file. `path`: where its text is read. `shown`: where the user has it. `sha256`: of its text."""

    name: str
    path: str
    shown: str
    sha256: str

    @property
    def module(self) -> str:
        """The name of its module."""
        return PREFIX + self.name

    def to_text(self) -> str:
        """The file as a cell's command line says it."""
        return json.dumps(asdict(self))

    def at(self, path: Path) -> OwnFile:
        """The same text in another place."""
        return replace(self, path=str(path))

    def __reduce__(self) -> tuple[Any, ...]:
        return restored, (self.name, self.path, self.shown, self.sha256)


FILES: dict[str, OwnFile] = {}  # the files that this process knows, by the workload's name


def restored(*fields: str) -> OwnFile:
    """In a process that starts from nothing: the file, and its module."""
    file = OwnFile(*fields)
    FILES[file.name] = file
    module_of(file)
    return file


def from_text(text: str) -> OwnFile:
    """Read what a command line says: a path, or what `to_text` said. Raises UserError."""
    if not text.startswith("{"):
        return find(Path(text))
    try:
        return OwnFile(**json.loads(text))
    except (ValueError, TypeError) as error:
        raise UserError(f"--file {text[:40]}: not a file") from error


def find(path: Path) -> OwnFile:
    """The file at a path, as it is now. Raises UserError where it cannot be a workload."""
    if path.suffix != ".py":
        raise UserError(f"{path}: not a Python file: its name must end in .py")
    if not NAME.fullmatch(path.stem):
        raise UserError(
            f"{path}: its name becomes the workload's: use lower-case letters, digits and _, as in my_get.py"
        )
    return OwnFile(path.stem, str(path.resolve()), str(path.resolve()), digest(read(path)))


def read(path: Path) -> bytes:
    """The text of a file. Raises UserError."""
    try:
        text = path.read_bytes()
    except OSError as error:
        raise UserError(f"{path}: {error.strerror}: give the path of your file") from error
    if len(text) > MOST_BYTES:
        raise UserError(f"{path}: larger than a source file ({len(text):,} bytes)")
    return text


def digest(text: bytes) -> str:
    """The hash that a file is known by."""
    return hashlib.sha256(text).hexdigest()


def module_of(file: OwnFile) -> ModuleType:
    """Run a file's text, once in this process. Raises UserError with file and line where it does not run."""
    if file.module in sys.modules:
        return sys.modules[file.module]
    text = read(Path(file.path))
    if digest(text) != file.sha256:
        raise UserError(f"{file.path}: it changed since the run began: start a new run")
    module = ModuleType(file.module)
    module.__file__ = file.shown
    beside = str(Path(file.shown).parent)
    if beside not in sys.path:
        sys.path.append(beside)  # what lies beside the file can be imported, and hides nothing
    try:
        source = text.decode()
        linecache.cache[file.shown] = (len(text), None, source.splitlines(keepends=True), file.shown)
        sys.modules[file.module] = module
        exec(compile(source, file.shown, "exec"), vars(module))  # noqa: S102 - to run it is what the user asks for
    except SyntaxError as error:
        raise UserError(f"{Path(error.filename or file.shown).name}, line {error.lineno}: {error.msg}") from error
    except UnicodeDecodeError as error:
        raise UserError(f"{file.shown}: not a Python file: its text is not UTF-8") from error
    except (Exception, SystemExit, TooLongError) as error:
        raise UserError(told(error, file)) from error
    finally:
        if vars(module) and isinstance(sys.exc_info()[1], BaseException):
            sys.modules.pop(file.module, None)
    return module


def told(error: BaseException, file: OwnFile | None = None) -> str:
    """An error in one line; where it came through a user's file, with the innermost place in that."""
    mine = [file] if file else [*FILES.values()]
    shown = {one.shown: Path(one.shown).name for one in mine}
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename in shown]
    if os.environ.get(DEBUG):
        traceback.print_exception(error)
    text = " ".join(f"{type(error).__name__}: {error}".split())[:300]
    if not frames:
        return text
    if isinstance(error, ModuleNotFoundError) and error.name:
        text += f": name what has it in PACKAGES, or say --with {error.name.partition('.')[0]}"
    where = f"{shown[frames[-1].filename]}, line {frames[-1].lineno}, in {frames[-1].name}"
    return f"{text} ({where}: {frames[-1].line})" if frames[-1].line else f"{text} ({where})"


def is_in(error: BaseException) -> bool:
    """Did it come through a user's file?"""
    shown = {one.shown for one in FILES.values()}
    return any(frame.filename in shown for frame in traceback.extract_tb(error.__traceback__))
