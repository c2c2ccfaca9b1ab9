"""One campaign at a time per machine: two would measure each other."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.words import UserError

# Not in $TMPDIR, which differs by user: the machine has one such file. The kernel drops the lock when we end, however.
LOCK = Path("/tmp/kernel-user-threads-bench.lock")  # noqa: S108


@contextmanager
def machine_lock(run: str, path: Path = LOCK) -> Iterator[None]:
    """Hold the machine, or raise UserError that says who does."""
    try:
        try:
            fd = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        except FileNotFoundError:
            fd = os.open(path, os.O_RDWR | os.O_CLOEXEC | os.O_CREAT, 0o666)
            os.fchmod(fd, 0o666)  # whatever the umask: the next one may be another user
    except OSError as error:
        raise UserError(f"cannot open the lock {path}: {error.strerror}; remove it if no campaign runs") from error
    with os.fdopen(fd, "r+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise UserError(f"another campaign holds this machine: {file.read().strip()}; wait for it to end") from None
        file.truncate(0)
        file.write(f"process {os.getpid()}, run {run}\n")
        file.flush()
        yield
        file.seek(0)
        file.truncate(0)
