"""Runs in a new environment: compile what is there, then prove that it has what it should.

    python -I imports.py SITE-PACKAGES NAME==VERSION ...

A package is there if its metadata, each of its files (by name and size) and each of its import packages are, and come
from this environment and nowhere else. The tests that packages bring along are not compiled: nobody imports them.
"""

import compileall
import csv
import re
import sys
from collections.abc import Iterator
from ctypes.util import find_library
from importlib import import_module, metadata
from importlib.util import find_spec
from pathlib import Path

# What a package needs of the system where a part of its own is left out (wheels.py): that part, and the system's library.
INSTEAD = {"psycopg": ("psycopg_binary", "pq")}
OURS = ("bench", "scripts", "tests")  # the checkout's own, that no package may take the place of


def import_names(distribution: metadata.Distribution) -> list[str]:
    """What one imports of it: its outermost packages, those inside a namespace too; its modules where it has none."""
    files = [file.parts for file in distribution.files or ()]
    packages = {parts[:-1] for parts in files if parts[-1] == "__init__.py"}
    outermost = {parts for parts in packages if not any(parts[:depth] in packages for depth in range(1, len(parts)))}
    modules = {(parts[0].split(".")[0],) for parts in files if len(parts) == 1 and parts[0].endswith((".py", ".so"))}
    return sorted(".".join(parts) for parts in outermost or modules if all(part.isidentifier() for part in parts))


def cannot_be_imported(name: str) -> bool:
    """Does a package lack both its own part and the system's library? Whoever needs it says so, and the rest of the suite runs."""
    part, library = INSTEAD.get(name, ("", ""))
    return bool(part) and find_spec(part) is None and find_library(library) is None


def faults_of(name: str, version: str, packages: Path) -> Iterator[str]:
    """What is wrong with one package that should be there."""
    found = list(metadata.Distribution.discover(name=name, path=[str(packages)]))
    if [distribution.version for distribution in found] != [version]:
        yield f"{name} {version} is not there"
        return
    # Read as it stands: newer versions of `files`, which another package may bring along, leave out what is missing.
    for file, _, size in csv.reader((found[0].read_text("RECORD") or "").splitlines()):
        place = Path(str(found[0].locate_file(file)))
        if not place.is_file() or (size and place.stat().st_size != int(size)):
            yield f"{name}: {file} is not as it was packed"
            return
    for module in [] if cannot_be_imported(name) else import_names(found[0]):
        print(f"importing {module}", flush=True)  # the last line, should it take the whole process along
        try:
            origin = import_module(module).__file__ or ""
        except BaseException as error:  # noqa: BLE001 - a package may raise, or exit, as it likes
            yield f"{name}: import {module} failed: {type(error).__name__}: {error}"
        else:
            if not Path(origin).is_relative_to(packages):
                yield f"{name}: {module} is imported from {origin}"


def main(arguments: list[str]) -> int:
    """Print what is wrong; exit status 1 if anything is."""
    packages = Path(arguments[0])
    compileall.compile_dir(packages, quiet=2, workers=0, rx=re.compile(r"/tests?/"))
    faults = [f"{name} takes the place of this checkout's" for name in OURS if (packages / name).exists()]
    for pinned in arguments[1:]:
        name, version = pinned.split("==")
        faults += faults_of(name, version, packages)
    print(*faults, sep="\n")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
