"""Records: one pyperf file per cell and round, and the pyperf suite assembled from them.

Strategy: a record is exactly what pyperf writes for one benchmark with one value, less what would name a person or a
place. `read` trusts nothing: size, JSON, shape, schema and types are checked, and a fault is one line that names the
file.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.figures import RECORDED
from bench.store import histogram
from bench.store.atomic import write_json, write_text
from bench.store.border import StoreError, file_kind, json_of, kind_of, read_json
from bench.store.schema import check_version, clean, is_number
from bench.words import NAME_LENGTH, Cell, UserError, Value, shown

# What pyperf records that names a person, a place or a path on this machine.
PRIVATE = ("python_executable", "python_config_args", "python_cflags", "command", "boot_time")

# What each form of a figure is among metadata (bench/figures.py); that numbers are finite is asked of every one.
TYPES: Mapping[str, type | tuple[type, ...]] = {"whole": int, "number": (int, float)}
SIZED = [row for row in RECORDED if row.numeric or row.needed_with]  # what can be too large or small, or missing
FORMS: Mapping[str, str] = {row.name: row.form for row in RECORDED}
LONGEST: Mapping[str, int] = {"histogram": 2**18, "timeline": 2**20}  # characters; of other texts as many as of prose
MOST_FIGURES = 500  # of a record; real ones have about 80
MOST_RECORDS = 200_000  # of a run
ARCHIVE = "raw.tar.xz"  # in a run's folder instead of `raw`: its records in one file (bench/store/packed.py)
MOST_OPS = 10**12  # of a cell; an hour of the fastest has 10**10
TIMELINE = re.compile(r"(?:[0-9]{1,9} (?:work|wait|ready) -?[0-9]{1,15} -?[0-9]{1,15}(?:;(?!$)|$))+")


@dataclass(frozen=True)
class Record:
    """What one cell gave in one round. `value_s` is T, the work phase, in seconds: of a pyperf file, its value times `inner_loops`."""

    id: str
    cell: Cell
    round: int
    attempt: int
    value_s: float
    metadata: Mapping[str, Value]

    @property
    def inner_loops(self) -> int:
        """By how many ops the value in the pyperf file is divided: 1 in older records, whose value is T itself."""
        return int(self.metadata.get("inner_loops", 1))

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


def read(path: Path) -> Record:
    """Read and check one record; raises StoreError."""
    return checked(path, read_json(path))


def checked(path: Path, suite: Any) -> Record:
    """The record that a file's JSON is; raises StoreError where it is none."""
    try:
        (benchmark,) = suite["benchmarks"]
        (run,) = benchmark["runs"]
        (value,) = run["values"]
        metadata = {**suite.get("metadata", {}), **benchmark.get("metadata", {}), **run.get("metadata", {})}
    except (TypeError, KeyError, ValueError, AttributeError) as error:
        what = kind_of(suite) or "one benchmark with one value"
        raise StoreError(f"{path}: not a record of this suite ({what})") from error
    if "schema" not in metadata:
        raise StoreError(f"{path}: not a record of this suite ({kind_of(suite) or 'it has no schema'})")
    metadata = _checked(path, metadata)
    if not is_number(value) or value <= 0:
        raise StoreError(f"{path}: its value is {shown(value)}, not a number of seconds")
    try:
        named = Cell.parse(metadata["name"])
        cell = Cell.parse(str(metadata.get("cell", metadata["name"])))
    except UserError as error:
        raise StoreError(f"{path}: {error}") from error
    if _place(named) != tuple(metadata[key] for key in ("workload", "model", "flows")):
        raise StoreError(f"{path}: its name is {named.name}, its metadata say another cell")
    if _place(cell) != _place(named) or not set(cell.parameters) <= set(named.parameters):
        raise StoreError(f"{path}: its name is {named.name}, which is not that of the cell {cell.name}")
    return Record(path.stem, cell, metadata["round"], metadata["attempt"], _time_s(path, value, metadata), metadata)


def _place(cell: Cell) -> tuple[str, str, int]:
    return cell.workload, cell.model, cell.flows


def _time_s(path: Path, value: float, metadata: Mapping[str, Value]) -> float:
    """T: the value times the ops that it was divided by. T is whole nanoseconds, so rounding gives back what was divided."""
    ops = metadata.get("inner_loops", 1)
    if not isinstance(ops, int) or not 1 <= ops <= MOST_OPS:
        raise StoreError(f"{path}: inner_loops is {shown(ops)}, not a number of ops")
    return float(value) if ops == 1 else round(value * ops * 1e9) / 1e9


def _checked(path: Path, metadata: Mapping[str, Any]) -> dict[str, Any]:
    """A record's metadata, as they can be shown; raises StoreError where they are not those of a record of ours."""
    if fault := check_version(metadata["schema"]):
        raise StoreError(f"{path}: {fault}")
    for row in RECORDED:
        if row.required and not _is_a(row.form, metadata.get(row.name)):
            raise StoreError(f"{path}: not a record of this suite ({row.name} is {shown(metadata.get(row.name))})")
        if row.name in metadata and (fault := _fault(row.form, metadata[row.name])):
            raise StoreError(f"{path}: {row.name} is {fault}")
    if len(metadata) > MOST_FIGURES:
        raise StoreError(f"{path}: it has {len(metadata):,} figures, which are more than {MOST_FIGURES}")
    found = {
        key: _usable(path, key, value) for key, value in metadata.items()
    }  # with those that this version does not know
    if not found.get("void"):  # of one that is void no page is made, and its flows may not even have started
        _check_sizes(path, found)
    return found


def _is_a(form: str, value: object) -> bool:
    return isinstance(value, TYPES.get(form, str)) and not isinstance(value, bool)


def _fault(form: str, value: Any) -> str:
    """What is wrong with a value of this form, or an empty string."""
    if form in TYPES:
        return f"{shown(value)}, not a number" if isinstance(value, str) else ""
    if not isinstance(value, str):
        return f"{shown(value)}, not a text"
    if form == "histogram":
        try:
            histogram.from_text(value)
        except ValueError as error:
            return f"not one ({error})"
    if form == "timeline" and not TIMELINE.fullmatch(value):
        return "not one"
    return ""


def _usable(path: Path, key: str, value: Any) -> Value:
    """A figure as it can be shown or counted with; raises StoreError where it cannot."""
    if len(key) > NAME_LENGTH or not key.isprintable():
        raise StoreError(f"{path}: {shown(key)} is no name of a figure")
    if not isinstance(value, str):
        if not is_number(value):
            raise StoreError(f"{path}: {shown(key)[1:-1]} is {shown(value)}, not a number or a text")
        return value  # type: ignore[no-any-return]
    most = LONGEST.get(FORMS.get(key, "text"))
    if most is None:
        return clean(value)
    if len(value) > most:
        raise StoreError(f"{path}: {key} has {len(value):,} characters, which are more than {most:,}")
    return value


def _check_sizes(path: Path, metadata: Mapping[str, Any]) -> None:
    """Raise StoreError where a number cannot be, or one is missing that a page about such a cell goes by."""
    worked = metadata["ops_done"] > 0
    for row in SIZED:
        value = metadata.get(row.name)
        if not row.needed_with:
            if value is not None and not row.in_range(value):
                raise StoreError(f"{path}: {row.name} is {shown(value)}, which cannot be")
            continue
        asked = worked or row.kind == "given"
        needed = next((key for key in row.needed_with if metadata.get(key)), "") if asked else ""
        unused = not needed and not value  # 0 in a cell that has no use for it: a pilot's capacity
        if row.numeric and value is not None and not unused and not row.in_range(value):
            raise StoreError(f"{path}: {row.name} is {shown(value)}, which cannot be")
        if needed and value is None:
            raise StoreError(f"{path}: {row.name} is not there, and a page about a cell that has {needed} needs it")
    if worked and metadata["ops_per_flow"] == 0:
        raise StoreError(f"{path}: ops_done is {shown(metadata['ops_done'])}, but no flow has any to do")


def read_all(folder: Path) -> list[Record]:
    """Read every record of a run's `raw` folder, or of the file in which it is packed, in the order of their names.

    Raises StoreError at the first fault.
    """
    archive = folder.with_name(ARCHIVE)
    if folder.is_dir() and archive.exists():
        raise StoreError(
            f"{folder.parent}: its records are there twice, in {folder.name} and {archive.name}: remove one"
        )
    found: list[Record] = []
    for path, content in _unpacked(archive) if archive.exists() else _of_files(folder):
        record = checked(path, content)
        own = record_id(record.cell, record.round, record.attempt)
        if record.id != own:  # it would count as one more round
            raise StoreError(f"{path}: it is a copy of {shown(own)[1:-1]}.json, to go by what is in it: remove it")
        found.append(record)
        if len(found) > MOST_RECORDS:
            raise StoreError(f"{folder}: more than {MOST_RECORDS:,} records, which no run has")
    return found


def _of_files(folder: Path) -> Iterator[tuple[Path, Any]]:
    """The JSON of every file of records in a folder."""
    if not folder.is_dir():
        raise StoreError(f"{folder}: no such folder: the run's records are not here")
    for path in sorted(path for path in folder.iterdir() if not path.name.startswith(".")):
        if path.suffix == ".json":
            yield path, read_json(path)
        elif path.is_file() and (what := file_kind(path)):
            raise StoreError(f"{path}: not a record of this suite ({what})")


def _unpacked(archive: Path) -> Iterator[tuple[Path, Any]]:
    """The JSON of every record in a packed file; the path goes through that, for messages only."""
    from bench.store import packed  # noqa: PLC0415 - timed processes import this module, and read no archives

    for name, content in sorted(packed.members(archive)):
        path = archive / Path(name).name
        if name == packed.MANIFEST:
            raise StoreError(f"{path}: the manifest of a run lies beside its packed records, not in them")
        yield path, json_of(path, content)


def write_results(path: Path, records: Iterable[Record]) -> None:
    """Assemble one pyperf suite: a benchmark per cell, a run per record. Nothing is written for no records."""
    benchmarks: dict[str, list[dict[str, Any]]] = {}
    for record in records:
        run = {"metadata": dict(record.metadata), "values": [record.value_s / record.inner_loops]}
        benchmarks.setdefault(str(record.metadata["name"]), []).append(run)
    if benchmarks:
        suite = {"benchmarks": [{"runs": runs} for _, runs in sorted(benchmarks.items())], "version": "1.0"}
        write_json(path, suite)
