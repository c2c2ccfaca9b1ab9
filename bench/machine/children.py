"""The environment of every process of the suite's that another one starts.

Strategy: a child gets what bench.machine.switches lets through of the user's environment. Beside that it gets its parent's
number, where compiled modules are kept, and the descriptor through which it answers (bench.machine.answer). PYTHONSAFEPATH is not let through: `-m`
looks in the working directory first, and whoever starts a child makes that the checkout whose modules it shall have.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from bench.machine import runtime, switches
from bench.machine.answer import ANSWER
from bench.machine.orphans import PARENT
from bench.words import Finding, UserError

ROOT = Path(__file__).resolve().parents[2]
MOST, MOST_NAME = 20, 60  # names in a manifest, and characters of one
NO_CACHE = Finding(
    "warning",
    "compiled modules cannot be kept anywhere: each process compiles them anew, and spawned ones do so in the measured time",
    "let the suite write to .cache in its checkout, or name a folder of mode 700 in XDG_RUNTIME_DIR",
)


@cache
def bytecode() -> Path | None:
    """Where compiled modules are kept: in the checkout, or where that cannot be written, in this user's runtime folder.

    None where neither can be written. Compiling takes a fifth of the time that a cell takes to start; under `process_spawn` that
    time is a part of what is measured.
    """
    inside = ROOT / ".cache" / "bytecode"
    if _writable(inside):
        return inside
    try:
        folder = runtime.runtime_folder() / "bytecode" / hashlib.sha256(os.fsencode(ROOT)).hexdigest()[:16]
    except UserError:
        return None
    return folder if _writable(folder) else None


def _writable(folder: Path) -> bool:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return False
    return os.access(folder, os.W_OK | os.X_OK)


def environment(environ: Mapping[str, str] = os.environ, *, answer: int | None = None) -> dict[str, str]:
    """The environment of a child that this process starts; `answer`: the descriptor that it is given to answer through."""
    kept = {**switches.clean(environ)[0], PARENT: str(os.getpid())}
    folder = bytecode()
    if folder is not None:
        kept["PYTHONPYCACHEPREFIX"] = str(folder)
    return kept if answer is None else {**kept, ANSWER: str(answer)}


def findings(environ: Mapping[str, str] = os.environ, *, dropped: bool = False) -> list[Finding]:
    """What of the environment reaches children. Raises UserError where no Python starts in it.

    `dropped`: also what is kept from them. That cannot matter to a run, which only records it (`facts`).
    """
    find = switches.findings if dropped else switches.lasting
    try:
        found = find(environ, switches.state_of_a_cell(environ))
    except OSError as error:
        raise UserError(str(error)) from error
    return found if bytecode() is not None else [*found, NO_CACHE]


def facts(environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The same for a run's manifest, by name only: values may be secrets."""
    kept, dropped = switches.clean(environ)
    named = {
        "kept from cells": [one.name for one in dropped],
        "passed on to cells": [name for name in kept if name in switches.PASSED],
    }
    return {what: ", ".join(name[:MOST_NAME] for name in names[:MOST]) for what, names in named.items() if names}
