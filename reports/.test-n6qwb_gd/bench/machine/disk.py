"""What a folder's disk is, and what the kernel says was fetched from it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Disk:
    """The file system that holds a folder, and the device beneath it, as the kernel names them."""

    filesystem: str
    device: str


def fetched_bytes(io: Path = Path("/proc/self/io")) -> int:
    """Bytes that this process caused to be fetched from storage (man 5 proc), 0 where the kernel does not say."""
    try:
        for line in io.read_text().splitlines():
            if line.startswith("read_bytes:"):
                return int(line.split()[1])
    except OSError:
        return 0
    return 0


def disk_of(folder: Path, mounts: Path = Path("/proc/self/mountinfo")) -> Disk:
    """Find the mount that holds a folder: the longest mount point above it (man 5 proc, mountinfo)."""
    found, longest = Disk("unknown", "unknown"), -1
    try:
        lines = mounts.read_text().splitlines()
    except OSError:
        return found
    path = folder.resolve()
    for line in lines:
        left, _, right = line.partition(" - ")
        point = Path(left.split()[4].replace("\\040", " "))
        if (path == point or point in path.parents) and len(point.parts) >= longest:
            filesystem, device = right.split()[:2]
            found, longest = (
                Disk(filesystem, Path(device).name if device.startswith("/dev/") else device),
                len(point.parts),
            )
    return found
