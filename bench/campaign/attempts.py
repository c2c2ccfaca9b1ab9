"""Every attempt at a cell, which of them count, and which blocks were disturbed.

Each change is written to run.json before the next cell starts, so that the file is true however a run ends.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace
from pathlib import Path

from bench.campaign.plan import Block, Place
from bench.campaign.subprocesses import Attempt
from bench.store import manifest as manifests
from bench.store import records
from bench.store.manifest import Disturbance, Manifest, Void
from bench.store.records import Record


class Attempts:
    """The attempts of a run, read from its folder and its manifest. `done`: the places with an attempt that counts."""

    def __init__(self, folder: Path, manifest: Manifest) -> None:
        self._folder, self._manifest = folder, manifest
        self._ids: dict[Place, dict[int, str]] = {}  # by the attempt's number
        self._read()
        superseded = set(manifest.superseded)
        self.done: set[Place] = {place for place, ids in self._ids.items() if set(ids.values()) - superseded}

    def _read(self) -> None:
        """Read the attempts made before: none in a new run, all that were recorded in a resumed one."""
        recorded, manifest = records.read_all(self._folder / manifests.RAW), self._manifest
        # The run was stopped after a void record and before its note. The reason is lost, so the cell is measured again.
        unnoted = {record.id for record in recorded if record.void} - {void.id for void in manifest.void}
        lost = {void.id for void in manifest.void if void.lost}
        manifest.superseded = sorted(unnoted | lost | set(manifest.superseded))
        attempts = [(record.cell.name, record.round, record.attempt, record.id) for record in recorded]
        attempts += [(void.cell, void.round, void.attempt, void.id) for void in manifest.void]
        for cell, round_, attempt, id_ in attempts:
            self._ids.setdefault((cell, round_), {})[attempt] = id_

    @property
    def places(self) -> int:
        """How many cells were tried, each round counted."""
        return len(self._ids)

    def last(self, block: Block) -> int:
        """The number of the last attempt at a block; 0 where there was none."""
        return max((max(self._ids.get((cell.name, block.round), {0: ""})) for cell in block.cells), default=0)

    def ids(self, block: Block, attempt: int) -> set[str]:
        """The ids of one attempt at a block's cells, tried or not."""
        return {records.record_id(cell, block.round, attempt) for cell in block.cells}

    def all_ids(self, block: Block) -> set[str]:
        """The ids of every attempt at a block's cells so far."""
        return {id_ for cell in block.cells for id_ in self._ids.get((cell.name, block.round), {}).values()}

    def counting(self, block: Block) -> set[str]:
        """The ids of the attempts at a block's cells that count."""
        return self.all_ids(block) - set(self._manifest.superseded)

    def is_void(self, ids: Collection[str]) -> bool:
        """Is one of these attempts void?"""
        return any(void.id in ids for void in self._manifest.void)

    def add(self, attempt: Attempt) -> None:
        """Note that a cell was tried."""
        self._ids.setdefault((attempt.cell.name, attempt.round), {})[attempt.attempt] = attempt.record.stem

    def add_void(self, attempt: Attempt, reason: str, *, lost: bool = False, again: bool = False) -> None:
        """Note that an attempt is void, and whether it was `lost`: then a run that goes on measures it again.

        One that is measured `again` at once does not count, from the same write on: a run that is stopped before the next
        attempt must make that when it goes on.
        """
        void = Void(attempt.record.stem, attempt.cell.name, attempt.round, attempt.attempt, reason, lost)
        self._manifest.void.append(void)
        if again:
            self._manifest.superseded = sorted({void.id, *self._manifest.superseded})
        self._write()

    def begin(self, block: Block, attempt: int, *, repeat: bool) -> None:
        """Note before an attempt whether it counts from its first record on, in place of all before, or not yet: a repeat.

        A repeat of that number may have begun before, and have been stopped ahead of its first record.
        """
        before, now = set(self._manifest.superseded), self.ids(block, attempt)
        superseded = before | now if repeat else (before | self.all_ids(block)) - now
        if superseded != before:
            self._manifest.superseded = sorted(superseded)
            self._write()

    def count_instead(self, block: Block, latest: set[str], before: set[str]) -> None:
        """The latest attempt at a disturbed block counts from now on, and what counted before does not."""
        self._manifest.superseded = sorted((set(self._manifest.superseded) | before) - latest)
        self._manifest.disturbed = [
            replace(entry, again=True) if (entry.block, entry.round) == (block.name, block.round) else entry
            for entry in self._manifest.disturbed
        ]
        self._write()

    def finish(self, block: Block) -> None:
        """A block needs no more work."""
        self.done.update((cell.name, block.round) for cell in block.cells)

    def note_disturbance(self, block: Block, disturbance: Callable[[Record], str]) -> bool:
        """Was a block that was just measured disturbed? Then that is noted. `disturbance` says of a record what it was."""
        reasons = []
        for cell in block.cells:
            ids = self._ids[cell.name, block.round]
            path = self._folder / manifests.RAW / f"{ids[max(ids)]}.json"
            if path.exists():
                record = records.read(path)
                reasons += [f"{cell.name}: {reason}" for reason in (disturbance(record),) if reason and not record.void]
        if reasons:
            self._manifest.disturbed.append(Disturbance(block.name, block.round, reasons[0], again=False))
            self._write()
        return bool(reasons)

    def _write(self) -> None:
        self._manifest.write(self._folder)
