"""Records as a real cell would leave them, made from a few scripted figures."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from bench.store import histogram, records
from bench.store.manifest import RAW
from bench.store.records import Record
from bench.store.schema import SCHEMA
from bench.words import Cell, Value

HOST = "a-host"
KINDS: Mapping[str, str] = {
    "sequential": "none",
    "thread": "kernel",
    "process": "kernel",
    "asyncio": "user",
    "uvloop": "user",
    "native_thread": "native",
    "native_epoll": "native",
}
OPS = 20  # of each flow, where the cell's name says nothing else
WAIT_S = 0.01
DEMAND_S = 50e-6  # CPU per op
LATE_NS = 100_000


def make_record(name: str, round_: int = 1, attempt: int = 1, value_s: float = 0.25, **changes: Value) -> Record:
    """Return the record of a cell, `workload/model/flows?…`; `changes` replace metadata, as in `cpu_s=0.5`."""
    cell = Cell.parse(name)
    ops = int(dict(cell.parameters).get("ops", OPS))
    done = ops * cell.flows
    metadata: dict[str, Value] = {
        "schema": SCHEMA,
        "name": name,
        "unit": "second",
        "loops": 1,
        "workload": cell.workload,
        "model": cell.model,
        "kind": KINDS.get(cell.model, "user"),
        "flows": cell.flows,
        "ops_per_flow": ops,
        "ops_done": done,
        "bytes_done": 0,
        "checksum": 0,
        "wait_s": WAIT_S,
        "phase": "spread",
        "pin": 1,
        "twin": 0,
        "cpu_pinned": 1,
        "cpus_seen": "1",
        "cpu_s": done * DEMAND_S if done else 0.001,
        "switches_voluntary": done,
        "switches_involuntary": 0,
        "page_faults": 0,
        "gc_collections": 0,
        "gc_s": 0.0,
        "gc_cpu_s": 0.0,
        "kernel_tasks": 1 if KINDS.get(cell.model) in {"none", "user"} else cell.flows + 1,
        "create_s": 20e-6 * cell.flows,
        "join_s": 10e-6 * cell.flows,
        "interference": 0.0,
        "steal": 0.0,
        "round": round_,
        "attempt": attempt,
        "seed": 1,
        "early_ops": 0,
        "late_samples": done,
    }
    if done:
        metadata["wait_given_s"], metadata["wait_longest_s"] = WAIT_S, WAIT_S * ops
        metadata["late_histogram"] = histogram.to_text({histogram.bucket(LATE_NS): done})
    if cell.model != "sequential":
        metadata["release_s"] = 1e-3
    if cell.workload == "http_get":
        metadata["server_busy"], metadata["payload_bytes"] = 0.25, 1024
    metadata.update({str(key): value for key, value in cell.parameters if key != "ops"})
    metadata.update(changes)
    return Record(records.record_id(cell, round_, attempt), cell, round_, attempt, value_s, metadata)


def rounds_of(name: str, values_s: Sequence[float], demands_s: Sequence[float] = (), **changes: Value) -> list[Record]:
    """Return one record per round of a cell, from round 1 on: T and D, both in seconds.

    Where D is not given, it differs a little from round to round, as it does in life.
    """
    found = []
    for i, value_s in enumerate(values_s):
        record = make_record(name, i + 1, 1, value_s, **changes)
        done = float(record.metadata["ops_done"])
        if done and "cpu_s" not in changes:
            demand_s = demands_s[i] if demands_s else DEMAND_S * (1 + i / 1000)
            record = replace(record, metadata={**record.metadata, "cpu_s": demand_s * done})
        found.append(record)
    return found


def pyperf_text(record: Record) -> str:
    """Return what pyperf would dump for a record, with the things that name a person or a place."""
    metadata = {**record.metadata, "hostname": "secret-host", "command": "/home/secret/python -m bench.worker.main"}
    return json.dumps(
        {
            "version": "1.0",
            "metadata": metadata,
            "benchmarks": [{"runs": [{"values": [record.value_s / record.inner_loops]}]}],
        }
    )


def write_record(folder: Path, record: Record) -> Path:
    """Write a record into a run's folder the way a cell does; return its path."""
    path = folder / RAW / f"{record.id}.json"
    records.write(path, pyperf_text(record), HOST)
    return path


DEMANDS = [50e-6, 51e-6, 49e-6, 50.5e-6, 49.5e-6, 50e-6, 51e-6]


def moved(cell: str, ratios: Sequence[float], value_s: float = 1.0) -> list[Record]:
    """One record per round, whose last three quarters took so many times what the first did."""
    records = rounds_of(cell, [value_s * (1 + i / 1000) for i in range(len(ratios))], DEMANDS[: len(ratios)])
    parts = {"D1": 1.0, "D2": 1.0, "D3": 1.0, "D4": 1.0}
    found = []
    for record, ratio in zip(records, ratios, strict=True):
        done = int(record.metadata["ops_done"])
        whole = {"start_cpu_s": 0.0, "running_ops": done, "start_s": 0.01}
        later = {name: 1e-6 * (part if name == "D1" else part * ratio) for name, part in parts.items()}
        found.append(replace(record, metadata={**record.metadata, **whole, **later}))
    return found
