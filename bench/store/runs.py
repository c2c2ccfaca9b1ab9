"""Where runs are: finding one by path, id or `latest`, and making a folder for a new one."""

from __future__ import annotations

import os
import re
import shutil
from contextlib import suppress
from pathlib import Path

from bench.store import manifest
from bench.store.records import StoreError
from bench.words import UserError

REPORTS = Path(__file__).resolve().parents[2] / "reports"
ID = re.compile(r"\d{8}T\d{6}Z-\w+")  # of a run that was made where runs are looked for
SHELVES = ("runs", "gallery")  # folders of REPORTS that have runs to show
NEEDED_BYTES = 256 * 2**20  # a run is a few MB, and the file that it reads 128 MiB; less room than this is no room


def all_runs(reports: Path = REPORTS) -> list[Path]:
    """Every run's folder, yours and the gallery's, oldest first (ids begin with the UTC time)."""
    found = [path.parent for path in reports.glob(f"*/*/*/{manifest.FILE}") if path.parents[2].name in SHELVES]
    return sorted(found, key=lambda folder: (folder.name, str(folder)))


def find(name: str, reports: Path = REPORTS) -> Path:
    """Return a run's folder from a path, an id, or `latest`; raises UserError."""
    path = Path(name)
    with suppress(OSError):  # a name that is too long for a file is none
        if (path / manifest.FILE).is_file():
            return path.resolve()
    runs = all_runs(reports)
    if name == "latest":
        mine = [folder for folder in runs if folder.parent.parent.name == "runs"]
        if not mine:
            raise UserError("there is no run yet: make one with `make quick` or `make bench`")
        return max(mine, key=began)
    matches = [folder for folder in runs if folder.name == name]
    if len(matches) == 1:
        return matches[0]
    if matches:
        raise UserError(f"{len(matches)} runs are called {name}: give the path of one")
    raise UserError(f"{name!r} is no run: give a folder with a {manifest.FILE}, a run's id, or `latest`")


def began(folder: Path) -> tuple[str, str]:
    """When a run began, as text that sorts; what nobody can read began before all others. A folder's name may be chosen by hand."""
    try:
        return manifest.read_manifest(folder).started_utc, folder.name
    except StoreError:
        return "", folder.name


def name_of(run: manifest.Manifest) -> str:
    """What a user calls a run to have it found: its id, or, where its folder was chosen by hand, a path that ends like that."""
    return run.id if ID.fullmatch(run.id) else f".../{run.id}"


def make_folder(folder: Path) -> Path:
    """Make a new run's folder with its `raw`; raises UserError where it is not empty, not writable, or has no room."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise UserError(f"{folder} is not empty: name a new folder with --out, or go on with --resume {folder}")
        (folder / manifest.RAW).mkdir()
    except OSError as error:
        raise UserError(f"cannot make {folder}: {error.strerror}; name another folder with --out") from error
    check_room(folder)
    return folder


def check_room(folder: Path) -> None:
    """Raise UserError where a folder cannot be written or its disk is full."""
    if not os.access(folder, os.W_OK):
        raise UserError(f"{folder} is not writable: name another folder with --out")
    free = shutil.disk_usage(folder).free
    if free < NEEDED_BYTES:
        raise UserError(f"{folder}: the disk has {free // 2**20} MiB left, a run needs {NEEDED_BYTES // 2**20}")
