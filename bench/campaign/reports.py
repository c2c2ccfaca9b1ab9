"""What a report takes: as earlier ones took on this machine, or else as the table below says.

A run's manifest keeps how long its report took, and of how many records. From that follows how many times as slow as the
table this machine is, and so what a report of any size will take here.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from bench.store import manifest as manifests
from bench.store import runs
from bench.store.border import StoreError
from bench.store.manifest import Manifest

# Seen on two shared cores: 3.6 s for 59 records, 8 to 10 s for 404. A third more, for machines nothing is known of.
BASE_S, RECORD_S = 4.0, 0.02
LATEST = 3  # of the reports made here, so many count; the slowest of them decides
DOUBT = 1.25  # the next one may be slower still, and the cell before it may end late
FASTEST, SLOWEST = (
    0.1,
    20.0,
)  # what a machine can be, in times of the table: beyond that, somebody slept or somebody lied


@dataclass(frozen=True)
class ReportCost:
    """The seconds of a report: some for any, and some for each record."""

    base_s: float = BASE_S
    record_s: float = RECORD_S

    def of(self, records: int) -> float:
        """The seconds that a report of so many records takes."""
        return self.base_s + self.record_s * records

    def times(self, factor: float) -> ReportCost:
        """What it costs where all takes `factor` times as long."""
        return ReportCost(self.base_s * factor, self.record_s * factor)


TABLE = ReportCost()


def learned(earlier: Iterable[Manifest]) -> ReportCost:
    """What a report takes where these runs had theirs: as the slowest of the latest, and somewhat more; else the table."""
    told = [m for m in earlier if usable(m)][-LATEST:]
    if not told:
        return TABLE
    slowness = max(m.report["seconds"] / TABLE.of(int(m.report["records"])) for m in told)
    return TABLE.times(DOUBT * min(SLOWEST, max(FASTEST, slowness)))


def usable(manifest: Manifest) -> bool:
    """Does it say what its report took, in numbers that can be?"""
    told = [manifest.report.get(key, math.nan) for key in ("seconds", "records")]
    return all(math.isfinite(number) and number > 0 for number in told)


def here(host: str, reports: Path = runs.REPORTS) -> ReportCost:
    """What a report takes on the machine of this name."""
    found: list[Manifest] = []
    for folder in sorted((reports / "runs" / host).glob("*"), key=lambda folder: folder.name, reverse=True):
        if len(found) == LATEST:
            break
        try:
            manifest = manifests.read_manifest(folder)
        except StoreError:  # no run, or none that this version can read
            continue
        if usable(manifest):
            found.append(manifest)
    return learned(reversed(found))


def note(folder: Path, seconds: float) -> None:
    """Keep in a run's manifest what its report took."""
    manifest = manifests.read_manifest(folder)
    manifest.report = {"seconds": round(seconds, 2), "records": float(count(folder))}
    manifest.write(folder)


def count(folder: Path) -> int:
    """How many records a run's folder has, those that do not count included: a report reads them all."""
    return sum(1 for _ in (folder / manifests.RAW).glob("*.json"))
