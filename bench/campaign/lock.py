"""One campaign at a time per machine: two would measure each other.

Strategy: two locks, which the kernel both drops when their holder ends, however. One is a name among the machine's abstract
unix sockets (man 7 unix). That is no file, so there is nothing to follow, to truncate, or to leave behind. It holds for all users.
The other is a file in a folder that only this user can write to, and it says who holds it. It also holds between
network namespaces of one user, where the name does not. Who holds the name is the kernel's own word (SO_PEERCRED), for any user.
"""

from __future__ import annotations

import fcntl
import os
import socket
import stat
import struct
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from bench.machine.runtime import NAME, runtime_folder
from bench.words import UserError, harmless

WAIT_S = 5.0  # one that is ending, or another's report being written
LOOK_S = 0.1
MOST_NOTE = 400  # characters of what a holder says of itself
WHAT_TO_DO = "wait for it to end, or end it"


REFUSALS = 1024  # that a holder's queue has room for: whoever asks who it is stays in there


class _TakenError(Exception):
    """Somebody else holds it: what it says of itself, or nothing, where the kernel can be asked."""


@contextmanager
def machine_lock(
    run: str,
    path: Path | None = None,
    name: str = NAME,
    *,
    clock: Callable[[], float] = time.monotonic,
    pause: Callable[[float], None] = time.sleep,
) -> Iterator[None]:
    """Hold the machine; waits 5 s for it, then raises UserError that says who has it: process, run, since when.

    `path`: the file, if not in the user's runtime folder. `name`: of the socket.
    """
    file = path or runtime_folder() / f"{NAME}.lock"
    end = clock() + WAIT_S
    with ExitStack() as stack:
        descriptor = _open(file)
        stack.callback(os.close, descriptor)
        while True:
            try:
                held = _take(descriptor, name)
                break
            except _TakenError as taken:
                if clock() >= end:
                    who = harmless(str(taken) or _holder(name))
                    raise UserError(f"another campaign holds this machine: {who}; {WHAT_TO_DO}") from None
            pause(LOOK_S)
        stack.enter_context(held)
        _say(descriptor, f"process {os.getpid()}, run {run}, since {datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC\n")
        yield
        _say(descriptor, "")


def _open(path: Path) -> int:
    """Open the file, or make it; a link is not followed, and what is no file of ours is not touched."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, 0o600)
    except OSError as error:
        why = "it is a link" if path.is_symlink() else error.strerror
        raise UserError(f"cannot open the lock {path}: {why}; remove it if no campaign runs") from error
    found = os.fstat(descriptor)
    if not stat.S_ISREG(found.st_mode) or found.st_uid != os.geteuid() or found.st_nlink != 1:
        os.close(descriptor)
        raise UserError(f"cannot use the lock {path}: it is no file of our own; remove it if no campaign runs")
    return descriptor


def _take(descriptor: int, name: str) -> socket.socket:
    """Take both locks, or none; raises _TakenError."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        note = os.pread(descriptor, MOST_NOTE, 0).decode(errors="replace").strip()
        raise _TakenError(note or "it has not said who it is") from None
    held = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        held.bind(f"\0{name}")
        held.listen(REFUSALS)
    except OSError:
        held.close()
        fcntl.flock(descriptor, fcntl.LOCK_UN)
        raise _TakenError("") from None
    return held


def _say(descriptor: int, note: str) -> None:
    """Write who holds the file; it is in a folder of our own, and was checked to be ours."""
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, note.encode(errors="replace")[:MOST_NOTE], 0)


def _holder(name: str) -> str:
    """Who holds the socket: asked of the kernel, and what it says of that process."""
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as asking:
            asking.settimeout(LOOK_S)
            asking.connect(f"\0{name}")
            size = struct.calcsize("3i")
            pid, user, _ = struct.unpack("3i", asking.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, size))
    except OSError:
        return "it has ended meanwhile, or says nothing"
    command = ""
    with suppress(OSError):
        command = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
    since = ""
    with suppress(OSError, ValueError, IndexError):
        began_s = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]) / os.sysconf("SC_CLK_TCK")
        at = datetime.fromtimestamp(time.time() - time.clock_gettime(time.CLOCK_BOOTTIME) + began_s, UTC)
        since = f", since {at:%Y-%m-%d %H:%M:%S} UTC"
    return f"process {pid} of user {user}, {command[:MOST_NOTE] or 'unknown'}{since}"
