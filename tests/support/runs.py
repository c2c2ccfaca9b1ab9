"""Whole run folders and their manifests, from scripted records."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from bench.presets.rows import Row
from bench.store import packed
from bench.store.manifest import RAW, Manifest
from bench.store.records import ARCHIVE, Record
from tests.support.records import HOST, KINDS, write_record

ENVIRONMENT: Mapping[str, Mapping[str, Any]] = {
    "machine": {"CPU": "Imaginary Processor", "CPUs online": "0-1", "kernel": "6.1.0"},
    "interpreter": {
        "python": "3.11.7",
        "implementation": "CPython",
        "gil": True,
        "debug build": False,
        "traced": False,
    },
    "limits": {"RLIMIT_NOFILE": 1048576},
    "cores": {"measured": 1, "server and campaign": 0},
}


def in_order(names: Iterable[str], known: Sequence[str]) -> list[str]:
    """Return distinct names: the known ones in their order, then the others in the order of their first appearance."""
    distinct = list(dict.fromkeys(names))
    return [name for name in known if name in distinct] + [name for name in distinct if name not in known]


def make_manifest(records: Sequence[Record] = (), **changes: Any) -> Manifest:
    """Return the manifest of a complete run that has these records; `changes` replace its fields."""
    workloads = in_order((r.cell.workload for r in records), ("countasync", "sleep", "http_get"))
    models = in_order((r.cell.model for r in records), tuple(KINDS))
    fields: dict[str, Any] = {
        "id": "20260101T000000Z-bench",
        "host": HOST,
        "preset": "bench",
        "seed": 1,
        "budget_s": 290.0,
        "started_utc": "2026-01-01 00:00:00",
        "verdicts": True,
        "plan": [asdict(row) for row in rows_of(records)],
        "environment": {group: dict(entries) for group, entries in ENVIRONMENT.items()},
        "bodies": {w: dict.fromkeys(BODIES, f"# the body of {w}\n") for w in workloads},
        "workloads": workloads,
        "models": models,
        "about": {
            "workloads": {w: f"every flow does {w}" for w in workloads},
            "shows": {w: f"what {w} costs" for w in workloads},
            "models": {m: f"flows run by {m}" for m in models},
            "kinds": {m: KINDS.get(m, "user") for m in models},
        },
        "state": "complete",
        "elapsed_s": 100.0,
        "rounds": max((r.round for r in records), default=0),
    }
    return Manifest(**{**fields, **changes})


BODIES = ("blocking", "coroutine", "open_blocking", "open_coroutine")


def rows_of(records: Sequence[Record]) -> list[Row]:
    """Return the rows of a plan that would have given these records."""
    blocks: dict[str, list[Record]] = {}
    for record in records:
        blocks.setdefault(record.cell.block, []).append(record)
    rows = []
    for there in blocks.values():
        cell, rounds = there[0].cell, max(r.round for r in there)
        models = tuple(in_order((r.cell.model for r in there), tuple(KINDS)))
        plain = tuple(pair for pair in cell.parameters if pair[0] != "twin")
        rows.append(Row(cell.workload, cell.flows, models, rounds, rounds, plain))
    return rows


def make_run(folder: Path, records: Sequence[Record], **changes: Any) -> Path:
    """Make a whole run's folder, less what a report adds; `changes` replace fields of the manifest."""
    (folder / RAW).mkdir(parents=True)
    for record in records:
        write_record(folder, record)
    make_manifest(records, **changes).write(folder)
    return folder


def record_texts(folder: Path) -> dict[str, bytes]:
    """The records of a run by the names of their files, in order: from its folder of them, or as they are packed."""
    archive = folder / ARCHIVE
    if archive.exists():
        return {Path(name).name: content for name, content in packed.members(archive)}
    return {path.name: path.read_bytes() for path in sorted((folder / RAW).glob("*.json"))}
