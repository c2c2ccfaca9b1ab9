"""Filing a run that came from a host: all of it is checked before any of it is where runs are looked for.

Strategy: the client chose id, label and seed. A run that says others is not the one that was asked for, so a copy
of another host's run is refused. Where it is filed is made of the client's words alone.
"""

from __future__ import annotations

import re
import tempfile
from dataclasses import dataclass
from pathlib import Path

from bench.store import manifest as manifests
from bench.store import packed, runs
from bench.store.atomic import write_bytes
from bench.store.border import StoreError

MOST_LABEL = 40


@dataclass(frozen=True)
class Expected:
    """What the client asked a host to write into its run."""

    id: str
    label: str
    preset: str
    seed: int


def label_of(host: str, machine: str) -> str:
    """The folder of a machine's runs: the host's name, then eight characters of the machine's key."""
    name = re.sub(r"[^A-Za-z0-9]+", "-", host.rpartition("@")[2]).strip("-")[:MOST_LABEL] or "host"
    return f"{name}-{machine[:8]}"


def file_run(content: object, expected: Expected, reports: Path = runs.REPORTS) -> Path:
    """Check a packed run and file it; return its folder. Raises StoreError, and then nothing is filed."""
    if type(content) is not bytes or len(content) > packed.MOST_PACKED:
        raise StoreError("what it sent is no packed run")
    shelf = reports / "runs" / expected.label
    shelf.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".fleet-", dir=reports) as name:
        file, folder = Path(name) / "packed", Path(name) / expected.id
        write_bytes(file, content)
        packed.unpack(file, folder)
        manifest = manifests.read_manifest(folder)
        said = (manifest.id, manifest.host, manifest.preset, manifest.seed)
        if said != (expected.id, expected.label, expected.preset, expected.seed):
            raise StoreError("what it sent is another run than the one that was asked for")
        if not manifests.valid_records(folder, manifest):
            raise StoreError("its run has no record that counts: look at its doctor's findings")
        target = shelf / expected.id
        if target.exists():
            raise StoreError(f"{target} is there already")
        folder.rename(target)
    return target
