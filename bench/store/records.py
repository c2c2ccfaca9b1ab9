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

from bench.store import histogram
from bench.store.atomic import write_json, write_text
from bench.words import Cell, RunFailedError, UserError, Value

SCHEMA = 1
MAX_BYTES = 16 * 2**20

# What pyperf records that names a person, a place or a path on this machine.
PRIVATE = ("python_executable", "python_config_args", "python_cflags", "command", "boot_time")

# What every record must have; the rest of docs/design.md's list is there where it applies.
REQUIRED: Mapping[str, type | tuple[type, ...]] = {
    "schema": int,
    "name": str,
    "workload": str,
    "model": str,
    "kind": str,
    "flows": int,
    "ops_per_flow": int,
    "ops_done": int,
    "cpu_s": (int, float),
    "round": int,
    "attempt": int,
    "seed": int,
    "cpus_seen": str,
    "late_samples": int,
    "early_ops": int,
    "switches_voluntary": int,
    "switches_involuntary": int,
    "page_faults": int,
    "kernel_tasks": int,
    "pin": int,
    "cpu_pinned": int,
    "wait_s": (int, float),
    "phase": str,
}
# What a record may lack; where it is there, it is a number.
NUMBERS = (
    "create_s",
    "join_s",
    "release_s",
    "wait_given_s",
    "wait_longest_s",
    "interference",
    "steal",
    "siblings_busy_s",
    "mhz",
    "turn_ns",
    "throttled_s",
    "server_busy",
    "twin",
    "read_bytes",
    "cpu_user_s",
    "cpu_system_s",
    "gc_collections",
    "gc_s",
    "payload_bytes",
    "capacity",
    "load_pct",
    "read_kib",
    "timer_ms",
    "work_ms",
    "pool",
    "late_max_s",
    "fairness",
    "mem_pss_bytes",
    "mem_pagetables_bytes",
    "mem_kernel_stacks_bytes",
    "mem_slab_bytes",
    "mem_total_bytes",
    "mem_rss_bytes",
    "mem_free_lost_bytes",
    "mem_cgroup_bytes",
)
# What no clock and no count can give, where a page would reckon with it; and what the pages of some workloads go by.
NOT_NEGATIVE = (
    "flows",
    "ops_per_flow",
    "ops_done",
    "create_s",
    "join_s",
    "release_s",
    "wait_s",
    "gc_s",
    "kernel_tasks",
)
ABOVE_ZERO = ("turn_ns", "mhz")
OWN: Mapping[str, tuple[str, ...]] = {
    "hog": ("switch_us", "burn_ms", "tick_ms", "late_max_s"),
    "io_share": ("burn_pct",),
}
OF_READS = ("read_kib", "pool")  # of a cell that reads a disk
OF_LOADS = ("capacity", "late_max_s")  # of a cell that has a share of a capacity to serve
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
    for key, kind in REQUIRED.items():
        if not isinstance(metadata.get(key), kind) or isinstance(metadata.get(key), bool):
            raise StoreError(f"{path}: not a record of this suite ({key} is {metadata.get(key)!r})")
    _check_optional(path, metadata)
    for key, value in metadata.items():
        if not isinstance(value, str) and not is_number(value):
            raise StoreError(f"{path}: {' '.join(key.split())[:80]} is {repr(value)[:80]}, not a number or a text")


def _check_sizes(path: Path, metadata: Mapping[str, Any]) -> None:
    """Raise StoreError where a number cannot be, or one is missing that the page of its workload goes by."""
    for key in (k for k in (*NOT_NEGATIVE, *ABOVE_ZERO) if k in metadata):
        if metadata[key] < 0 or (key in ABOVE_ZERO and metadata[key] == 0):
            raise StoreError(f"{path}: {key} is {metadata[key]!r}, which cannot be")
    if metadata["ops_done"] > 0 and metadata["ops_per_flow"] == 0:
        raise StoreError(f"{path}: ops_done is {metadata['ops_done']!r}, but no flow has any to do")
    needed = OWN.get(metadata["workload"], ()) if metadata["ops_done"] else ()
    if "read_method" in metadata:
        needed = (*needed, *OF_READS)
    if metadata.get("load_pct", 0) > 0:
        needed = (*needed, *OF_LOADS)
    for key in needed:
        if not is_number(metadata.get(key)) or (key == "capacity" and metadata[key] <= 0):
            raise StoreError(
                f"{path}: {key} is {metadata.get(key)!r}, and a page about {metadata['workload']} needs it"
            )


def _check_optional(path: Path, metadata: Mapping[str, Any]) -> None:
    for key in NUMBERS:
        if isinstance(metadata.get(key, 0), str):
            raise StoreError(f"{path}: {key} is {metadata[key]!r}, not a number")
    if not metadata.get("void"):  # of one that is void no page is made, and its flows may not even have started
        _check_sizes(path, metadata)
    if metadata["cpu_s"] <= 0:
        raise StoreError(f"{path}: cpu_s is {metadata['cpu_s']!r}, which no work can have taken")
    for key in ("late_histogram", "op_histogram"):
        try:
            histogram.from_text(metadata.get(key, ""))
        except (ValueError, AttributeError) as error:
            raise StoreError(f"{path}: {key} is not one ({error})") from error
    if "timeline" in metadata and not TIMELINE.fullmatch(str(metadata["timeline"])):
        raise StoreError(f"{path}: its timeline is not one")


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
