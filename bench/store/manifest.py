"""run.json: what a run is, how far it got, and which of its records do not count."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, get_args

from bench.store.atomic import write_json
from bench.store.border import StoreError, kind_of, read_json
from bench.store.forms import (
    AMOUNT,
    COUNT,
    FACTS,
    FLAG,
    LABEL,
    NAME,
    PROSE,
    SOURCE,
    Either,
    Fields,
    Form,
    ListOf,
    MapOf,
    MisfitError,
    Number,
    OneOf,
    Text,
)
from bench.store.records import Record, read_all
from bench.store.schema import SCHEMA, check_version
from bench.words import FIGURES, Finding, Level, shown

FILE = "run.json"
RAW = "raw"
# What a page shows of each workload that it has any source of.
BODIES = ("blocking", "coroutine", "open_blocking", "open_coroutine")
RESULTS = "results.json"
JUDGEMENT = "report.json"
PAGE = "index.html"
ENOUGH_QUIET = 6  # with so many quiet rounds a cell has an interval without those that were disturbed


@dataclass(frozen=True)
class Void:
    """A cell that gave nothing to be ranked, and why. `id` names its record, if it left one.

    `lost`: because of something outside it, so that a run that goes on measures it again.
    """

    id: str
    cell: str
    round: int
    attempt: int
    reason: str
    lost: bool = False


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


# Every field of run.json: what it may be.
BODY = Fields(dict.fromkeys(BODIES, SOURCE), rest=SOURCE)
ROW = Fields(  # of a plan
    {
        "workload": NAME,
        "flows": COUNT,
        "models": ListOf(NAME, 100),
        "rounds": COUNT,
        "most": COUNT,
        "parameters": ListOf(ListOf(Either((NAME, Number())), 2), 30),
        "seldom": ListOf(NAME, 100),
        "twins": ListOf(NAME, 100),
    },
    optional=frozenset({"seldom", "twins"}),
    rest=FACTS,
)
ENVIRONMENT = Fields(
    {
        "machine": Fields({"CPU": LABEL, "memory, bytes": COUNT}, frozenset({"memory, bytes"}), FACTS),
        "interpreter": Fields({"python": LABEL, "implementation": LABEL}, rest=FACTS),
        "cores": Fields(
            {"measured": COUNT, "server and campaign": COUNT}, frozenset({"measured", "server and campaign"}), FACTS
        ),
    },
    frozenset({"cores"}),
    MapOf(FACTS),
)
ABOUT = Fields(
    {
        "workloads": MapOf(PROSE),
        "shows": MapOf(PROSE),
        "models": MapOf(PROSE),
        "kinds": MapOf(NAME),
        "views": MapOf(PROSE),
    },
    frozenset({"views"}),
    MapOf(PROSE),
)
VOID: Mapping[str, Form] = {
    "id": NAME,
    "cell": NAME,
    "round": COUNT,
    "attempt": COUNT,
    "reason": PROSE,
    "lost": FLAG,
}
NOT_RUN: Mapping[str, Form] = {"cell": NAME, "reason": PROSE}
RUNG: Mapping[str, Form] = {"cell": NAME, "stopped": PROSE, "seconds": AMOUNT, "bytes": AMOUNT}
DISTURBED: Mapping[str, Form] = {"block": NAME, "round": COUNT, "why": PROSE, "again": FLAG}
FINDING: Mapping[str, Form] = {
    "level": OneOf(get_args(Level)),
    "what": PROSE,
    "remedy": PROSE,
    "cells": ListOf(NAME),
}
MANIFEST: Mapping[str, Form] = {
    "id": Text(255, cut=True),  # a folder's name, where one was chosen
    "host": NAME,
    "preset": NAME,
    "seed": Number(whole=True),
    "budget_s": AMOUNT,
    "started_utc": NAME,
    "verdicts": FLAG,
    "plan": ListOf(ROW, 1_000),
    "environment": ENVIRONMENT,
    "bodies": MapOf(BODY),
    "workloads": ListOf(NAME, 200, distinct=True),
    "models": ListOf(NAME, 100, distinct=True),
    "about": ABOUT,
    "state": NAME,
    "elapsed_s": AMOUNT,
    "rounds": COUNT,
    "void": ListOf(Fields(VOID, frozenset({"lost"}), make=Void)),
    "superseded": ListOf(NAME),
    "not_run": ListOf(Fields(NOT_RUN, make=NotRun)),
    "findings": ListOf(Fields(FINDING, frozenset({"remedy", "cells"}), make=Finding), 200),
    "scale": ListOf(Fields(RUNG, frozenset({"stopped", "seconds", "bytes"}), make=Rung), 1_000),
    "disturbed": ListOf(Fields(DISTURBED, make=Disturbance)),
    "precision": Fields(dict.fromkeys(FIGURES, Number(1e-6, 100)), frozenset(FIGURES)),
    "ladders": FLAG,
    "report": MapOf(AMOUNT),
    "schema": COUNT,
}
# What runs of before these were there do not have.
LATER = frozenset({"state", "elapsed_s", "rounds", "scale", "disturbed", "precision", "ladders", "report"})
SAID = (("workloads", ("workloads", "shows")), ("models", ("models", "kinds")))  # `about` has each of these, by name
FORM = Fields(MANIFEST, LATER, make=Manifest)


def read_manifest(folder: Path) -> Manifest:
    """Read and check a run's manifest; raises StoreError with one line that names the file."""
    path = folder / FILE
    content = read_json(path)
    if not isinstance(content, dict) or type(content.get("schema")) is not int:
        raise StoreError(f"{path}: not a manifest of this suite ({kind_of(content) or 'it has no schema'})")
    if fault := check_version(content["schema"]):
        raise StoreError(f"{path}: {fault}")
    try:
        manifest: Manifest = FORM.read(content, "it")
        _check_said(manifest)
    except MisfitError as error:
        raise StoreError(f"{path}: not a manifest of this suite ({error})") from error
    return manifest


def _check_said(manifest: Manifest) -> None:
    """Raise MisfitError where nothing is said about a workload or a model that the run has."""
    for part, maps in SAID:
        for name in getattr(manifest, part):
            for said in maps:
                if name not in manifest.about[said]:
                    raise MisfitError(f"its about.{said} has no {shown(name)}")


def valid_records(folder: Path, manifest: Manifest) -> list[Record]:
    """The records that count: not void, not superseded, and of disturbed blocks only those that a cell of theirs needs."""
    left_out = {void.id for void in manifest.void} | set(manifest.superseded)
    found = [record for record in read_all(folder / RAW) if record.id not in left_out and not record.void]
    for record in found:
        if record.metadata["schema"] != manifest.schema:  # their figures mean something else than the run's
            raise StoreError(
                f"{folder / RAW / record.id}.json: a record of schema {record.metadata['schema']} in a run of schema "
                f"{manifest.schema}: remove it, or measure anew"
            )
    disturbed = {(entry.block, entry.round) for entry in manifest.disturbed if not entry.again}
    if not disturbed:
        return found
    quiet = Counter(r.cell.name for r in found if (r.cell.block, r.round) not in disturbed)
    # All of a block or none: models are compared inside a round.
    disturbed -= {(r.cell.block, r.round) for r in found if quiet[r.cell.name] < ENOUGH_QUIET}
    return [record for record in found if (record.cell.block, record.round) not in disturbed]
