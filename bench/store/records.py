"""Records: one pyperf file per cell and round, and the pyperf suite assembled from them.

Strategy: a record is exactly what pyperf writes for one benchmark with one value, less what would name a person or a
place. `read` trusts nothing: size, JSON, shape, schema and types are checked, and a fault is one line that names the
file.
"""

from __future__ import annotations

import json
import re
import stat
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.figures import RECORDED
from bench.store import histogram
from bench.store.atomic import write_json, write_text
from bench.words import Cell, RunFailedError, UserError, Value

SCHEMA = 1
MAX_BYTES = 16 * 2**20

# What pyperf records that names a person, a place or a path on this machine.
PRIVATE = ("python_executable", "python_config_args", "python_cflags", "command", "boot_time")

# What each form of a figure is among metadata (bench/figures.py); that numbers are finite is asked of every one.
TYPES: Mapping[str, type | tuple[type, ...]] = {"whole": int, "number": (int, float)}
TIMELINE = re.compile(r"(?:[0-9]{1,9} (?:work|wait|ready) -?[0-9]{1,15} -?[0-9]{1,15}(?:;(?!$)|$))+")


class StoreError(RunFailedError):
    """A file of a run that cannot be used: one line that names the file and the fault; exit status 1."""


@dataclass(frozen=True)
class Record:
    """What one cell gave in one round. `value_s` is T, the work phase, in seconds."""

    id: str
    cell: Cell
    round: int
    attempt: int
    value_s: float
    metadata: Mapping[str, Value]

    @property
    def void(self) -> str:
        """Why the cell is void, or an empty string."""
        return str(self.metadata.get("void", ""))


def record_id(cell: Cell, round_: int, attempt: int) -> str:
    """The name of a record's file, without `.json`; `attempt` counts from 1."""
    return f"r{round_:03d}.{cell.name.replace('/', '.').replace('?', '.').replace('&', '+')}.a{attempt}"


def sanitise(suite: dict[str, Any], host: str) -> dict[str, Any]:
    """Take out of a pyperf file what names a person, a place or a path; the host's label stands for its name."""
    for part in (
        suite,
        *suite["benchmarks"],
        *(run for b in suite["benchmarks"] for run in b.get("runs", ())),
    ):
        metadata = part.get("metadata")
        if metadata:
            for key in PRIVATE:
                metadata.pop(key, None)
            if "hostname" in metadata:
                metadata["hostname"] = host
    return suite


def write(path: Path, suite_text: str, host: str) -> None:
    """Write one record from pyperf's own dump."""
    suite = sanitise(json.loads(suite_text), host)
    write_text(path, json.dumps(suite, sort_keys=True, separators=(",", ":")) + "\n")


def read_json(path: Path) -> Any:
    """Read a file of a run, which may be anybody's; raises StoreError where it is no file of a sensible size, or no JSON."""
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):  # a pipe would be waited for, a device never ends
            raise StoreError(f"{path}: not a regular file")
        if status.st_size > MAX_BYTES:
            raise StoreError(f"{path}: larger than any file of a run ({MAX_BYTES} bytes)")
        return json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise StoreError(f"{path}: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise StoreError(f"{path}: truncated, or not JSON ({error})") from error


def read(path: Path) -> Record:
    """Read and check one record; raises StoreError."""
    suite = read_json(path)
    try:
        (benchmark,) = suite["benchmarks"]
        (run,) = benchmark["runs"]
        (value,) = run["values"]
        metadata = {**suite.get("metadata", {}), **benchmark.get("metadata", {}), **run.get("metadata", {})}
    except (TypeError, KeyError, ValueError, AttributeError) as error:
        raise StoreError(f"{path}: not a record of this suite (one benchmark with one value)") from error
    _check(path, metadata)
    if not is_number(value) or value <= 0:
        raise StoreError(f"{path}: its value is {value!r}, not a number of seconds")
    try:
        cell = Cell.parse(metadata["name"])
    except UserError as error:
        raise StoreError(f"{path}: {error}") from error
    if (cell.workload, cell.model, cell.flows) != tuple(metadata[key] for key in ("workload", "model", "flows")):
        raise StoreError(f"{path}: its name is {cell.name}, its metadata say another cell")
    return Record(path.stem, cell, metadata["round"], metadata["attempt"], float(value), metadata)


def is_number(value: object) -> bool:
    """Return whether a value is a finite number of ordinary size: no measurement needs more than 63 bits."""
    return (
        isinstance(value, int | float)
        and not isinstance(value, bool)
        and -(2.0**63) < value < 2.0**63  # NaN is in no interval
    )


def _check(path: Path, metadata: Mapping[str, Any]) -> None:
    if "schema" not in metadata:
        raise StoreError(f"{path}: not a record of this suite (it has no schema)")
    if isinstance(metadata["schema"], int) and metadata["schema"] > SCHEMA:
        raise StoreError(f"{path}: schema {metadata['schema']} is newer than this version's {SCHEMA}: update the suite")
    for row in RECORDED:
        if row.required and not _is_a(row.form, metadata.get(row.name)):
            raise StoreError(f"{path}: not a record of this suite ({row.name} is {metadata.get(row.name)!r})")
        if row.name in metadata and (fault := _fault(row.form, metadata[row.name])):
            raise StoreError(f"{path}: {row.name} is {fault}")
    for key, value in metadata.items():  # those, too, that this version does not know
        if not isinstance(value, str) and not is_number(value):
            raise StoreError(f"{path}: {' '.join(key.split())[:80]} is {repr(value)[:80]}, not a number or a text")
    if not metadata.get("void"):  # of one that is void no page is made, and its flows may not even have started
        _check_sizes(path, metadata)


def _is_a(form: str, value: object) -> bool:
    return isinstance(value, TYPES.get(form, str)) and not isinstance(value, bool)


def _fault(form: str, value: Any) -> str:
    """What is wrong with a value of this form, or an empty string."""
    if form in TYPES:
        return f"{value!r}, not a number" if isinstance(value, str) else ""
    if not isinstance(value, str):
        return f"{value!r}, not a text"
    if form == "histogram":
        try:
            histogram.from_text(value)
        except ValueError as error:
            return f"not one ({error})"
    if form == "timeline" and not TIMELINE.fullmatch(value):
        return "not one"
    return ""


def _check_sizes(path: Path, metadata: Mapping[str, Any]) -> None:
    """Raise StoreError where a number cannot be, or one is missing that a page about such a cell goes by."""
    worked = metadata["ops_done"] > 0
    for row in RECORDED:
        value = metadata.get(row.name)
        if row.numeric and row.name in metadata and not row.in_range(metadata[row.name]):
            raise StoreError(f"{path}: {row.name} is {value!r}, which cannot be")
        needed = (
            next((key for key in row.needed_with if metadata.get(key)), "") if worked or row.kind == "given" else ""
        )
        if needed and row.name not in metadata:
            raise StoreError(f"{path}: {row.name} is not there, and a page about a cell that has {needed} needs it")
    if worked and metadata["ops_per_flow"] == 0:
        raise StoreError(f"{path}: ops_done is {metadata['ops_done']!r}, but no flow has any to do")


def read_all(folder: Path) -> list[Record]:
    """Read every record of a run's `raw` folder, in the order of their names; raises StoreError at the first fault."""
    if not folder.is_dir():
        raise StoreError(f"{folder}: no such folder: the run's records are not here")
    found = []
    for path in sorted(folder.glob("*.json")):
        if not path.name.startswith("."):
            record = read(path)
            own = record_id(record.cell, record.round, record.attempt)
            if record.id != own:  # it would count as one more round
                raise StoreError(f"{path}: it is a copy of {own}.json, to go by what is in it: remove it")
            found.append(record)
    return found


def write_results(path: Path, records: Iterable[Record]) -> None:
    """Assemble one pyperf suite: a benchmark per cell, a run per record. Nothing is written for no records."""
    benchmarks: dict[str, list[dict[str, Any]]] = {}
    for record in records:
        run = {"metadata": dict(record.metadata), "values": [record.value_s]}
        benchmarks.setdefault(record.cell.name, []).append(run)
    if benchmarks:
        suite = {"benchmarks": [{"runs": runs} for _, runs in sorted(benchmarks.items())], "version": "1.0"}
        write_json(path, suite)
