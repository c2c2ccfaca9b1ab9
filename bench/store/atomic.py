"""Writing a file so that nobody ever sees half of it, and nothing of somebody else's is touched.

Strategy: a run's folder may be anybody's, and may hold links that lead out of it. So the file's folder is opened once, by a
name that is no link, and everything happens below that descriptor. A temporary file gets a name that nobody can foresee.
It is made by us or not at all (O_EXCL, O_NOFOLLOW), synced, then renamed. A name that is taken by anything but a regular file is
left alone. Whoever lets a user name a folder through a link resolves it first: that link is the user's own.
"""

from __future__ import annotations

import errno
import json
import os
import re
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
TEMPORARY = re.compile(r"\..+\.[0-9a-f]{16}\.tmp")
LONGEST = 255  # bytes of a file's name (man 7 path_resolution: NAME_MAX)


class NotOursError(OSError):
    """A place that is not ours to write to: one line that names it, and what to do."""

    def __init__(self, path: Path, what: str) -> None:
        super().__init__(errno.EEXIST, what, str(path))

    def __str__(self) -> str:
        return f"{self.filename}: {self.strerror}"


@contextmanager
def directory(folder: Path) -> Iterator[int]:
    """Open a folder; raises NotOursError where its name is a link, whatever that leads to, and OSError."""
    try:
        descriptor = os.open(folder, DIRECTORY)
    except OSError as error:
        if folder.is_symlink():  # ELOOP, or ENOTDIR: kernels differ
            raise NotOursError(folder, "it is a link, which could lead anywhere: remove it") from error
        raise
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def check_ours(descriptor: int, path: Path) -> None:
    """Raise NotOursError where the name in this folder is taken by a link, a folder, a pipe or a device."""
    with suppress(FileNotFoundError):
        mode = os.stat(path.name, dir_fd=descriptor, follow_symlinks=False).st_mode
        if not stat.S_ISREG(mode):
            what = "a link" if stat.S_ISLNK(mode) else "a folder" if stat.S_ISDIR(mode) else "no regular file"
            raise NotOursError(path, f"it is {what}, and a file is to be written there: remove it")


def temporary_name(name: str) -> str:
    """A name beside another's that nobody can foresee, hidden, and no longer than file systems take."""
    tail = f".{secrets.token_hex(8)}.tmp"
    head = os.fsencode(name)[: LONGEST - len(tail) - 1].decode(errors="ignore")
    return f".{head}{tail}"


def write_text(path: Path, text: str) -> None:
    """Write UTF-8, as `write_bytes` does."""
    write_bytes(path, text.encode(errors="replace"))  # a name that is no UTF-8 comes with halves of characters


def write_bytes(path: Path, content: bytes) -> None:
    """Write to a temporary name beside `path`, sync, rename, sync the folder.

    A failure leaves no trace and the old file in place. Raises NotOursError where the folder's name is a link or the file's
    is taken by anything but a regular file, and OSError.
    """
    with directory(path.parent) as folder:
        check_ours(folder, path)
        temporary = temporary_name(path.name)
        descriptor = os.open(temporary, NEW, 0o666, dir_fd=folder)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(descriptor)
            os.rename(temporary, path.name, src_dir_fd=folder, dst_dir_fd=folder)
        except BaseException:
            with suppress(FileNotFoundError):
                os.unlink(temporary, dir_fd=folder)
            raise
        os.fsync(folder)


def json_text(content: Any) -> str:
    """JSON with sorted keys, one trailing newline: the same content is the same bytes."""
    return json.dumps(content, sort_keys=True, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def write_json(path: Path, content: Any) -> None:
    """Write JSON; the same content is the same bytes."""
    write_text(path, json_text(content))


def sweep(folder: Path) -> None:
    """Remove the temporary files that killed writers left in a folder, where nobody writes now. Raises as `directory`."""
    with directory(folder) as descriptor:
        for name in filter(TEMPORARY.fullmatch, os.listdir(descriptor)):  # noqa: PTH208 - a descriptor, no path
            if stat.S_ISREG(os.stat(name, dir_fd=descriptor, follow_symlinks=False).st_mode):
                os.unlink(name, dir_fd=descriptor)
