"""The file on a disk as a target: what must be seen is that the kernel fetched every byte, and no cache answered."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from bench.targets import Referee, Started, Target
from bench.targets.disk_file import DIRECT, DROPPED, FILE_BYTES, DiskFile, Fetched, disk_file
from bench.words import Fault, Value

if TYPE_CHECKING:
    from bench.harness.flow import Flow
    from bench.harness.meters import Used


class KernelReferee(Referee[int]):
    """The kernel counts the bytes that each process makes the disk give; the cell's processes have read their own count."""

    def __init__(self, file: DiskFile) -> None:
        self._method = file.method

    def seen(self, token: str, used: Used) -> int:  # noqa: ARG002
        """Bytes fetched by all processes of the cell."""
        return used["read_bytes"]

    def facts(self) -> Mapping[str, Value]:
        """The way past the page cache."""
        return {"read_method": self._method}


class File(Target[DiskFile, Fetched, int]):
    """The file: its path, and the way past the page cache."""

    title = "the file on the disk"
    on_core = False
    on_disk = True
    file_bytes = FILE_BYTES

    @contextmanager
    def start(self, cpu: int | None, folder: Path | None) -> Iterator[Started[DiskFile]]:  # noqa: ARG002
        """Make it in this folder."""
        with disk_file(folder) as file:
            yield Started(file)

    def to_text(self, place: DiskFile) -> str:
        """The way past the page cache, and the path."""
        return f"{place.method}:{place.path}"

    def from_text(self, text: str) -> DiskFile:
        """Likewise."""
        method, _, path = text.partition(":")
        if method not in {DIRECT, DROPPED} or not path:
            raise ValueError(f"write {DIRECT} or {DROPPED}, a colon and the path")
        return DiskFile(Path(path), method)

    def referee(self, place: DiskFile, child: int) -> KernelReferee:  # noqa: ARG002
        """Nobody beside the kernel."""
        return KernelReferee(place)

    def check(self, flows: Sequence[Flow], expected: Fetched | None, seen: int) -> None:  # noqa: ARG002
        """The kernel must have fetched every byte, and may have fetched more."""
        wanted = expected.bytes if expected else 0
        if seen < wanted:
            raise Fault(f"the kernel fetched {seen} bytes from the disk, expected {wanted}: a cache answered")


TARGET = File()
