"""Users' files in a campaign: taking those that are named, keeping them in the run's folder, and finding them there again."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from types import MappingProxyType

from bench.machine.children import ROOT
from bench.own import patience
from bench.own.contract import workload_of
from bench.own.file import FILES, OwnFile, digest, find, read
from bench.own.patience import at_most
from bench.store.atomic import write_text
from bench.store.manifest import Manifest
from bench.words import UserError
from bench.workloads import WORKLOADS

FOLDER = "files"  # in a run's folder
FACT = "your files"  # in a manifest's environment: the hash of each, by the workload's name
# An empty file for each hash that this user named by its path: only these are run again.
KNOWN = ROOT / ".cache" / "own"
NAMED = re.compile(r"(?P<path>[^?]*\.\w+)(?P<rest>(?:/\w+(?:/\d+)?)?(?:\?.*)?)")


def paths(texts: Iterable[str]) -> list[Path]:
    """The files that are named among workloads."""
    return [Path(match["path"]) for text in texts if (match := NAMED.fullmatch(text))]


def paths_in(folder: Path) -> list[Path]:
    """The files that a run has kept, but only those that this user has named by their path before."""
    kept = sorted((folder / FOLDER).glob("*.py"))
    return [path for path in kept if (KNOWN / digest(read(path))).exists()]


def taken(texts: Iterable[str], left_out: Mapping[str, str] = MappingProxyType({})) -> list[str]:
    """Read the files that are named among workloads; return the workloads' names with what stood behind them.

    `left_out`: why files cannot be used, by their path. Where one of several cannot be used, that is said and the others go on.
    Raises UserError where none can.
    """
    found, wrong = [], list[UserError]()
    for text in texts:
        match = NAMED.fullmatch(text)
        if match is None:
            found.append(text)
            continue
        try:
            if reason := left_out.get(str(Path(match["path"]))):
                raise UserError(f"{Path(match['path']).name}: {reason}")
            found.append(take(Path(match["path"])).name + match["rest"])
        except UserError as error:
            wrong.append(error)
    if wrong and not found:
        raise wrong[0]
    for one in wrong:
        print(f"bench: {one}; the other workloads go on", file=sys.stderr)
    return found


def take(path: Path) -> OwnFile:
    """Read one file. Raises UserError where it is no workload."""
    file = find(path)
    if file.name in WORKLOADS:
        raise UserError(f"{path}: the suite has a workload called {file.name}: give your file another name")
    if FILES.get(file.name, file) != file:
        raise UserError(f"{path}: another file of this run is called {file.name}, too: give one of them another name")
    FILES[file.name] = file
    try:
        with at_most(patience.READ_S):
            workload_of(file)
    except UserError:
        del FILES[file.name]
        raise
    with suppress(OSError):  # then the run cannot be resumed without naming the file
        KNOWN.mkdir(parents=True, exist_ok=True)
        (KNOWN / file.sha256).touch()
    return file


def keep(folder: Path, workloads: Iterable[str]) -> dict[str, str]:
    """Copy the files of these workloads into a run's folder, and have cells read them there; return their hashes."""
    kept = {}
    for name in workloads:
        if name in FILES:
            (folder / FOLDER).mkdir(exist_ok=True)
            place = folder / FOLDER / f"{name}.py"
            write_text(place, read(Path(FILES[name].path)).decode())  # that it is UTF-8 was seen when it was taken
            FILES[name] = FILES[name].at(place)
            kept[name] = FILES[name].sha256
    return kept


def restore(folder: Path, manifest: Manifest) -> None:
    """Find the files of a run that goes on. Raises UserError where one was never named by this user, or changed."""
    for name, sha256 in manifest.environment.get(FACT, {}).items():
        path = folder / FOLDER / f"{name}.py"
        if digest(read(path)) != sha256:
            raise UserError(f"{path}: it changed since the run began: start a new run")
        if not (KNOWN / str(sha256)).exists():
            raise UserError(
                f"{path}: somebody else's code is not run by itself: read it, then start a run with --workload {path}"
            )
        FILES[name] = OwnFile(name, str(path), str(path), str(sha256))
        with at_most(patience.READ_S):
            workload_of(FILES[name])
