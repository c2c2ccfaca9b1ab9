"""run.json: what a run is, how far it got, and which of its records do not count."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, get_args

from bench.store.atomic import write_json
from bench.store.records import SCHEMA, Record, StoreError, read_all, read_json
from bench.words import FIGURES, Finding, Level

FILE = "run.json"
RAW = "raw"
NEEDED = (("machine", "CPU"), ("interpreter", "python"), ("interpreter", "implementation"))  # of the environment
# What a page shows of each workload that it has any source of.
BODIES = ("blocking", "coroutine", "open_blocking", "open_coroutine")
RESULTS = "results.json"
JUDGEMENT = "report.json"
PAGE = "index.html"
ENOUGH_QUIET = 6  # with so many quiet rounds a cell has an interval without those that were disturbed


@dataclass(frozen=True)
class Void:
    """A cell that gave nothing to be ranked, and why. `id` names its record, if it left one."""

    id: str
    cell: str
    round: int
    attempt: int
    reason: str


@dataclass(frozen=True)
class NotRun:
    """A cell that this machine cannot run, and why: listed, not an error."""

    cell: str
    reason: str


@dataclass(frozen=True)
class Rung:
    """A cell that asks how many flows there can be, and what stopped it; nothing if all its flows were there.

    `seconds` and `bytes`: what it took, of which the next step is guessed.
    """

    cell: str
    stopped: str = ""
    seconds: float = 0.0
    bytes: int = 0


@dataclass(frozen=True)
class Disturbance:
    """Something else used the core while a block was measured; `again`: it was measured again, and this superseded.

    Where that could not be, it is left out if all of its cells have quiet rounds enough without it.
    """

    block: str
    round: int
    why: str
    again: bool


@dataclass
class Manifest:
    """The manifest of a run. `state` is running, complete, incomplete (interrupted, or out of budget) or failed."""

    id: str
    host: str
    preset: str
    seed: int
    budget_s: float
    started_utc: str
    verdicts: bool
    plan: list[dict[str, Any]]
    environment: dict[str, Any]
    bodies: dict[str, dict[str, str]]
    workloads: list[str]  # in the order in which they are shown
    models: list[str]
    about: dict[str, dict[str, str]]
    state: str = "running"
    elapsed_s: float = 0.0
    rounds: int = 0
    void: list[Void] = field(default_factory=list)
    superseded: list[str] = field(default_factory=list)
    not_run: list[NotRun] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    scale: list[Rung] = field(default_factory=list)
    disturbed: list[Disturbance] = field(default_factory=list)
    precision: dict[str, float] = field(default_factory=dict)  # relative half widths asked for, by figure
    ladders: bool = True  # does it ask how many flows there can be, where its preset does?
    report: dict[str, float] = field(
        default_factory=dict
    )  # what the first one took: its seconds, and of how many records
    schema: int = SCHEMA

    def write(self, folder: Path) -> None:
        """Write run.json, atomically."""
        write_json(folder / FILE, asdict(self))


def read_manifest(folder: Path) -> Manifest:
    """Read and check a run's manifest; raises StoreError with one line that names the file."""
    path = folder / FILE
    content = read_json(path)
    if not isinstance(content, dict) or not isinstance(content.get("schema"), int):
        raise StoreError(f"{path}: not a manifest of this suite (it has no schema)")
    if content["schema"] > SCHEMA:
        raise StoreError(f"{path}: schema {content['schema']} is newer than this version's {SCHEMA}: update the suite")
    try:
        content["void"] = [Void(**entry) for entry in content["void"]]
        content["not_run"] = [NotRun(**entry) for entry in content["not_run"]]
        content["scale"] = [Rung(**entry) for entry in content.get("scale", [])]
        content["disturbed"] = [Disturbance(**entry) for entry in content.get("disturbed", [])]
        content["findings"] = [Finding(**entry) for entry in content["findings"]]
        manifest = Manifest(**content)
        _check(manifest)
    except (TypeError, KeyError, AttributeError) as error:
        raise StoreError(f"{path}: not a manifest of this suite ({' '.join(str(error).splitlines())})") from error
    return manifest


def _check(manifest: Manifest) -> None:
    """Raise TypeError or KeyError where a part has not the shape that a report relies on."""
    _check_texts(manifest)
    _check_numbers(manifest)
    for entry in manifest.disturbed:
        if not isinstance(entry.round, int) or not isinstance(entry.again, bool):
            raise TypeError(f"a disturbance is of round {entry.round!r}, again {entry.again!r}")
    for finding in manifest.findings:
        if finding.level not in get_args(Level):
            raise TypeError(f"a finding is of level {finding.level!r}")
    for entries in manifest.environment.values():
        entries.items()


def _check_texts(manifest: Manifest) -> None:
    _texts([getattr(manifest, key) for key in ("id", "host", "preset", "started_utc", "state")])
    _texts([manifest.environment[part][key] for part, key in NEEDED])
    _texts([*manifest.workloads, *manifest.models, *manifest.superseded])
    _texts([text for void in manifest.void for text in (void.id, void.cell, void.reason)])
    _texts([text for entry in manifest.not_run for text in (entry.cell, entry.reason)])
    _texts([text for entry in manifest.disturbed for text in (entry.block, entry.why)])
    _texts([text for rung in manifest.scale for text in (rung.cell, rung.stopped)])
    _texts([text for finding in manifest.findings for text in (finding.what, finding.remedy)])
    _texts([manifest.about[part][name] for part in ("workloads", "shows") for name in manifest.workloads])
    _texts(manifest.about.get("views", {}).values())
    _texts([manifest.about[part][name] for part in ("models", "kinds") for name in manifest.models])
    _texts([text for there in manifest.bodies.values() for text in there.values()])
    _texts([there[body] for there in manifest.bodies.values() for body in BODIES])


def _check_numbers(manifest: Manifest) -> None:
    numbers = [(key, getattr(manifest, key)) for key in ("seed", "budget_s", "elapsed_s", "rounds")]
    numbers += [("what a step took", number) for rung in manifest.scale for number in (rung.seconds, rung.bytes)]
    numbers += [("the machine's memory", manifest.environment["machine"].get("memory, bytes", 0))]
    numbers += [("a precision", width) for width in manifest.precision.values()]
    numbers += [("what the report took", number) for number in manifest.report.values()]
    for what, number in numbers:
        if not isinstance(number, int | float):
            raise TypeError(f"{what} is not a number")
    if not set(manifest.precision) <= set(FIGURES) or min(manifest.precision.values(), default=1) <= 0:
        raise TypeError("a precision is not a positive number of T or of D")


def _texts(values: Iterable[object]) -> None:
    for value in values:
        if not isinstance(value, str):
            raise TypeError(f"{value!r} is not a text")


def valid_records(folder: Path, manifest: Manifest) -> list[Record]:
    """The records that count: not void, not superseded, and of disturbed blocks only those that a cell of theirs needs."""
    left_out = {void.id for void in manifest.void} | set(manifest.superseded)
    found = [record for record in read_all(folder / RAW) if record.id not in left_out and not record.void]
    disturbed = {(entry.block, entry.round) for entry in manifest.disturbed if not entry.again}
    if not disturbed:
        return found
    quiet = Counter(r.cell.name for r in found if (r.cell.block, r.round) not in disturbed)
    # All of a block or none: models are compared inside a round.
    disturbed -= {(r.cell.block, r.round) for r in found if quiet[r.cell.name] < ENOUGH_QUIET}
    return [record for record in found if (record.cell.block, record.round) not in disturbed]
