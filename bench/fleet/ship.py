"""What travels to a host: the suite's code and its locks, as a tar file that is the same for the same files."""

from __future__ import annotations

import hashlib
import io
import tarfile
from dataclasses import dataclass
from pathlib import Path

from bench.machine.children import ROOT
from bench.words import UserError

LOCKS = ("requirements.lock", "requirements-fleet.lock", "requirements-dev.lock", "wheels.lock")
WHAT = ("bench", "scripts/set_up", "scripts/environment.py", "scripts/__init__.py", *LOCKS)


@dataclass(frozen=True)
class Bundle:
    """A tar file, and the first characters of the hash of what is in it."""

    content: bytes
    code: str


def bundle(root: Path = ROOT) -> Bundle:
    """Pack what a host needs of this checkout."""
    file, hashed = io.BytesIO(), hashlib.sha256()
    with tarfile.open(fileobj=file, mode="w:gz", compresslevel=6) as tar:
        for path in sorted(path for what in WHAT for path in _files(root / what)):
            content = path.read_bytes()
            member = tarfile.TarInfo(path.relative_to(root).as_posix())
            member.size, member.mode = len(content), 0o644
            hashed.update(f"{member.name}\0{len(content)}\0".encode() + content)
            tar.addfile(member, io.BytesIO(content))
    return Bundle(file.getvalue(), hashed.hexdigest()[:16])


def wheels(folder: Path) -> bytes:
    """A tar file of the wheels in a folder, for hosts that reach no package index. Raises UserError where there are none."""
    found = sorted(folder.glob("*.whl"))
    if not found:
        raise UserError(f"{folder} has no wheels: fill it as docs/fleet.md says")
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as tar:
        for path in found:
            tar.add(path, path.name)
    return file.getvalue()


def _files(path: Path) -> list[Path]:
    if path.is_file():
        return [path]
    return [one for one in path.rglob("*") if one.is_file() and "__pycache__" not in one.parts]
