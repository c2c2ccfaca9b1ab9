"""What this process has imported, and from where: a record says what was there, not what is installed somewhere."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from bench.own.file import FILES, PREFIX
from bench.words import Value

ROOT = Path(__file__).resolve().parents[2]
LIBRARIES = ("pyperf", "uvloop", "gevent", "greenlet", "trio", "httpx", "psycopg")
NAMED = 10


def versions() -> str:
    """Each of the libraries that was imported, and the version that it says it is."""
    there = [(name, sys.modules[name]) for name in LIBRARIES if name in sys.modules]
    if FILES:  # what a user's file imports is what is compared
        others = {name for name in sys.modules if "." not in name} - {*LIBRARIES, *sys.stdlib_module_names}
        mine = [(name, sys.modules[name]) for name in sorted(others) if not name.startswith(PREFIX)]
        there += [(name, module) for name, module in mine if isinstance(getattr(module, "__version__", None), str)]
    return ", ".join(f"{name} {getattr(module, '__version__', 'unknown')}" for name, module in there)


def strangers() -> list[str]:
    """Modules that come neither from the interpreter and its environment nor from this checkout."""
    places = {sys.prefix, sys.base_prefix, sys.exec_prefix, sys.base_exec_prefix, str(ROOT)}
    homes = tuple(f"{place}{os.sep}" for path in places for place in (path, os.path.realpath(path)))
    outside = set()
    for name, module in [*sys.modules.items()]:
        file = getattr(module, "__file__", None)
        if isinstance(file, str) and not name.startswith(PREFIX) and name != "__main__" and not file.startswith(homes):
            outside.add(name.partition(".")[0])
    return sorted(outside)


def imported() -> dict[str, Value]:
    """The same as a record has it; nothing of strangers where there are none. Called once the work is done."""
    found: dict[str, Value] = {"imported": versions()}
    if outside := strangers():
        found["imported_from_elsewhere"] = ", ".join(outside[:NAMED])
    return found
