"""Locks on environments (man 2 flock): shared by those who use one, exclusive for who makes or removes it.

Nobody has to tidy up after a crash: the kernel drops a lock when the last process that has its descriptor ends.
"""

import fcntl
import os
from pathlib import Path

from scripts.set_up.words import say

SHARED, EXCLUSIVE = fcntl.LOCK_SH, fcntl.LOCK_EX


def lock_of(folder: Path) -> Path:
    """The lock file of an environment. It lies beside it, so that it stays when the folder goes."""
    return folder.with_name(f"{folder.name}.lock")


def try_to_hold(folder: Path, how: int, *, wait: bool = False) -> int | None:
    """Return the descriptor that holds the environment, or None if others are in the way and it is not to wait.

    Who removes an environment removes its lock file as well: then what was locked is no longer what lies there.
    """
    path = lock_of(folder)
    while True:
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        except OSError:  # another user's checkout, or one on a disk that is not to be written: it can still be held
            if not path.exists():
                raise
            descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            fcntl.flock(descriptor, how if wait else how | fcntl.LOCK_NB)
            if os.path.samestat(os.fstat(descriptor), path.stat()):
                return descriptor
        except BlockingIOError:
            os.close(descriptor)
            return None
        except FileNotFoundError:
            pass
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)


def hold(folder: Path, how: int) -> int:
    """Hold the environment, after waiting if need be; return the descriptor."""
    descriptor = try_to_hold(folder, how)
    if descriptor is None:
        doing = "setting up" if how == SHARED else "using or setting up"
        say(f"another process is {doing} {folder.name}: waiting for it")
        descriptor = try_to_hold(folder, how, wait=True)
    assert descriptor is not None  # noqa: S101 - it waited
    return descriptor
