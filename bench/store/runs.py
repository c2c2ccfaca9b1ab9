"""Where runs are: finding one by path, id or `latest`, and making a folder for a new one."""

from __future__ import annotations

import os
import re
import shutil
import stat
from contextlib import suppress
from pathlib import Path

from bench.store import manifest
from bench.store.border import StoreError, file_kind
from bench.words import UserError, shown

REPORTS = (
    Path(__file__).resolve().parents[2] / "reports"
).resolve()  # it may be a link of the user's, to a larger disk
ID = re.compile(r"\d{8}T\d{6}Z-\w+")  # of a run that was made where runs are looked for
SHELVES = ("runs", "gallery")  # folders of REPORTS that have runs to show
NEEDED_BYTES = 256 * 2**20  # a run is a few MB, and the file that it reads 128 MiB; less room than this is no room
PAGE_HEAD = 4096  # bytes of a page that say whose it is
GENERATOR = b'<meta name="generator" content="kernel-user-threads-bench">'
TITLE = b"<title>Waiting on one core"  # what pages had to be known by before they named their generator


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
        return max(mine, key=began).resolve()
    matches = [folder for folder in runs if folder.name == name]
    if len(matches) == 1:
        return matches[0].resolve()  # links that the user made lead on; inside a run none does
    if matches:
        raise UserError(f"{len(matches)} runs are called {shown(name)[1:-1]}: give the path of one")
    what = ""
    with suppress(OSError, StoreError):
        what = file_kind(path) if path.is_file() else ""
    raise UserError(
        f"{name if what else shown(name)} is no run{what and f' ({what})'}: give a folder with a {manifest.FILE}, a run's id, or `latest`"
    )


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
    """Make a new run's folder with its `raw`; return where it really is: links that the user names lead on, once.

    Raises UserError where it is not empty, not writable, or has no room.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        folder = folder.resolve()
        if any(folder.iterdir()):
            raise UserError(f"{folder} is not empty: name a new folder with --out, or go on with --resume {folder}")
        (folder / manifest.RAW).mkdir()
    except OSError as error:
        raise UserError(f"cannot make {folder}: {error.strerror}; name another folder with --out") from error
    check_room(folder)
    return folder


def claim_folder(folder: Path, page: str = manifest.PAGE) -> Path:
    """Make a folder for a page of ours, or take one that is there; return where it really is.

    It is ours if it is new, empty, or has a page that the suite made, and is no run. What else is in it is left alone. Raises
    UserError where it is somebody else's, and where it cannot be made or read.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        folder = folder.resolve()
        taken = any(folder.iterdir()) and not is_our_page(folder / page)
    except OSError as error:
        raise UserError(f"cannot use {folder}: {error.strerror}; name another folder with --out") from error
    if taken or (folder / manifest.FILE).exists():
        what = "is a run" if not taken else f"is not empty and has no {page} of this suite"
        raise UserError(f"{folder} {what}: name a new folder with --out")
    return folder


def is_our_page(path: Path) -> bool:
    """Is this a page that the suite made? Links are followed by nobody; raises OSError where it cannot be read."""
    try:
        if not stat.S_ISREG(path.lstat().st_mode):
            return False
    except FileNotFoundError:
        return False
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as file:
        head = file.read(PAGE_HEAD)
    return head.lower().startswith(b"<!doctype html>") and (GENERATOR in head or TITLE in head)


def check_room(folder: Path) -> None:
    """Raise UserError where a folder cannot be written or its disk is full."""
    if not os.access(folder, os.W_OK):
        raise UserError(f"{folder} is not writable: name another folder with --out")
    free = shutil.disk_usage(folder).free
    if free < NEEDED_BYTES:
        raise UserError(f"{folder}: the disk has {free // 2**20} MiB left, a run needs {NEEDED_BYTES // 2**20}")
