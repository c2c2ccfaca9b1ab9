"""A folder that only this user can write to, for what must not be anybody's: the lock, sockets.

Strategy: the one that the system made for the purpose, else one of our own. A folder counts if it is no link, is ours, and
nobody else may enter it. Anything else at its name is left alone, and the next one is tried.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from bench.words import UserError

NAME = "kernel-user-threads-bench"
OWN_ONLY = 0o700


def candidates(environ: Mapping[str, str], user: int, root: Path) -> Iterator[tuple[Path, bool]]:
    """Where to look, in order, and whether we may make it there.

    Before the home folder: that may be on a disk that several machines share, and a lock there would be theirs as well.
    """
    given = environ.get("XDG_RUNTIME_DIR", "")
    if given.startswith("/"):
        yield Path(given), False
    yield root / "run/user" / str(user), False
    yield root / "tmp" / f"{NAME}-{user}", True
    home = environ.get("HOME", "")
    if home.startswith("/"):
        yield Path(home) / ".cache" / NAME, True


def is_private(folder: Path, user: int) -> bool:
    """Is this a folder, no link to one, that is the user's, and that nobody else can enter?"""
    try:
        found = folder.lstat()
    except OSError:
        return False
    return stat.S_ISDIR(found.st_mode) and found.st_uid == user and stat.S_IMODE(found.st_mode) & 0o077 == 0


def runtime_folder(environ: Mapping[str, str] = os.environ, root: Path = Path("/")) -> Path:
    """The first of the candidates that only this user can write to, made if need be. Raises UserError if no candidate will do."""
    user, looked = os.geteuid(), []
    for folder, make in candidates(environ, user, root):
        if make:
            with suppress(OSError):
                folder.parent.mkdir(parents=True, exist_ok=True)
                folder.mkdir(mode=OWN_ONLY)  # whatever the umask, nobody else gets in
        if is_private(folder, user):
            return folder
        looked.append(str(folder))
    raise UserError(
        f"no folder that only you can write to, of {', '.join(looked)}: make one with mode 700 and name it in XDG_RUNTIME_DIR"
    )
