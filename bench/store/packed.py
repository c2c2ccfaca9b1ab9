"""A run in one file: a tar archive of small JSON files, compressed with xz. `tar xf` unpacks it, too.

Strategy: such a file may be anybody's, so this module reads tar itself, and only the part of it that `pack` writes. Every header
must be that of a regular file with a name that a run has; links, folders, devices, sparse files and extensions are refused by
their type. Bytes are decompressed as they are asked for. So a file that would grow without end is refused at the limit, not
after it. What is in the files is checked by whoever reads them, as for any folder (bench/store/records.py, manifest.py).

A copy of a user's own file is not packed: `--resume` would run it.
"""

from __future__ import annotations

import io
import os
import re
import shutil
import tarfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from lzma import FORMAT_XZ, LZMADecompressor, LZMAError
from lzma import open as open_xz
from pathlib import Path

from bench.store.atomic import NEW, directory, write_bytes
from bench.store.border import MAX_BYTES, StoreError, read_bytes
from bench.store.records import ARCHIVE, MOST_RECORDS
from bench.words import UserError, shown

RAW = "raw"
MANIFEST = "run.json"
NAME = re.compile(rf"{re.escape(MANIFEST)}|{RAW}/[A-Za-z0-9_][A-Za-z0-9_.+=-]{{0,239}}\.json")

MOST_PACKED = 64 * 2**20  # bytes of the file; that of a run of `full` has about 2 MiB
MOST_UNPACKED = 512 * 2**20  # bytes of all that is in it, headers included
MOST_FILES = MOST_RECORDS + 1  # a manifest, too
DECODER = 128 * 2**20  # bytes of memory that decompressing may take; `xz -9` asks for 65 MiB
CHUNK = 2**16  # bytes that are decompressed at a time
BLOCK = 512  # bytes of a header; contents are padded to as many
LONG = b"L"  # the type of a header whose content is the next one's name, where that has more than 100 bytes (GNU tar)


def pack(folder: Path, file: Path) -> None:
    """Write a run's manifest and records into one file. The same run gives the same bytes.

    Raises StoreError where a file of the run cannot be packed, NotOursError and OSError where the file cannot be written.
    """
    _write(folder, [MANIFEST, *_records(folder)], file)


def unpack(file: Path, folder: Path) -> None:
    """Write what `pack` packed into a new folder, which nobody has yet; a failure leaves no folder.

    Raises StoreError where the file is not one that `pack` writes, UserError where the folder is there or cannot be made.
    """
    try:
        folder.mkdir()
        (folder / RAW).mkdir()
    except OSError as error:
        raise UserError(f"cannot make {folder}: {error.strerror}; name a new folder") from error
    try:
        names = _spread(file, folder)
        if MANIFEST not in names:
            raise StoreError(f"{file}: not a packed run (it has no {MANIFEST})")
    except BaseException:
        shutil.rmtree(folder)
        raise


def pack_records(folder: Path) -> Path:
    """Replace a run's records by one file that holds them; return that. Raises as `pack`.

    The records are removed only after all of them were read back.
    """
    names, file = _records(folder), folder / ARCHIVE
    _write(folder, names, file)
    if dict(members(file)) != {name: read_bytes(folder / name) for name in names}:
        raise StoreError(f"{file}: it does not hold what {folder / RAW} holds; that is left as it was")
    for name in names:
        (folder / name).unlink()
    (folder / RAW).rmdir()
    return file


def unpack_records(folder: Path) -> Path:
    """Replace a run's packed records by a folder that holds them; return that. Raises as `unpack`."""
    file, raw = folder / ARCHIVE, folder / RAW
    try:
        raw.mkdir()
    except OSError as error:
        raise UserError(f"cannot make {raw}: {error.strerror}") from error
    try:
        _spread(file, folder)
    except BaseException:
        shutil.rmtree(raw)
        raise
    file.unlink()
    return raw


def members(file: Path) -> Iterator[tuple[str, bytes]]:
    """The files in a packed one: name and content, each at most MAX_BYTES long. Raises StoreError at the first fault."""
    there: set[str] = set()
    stream = _Stream(file, read_bytes(file, MOST_PACKED))
    long_name = ""
    while any(block := stream.take(BLOCK)):
        header = _header(file, block)
        content = stream.take(header.size)
        stream.take(-header.size % BLOCK)
        if header.kind == LONG and not long_name:
            long_name = content.rstrip(b"\0").decode("ascii", "replace")
            continue
        name, long_name = long_name or header.name, ""
        if header.kind != tarfile.REGTYPE or not NAME.fullmatch(name) or name in there:
            raise StoreError(f"{file}: {shown(name)} is no file of a run, or is there twice")
        there.add(name)
        if len(there) > MOST_FILES:
            raise StoreError(f"{file}: more than {MOST_FILES:,} files, which no run has")
        yield name, content
    stream.end()


@dataclass(frozen=True)
class _Header:
    """What the header of a file says."""

    name: str
    kind: bytes
    size: int


def _header(file: Path, block: bytes) -> _Header:
    """Read a header (the format: tar(5)); raises StoreError where a field is not as `pack` writes it."""
    name, _, rest = block[:100].partition(b"\0")
    size, kind = block[124:136].rstrip(b"\0 "), block[156:157]
    sum_ = sum(block) - sum(block[148:156]) + 8 * ord(" ")  # with spaces where the sum itself stands
    good = re.fullmatch(rb"[0-7]{1,11}", size) and block[257:265] == tarfile.GNU_MAGIC and not any(rest)
    if not good or block[148:154] != b"%06o" % sum_:
        raise StoreError(f"{file}: damaged, or not a packed run")
    if int(size, 8) > (255 if kind == LONG else MAX_BYTES):
        raise StoreError(f"{file}: a file in it is larger than any of a run ({MAX_BYTES} bytes)")
    return _Header(name.decode("ascii", "replace"), kind, int(size, 8))


class _Stream:
    """What compressed bytes hold, decompressed as it is asked for."""

    def __init__(self, file: Path, packed: bytes) -> None:
        self._file, self._packed, self._given = file, packed, 0
        self._ready = bytearray()
        self._xz = LZMADecompressor(FORMAT_XZ, DECODER)

    def take(self, size: int) -> bytes:
        """The next so many bytes; raises StoreError where there are fewer, or the limit is reached."""
        while len(self._ready) < size:
            if self._given > MOST_UNPACKED:
                raise StoreError(f"{self._file}: more than {MOST_UNPACKED} bytes are packed in it, which no run has")
            if not (chunk := self._chunk()):
                raise StoreError(f"{self._file}: truncated, or not a packed run")
            self._given += len(chunk)
            self._ready += chunk
        taken = bytes(self._ready[:size])
        del self._ready[:size]
        return taken

    def end(self) -> None:
        """Raise StoreError where anything but padding follows."""
        while True:
            if any(self._ready) or self._given > MOST_UNPACKED:
                raise StoreError(f"{self._file}: something follows the last of its files")
            self._ready.clear()
            if not (chunk := self._chunk()):
                break
            self._given += len(chunk)
            self._ready += chunk
        if not self._xz.eof or self._xz.unused_data:
            raise StoreError(f"{self._file}: truncated, or something follows the archive")

    def _chunk(self) -> bytes:
        """Some bytes more; none at the end, or where the file was cut."""
        try:
            while not self._xz.eof and (self._packed or not self._xz.needs_input):
                found = self._xz.decompress(self._packed, CHUNK)
                self._packed = b""  # it keeps what it did not use
                if found:
                    return found
        except LZMAError as error:
            raise StoreError(f"{self._file}: damaged, or not a packed run ({error})") from error
        return b""


def _records(folder: Path) -> list[str]:
    """The names of a run's records, in order; raises StoreError where there is no folder of them."""
    try:
        return sorted(
            f"{RAW}/{path.name}"
            for path in (folder / RAW).iterdir()
            if path.suffix == ".json" and not path.name.startswith(".")
        )
    except OSError as error:
        raise StoreError(f"{folder / RAW}: {error.strerror}: the run's records are not here") from error


def _write(folder: Path, names: Iterable[str], file: Path) -> None:
    """Pack these files of a folder. Of each only name and content are kept: no time, owner or mode."""
    packed = io.BytesIO()
    with open_xz(packed, "wb", preset=6) as stream, tarfile.open(None, "w", stream, format=tarfile.GNU_FORMAT) as tar:
        for name in names:
            if not NAME.fullmatch(name):
                raise StoreError(f"{folder / name}: not called like a record of this suite; remove it")
            content = read_bytes(folder / name)
            header = tarfile.TarInfo(name)
            header.size = len(content)
            tar.addfile(header, io.BytesIO(content))
    if packed.tell() > MOST_PACKED:
        raise StoreError(f"{folder}: more than {MOST_PACKED} bytes when packed, which nobody would read")
    write_bytes(file, packed.getvalue())


def _spread(file: Path, folder: Path) -> set[str]:
    """Write the files in a packed one below a folder that is ours; return their names. Raises StoreError."""
    names: set[str] = set()
    with directory(folder) as top, directory(folder / RAW) as raw:
        for name, content in members(file):
            head, _, tail = name.rpartition("/")
            with os.fdopen(os.open(tail, NEW, 0o666, dir_fd=raw if head else top), "wb") as written:
                written.write(content)
            names.add(name)
    return names
