"""Many runs made of one: the folder of a real run copied, its times changed by seeded noise, as other sittings would have them.

Strategy: T and all CPU times of a record are multiplied by one factor, so that a record stays as it can be (C <= T). The factor is
that of the run, times that of the cell in this run, times a small one of the record. What is no time stays as it was.
"""

from __future__ import annotations

import json
import math
import random
import shutil
import tempfile
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from bench.store.manifest import FILE, RAW
from bench.store.packed import unpack_records

OF_RUN, OF_CELL, OF_RECORD = 0.10, 0.03, 0.02  # standard deviations of the factors' logs
TIMES = ("cpu_s", "start_cpu_s")  # of a record's metadata, beside its value
DAY = "%Y-%m-%d %H:%M:%S"


def copies(source: Path, folder: Path, count: int, cpus: Sequence[str], seed: int = 1) -> list[Path]:
    """Make runs from one, below a folder: one a day, on each of these CPUs in turn. Return their folders, oldest first."""
    manifest = json.loads((source / FILE).read_text(encoding="utf-8"))
    records = records_of(source)
    first = datetime.strptime(manifest["started_utc"], DAY)  # noqa: DTZ007 - UTC, and printed as it came
    made = []
    for i in range(count):
        began, cpu = first + timedelta(days=i), cpus[i % len(cpus)]
        id_ = f"{began:%Y%m%dT%H%M%SZ}-{manifest['preset']}"
        where = folder / f"host-{i % len(cpus)}" / id_
        (where / RAW).mkdir(parents=True)
        environment = {**manifest["environment"], "machine": {**manifest["environment"]["machine"], "CPU": cpu}}
        changed = {
            **manifest,
            "id": id_,
            "host": where.parent.name,
            "seed": i,
            "started_utc": f"{began:{DAY}}",
            "environment": environment,
        }
        (where / FILE).write_text(json.dumps(changed), encoding="utf-8")
        noise = random.Random(f"{seed}/{i}")
        run, cells = math.exp(noise.gauss(0, OF_RUN)), dict[str, float]()
        for name, record in records.items():
            cell = record["metadata"]["name"]
            of_cell = cells.setdefault(cell, math.exp(noise.gauss(0, OF_CELL)))
            factor = run * of_cell * math.exp(noise.gauss(0, OF_RECORD))
            (where / RAW / name).write_text(json.dumps(scaled(record, factor, where.parent.name)), encoding="utf-8")
        made.append(where)
    return made


def records_of(source: Path) -> dict[str, Any]:
    """Every record of a run by its file's name, packed or not."""
    with tempfile.TemporaryDirectory() as there:
        if not (source / RAW).is_dir():
            source = Path(shutil.copytree(source, Path(there) / source.name))
            unpack_records(source)
        return {path.name: json.loads(path.read_text(encoding="utf-8")) for path in (source / RAW).iterdir()}


def scaled(record: dict[str, Any], factor: float, host: str) -> dict[str, Any]:
    """A record whose times are so many times as long; of two values of one benchmark both are."""
    metadata = {key: v * factor if key in TIMES else v for key, v in record["metadata"].items()}
    metadata["hostname"] = host
    benchmarks = [
        {**b, "runs": [{**run, "values": [v * factor for v in run["values"]]} for run in b["runs"]]}
        for b in record["benchmarks"]
    ]
    return {**record, "metadata": metadata, "benchmarks": benchmarks}
