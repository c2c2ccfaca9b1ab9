"""The file that flows read, and the ways past the page cache.

Strategy: one file whose every 4 KiB block says which block it is, so that a wrong block is noticed. It is read with
O_DIRECT. The file system may refuse that, or the kernel's own count of fetched bytes may not grow (tmpfs). Then the
whole file is dropped with posix_fadvise before each launch, and proved gone with mincore. Where that does not work
either, the disk cannot be measured here. (Dropping single blocks does not work: of 1,000 fresh ones, 1,000 stayed.)
"""

from __future__ import annotations

import ctypes
import errno
import mmap
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from time import monotonic_ns

from bench.machine.disk import fetched_bytes
from bench.machine.leftovers import remove_left_over
from bench.targets import NotHereError

BLOCK = 4096
PREFIX = ".disk-"
FILE_BYTES = 128 * 2**20  # larger than any default cell reads, and than its largest single read
DIRECT, DROPPED = "O_DIRECT", "posix_fadvise"
LARGEST_READ = 64 * 2**20
REPORTS = Path(__file__).resolve().parents[2] / "reports"
NO_WAY = "files in this folder cannot be read past the page cache (tmpfs?)"


class NoWayPastCacheError(NotHereError):
    """A folder whose files are always answered from memory."""


@dataclass(frozen=True)
class DiskFile:
    """The file and the way past the page cache: O_DIRECT or posix_fadvise."""

    path: Path
    method: str

    def open(self) -> int:
        """Open for reading past the cache; return the descriptor."""
        return os.open(self.path, os.O_RDONLY | (os.O_DIRECT if self.method == DIRECT else 0))

    def make_cold(self) -> None:
        """Before a launch: drop the file from the cache, where it is not bypassed. Raises OSError if it stays."""
        if self.method == DROPPED and not dropped(self.path):
            raise OSError(errno.EBUSY, "the file stays in the page cache", str(self.path))


@dataclass(frozen=True)
class Fetched:
    """What the kernel must at least have fetched from the disk for all flows together."""

    bytes: int


def block(index: int) -> bytes:
    """Return the content of one block of the file."""
    return index.to_bytes(8, "little") * (BLOCK // 8)


def make_file(folder: Path) -> int:
    """Write the file into a folder and see it on the disk; return its descriptor. Raises OSError where there is no room.

    It has no name from the start, or is unlinked at once: however this process ends, the kernel frees it.
    """
    fd = nameless(folder)
    try:
        with open(fd, "wb", closefd=False) as file:
            file.writelines(
                b"".join(block(index) for index in range(first, first + 256))
                for first in range(0, FILE_BYTES // BLOCK, 256)
            )
        os.fsync(fd)
    except BaseException:
        os.close(fd)
        raise
    return fd


def nameless(folder: Path) -> int:
    """Open a new file in a folder that has no name there; where the file system has none such, it loses its name."""
    with suppress(OSError):
        return os.open(folder, os.O_TMPFILE | os.O_RDWR, 0o600)
    path = folder / f"{PREFIX}{os.getpid()}-{secrets.token_hex(8)}"
    fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    path.unlink()
    return fd


def buffer(size: int) -> mmap.mmap:
    """Return page-aligned memory, as O_DIRECT needs it, already touched."""
    memory = mmap.mmap(-1, size)
    memory.write(bytes(size))
    return memory


def dropped(path: Path) -> bool:
    """Drop the whole file from the page cache; return whether all of it is gone (man 2 mincore).

    Not by trying to read with RWF_NOWAIT: that starts to read ahead what it does not find.
    """
    fd = os.open(path, os.O_RDWR)
    try:
        os.fsync(fd)
        os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_RANDOM)
        os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)
        size = os.fstat(fd).st_size
        with mmap.mmap(fd, size) as mapped:
            resident = (ctypes.c_ubyte * -(-size // mmap.PAGESIZE))()
            start = ctypes.c_char.from_buffer(mapped)
            asked = ctypes.CDLL(None).mincore(ctypes.byref(start), ctypes.c_size_t(size), resident)
            del start  # a mapping that is still exported cannot be closed
        return asked == 0 and not any(page & 1 for page in resident)
    finally:
        os.close(fd)


@contextmanager
def disk_file(folder: Path | None = None) -> Iterator[DiskFile]:
    """Make the file in a folder (None: that of all reports), and remove it afterwards.

    Raises NoWayPastCacheError where it cannot be read past the cache.
    """
    folder = folder or REPORTS
    folder.mkdir(parents=True, exist_ok=True)
    remove_left_over(folder, PREFIX)
    fd = make_file(folder)
    try:
        path = path_of(fd)
        method = way_past_cache(path)
        if not method:
            raise NoWayPastCacheError(NO_WAY, "name a folder on a disk with --out")
        yield DiskFile(path, method)
    finally:
        os.close(fd)


def path_of(fd: int) -> Path:
    """Where others of this user open the file anew, with flags and a position of their own, while we have it (man 5 proc)."""
    return Path(f"/proc/{os.getpid()}/fd/{fd}")


def size_that_takes(file: DiskFile, seconds: float) -> int:
    """Return how much to read in one go, in whole MiB as KiB, so that it takes about so long on this disk."""
    fd, memory, tries = file.open(), buffer(LARGEST_READ), []
    try:
        for number in range(5):
            file.make_cold()
            start = monotonic_ns()
            os.preadv(fd, [memory], number % (FILE_BYTES // LARGEST_READ) * LARGEST_READ)
            tries.append((monotonic_ns() - start) / 1e9)
    finally:
        os.close(fd)
    mib = round(LARGEST_READ / 2**20 * seconds / sorted(tries)[2])
    return min(LARGEST_READ // 2**20, max(1, mib)) * 1024


def way_past_cache(path: Path) -> str:
    """Return how this file can be read past the page cache, or '' if it cannot."""
    before, memory = fetched_bytes(), buffer(BLOCK)
    with suppress(OSError):
        fd = os.open(path, os.O_RDONLY | os.O_DIRECT)
        try:
            os.preadv(fd, [memory], 0)
        finally:
            os.close(fd)
        if memory[:] == block(0) and fetched_bytes() - before >= BLOCK:
            return DIRECT
    with suppress(OSError):
        if dropped(path):
            before = fetched_bytes()
            with path.open("rb", buffering=0) as file:
                file.read(BLOCK)
            if fetched_bytes() - before >= BLOCK:
                return DROPPED
    return ""
