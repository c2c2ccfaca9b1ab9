"""run.json: comes back as it was written; what is not one is refused in one line that names file and fault."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bench.store.border import MAX_BYTES, StoreError
from bench.store.manifest import FILE, Manifest, NotRun, Void, read_manifest, valid_records
from bench.store.schema import SCHEMA
from bench.words import Finding
from tests.support.records import make_record
from tests.support.runs import make_manifest, make_run

RECORDS = [make_record("http_get/thread/10", round_) for round_ in (1, 2, 3)]
VOID = Void(RECORDS[0].id, "http_get/thread/10", 1, 1, "it did other work")


@pytest.fixture
def full() -> Manifest:
    """A manifest with something in every part."""
    return make_manifest(
        RECORDS,
        void=[VOID],
        superseded=[RECORDS[1].id],
        not_run=[NotRun("sleep/uvloop/1", "uvloop is not installed")],
        findings=[Finding("warning", "the server shares the core", "give it another"), Finding("hint", "Größe: 5 µs")],
    )


def refusal(folder: Path) -> str:
    """The one line that reading this folder's manifest gives, less the file's name, which it must begin with."""
    with pytest.raises(StoreError) as caught:
        read_manifest(folder)
    file, _, fault = str(caught.value).partition(": ")
    assert file == str(folder / FILE)
    assert "\n" not in fault
    return fault


def changed(folder: Path, manifest: Manifest, how: Callable[[dict[str, Any]], object]) -> Path:
    """Write a manifest and change its JSON in place; return its folder."""
    manifest.write(folder)
    content = json.loads((folder / FILE).read_text())
    how(content)
    (folder / FILE).write_text(json.dumps(content))
    return folder


def test_a_manifest_comes_back_as_it_was_written(tmp_path: Path, full: Manifest) -> None:
    """Only the tuples of its plan come back as lists."""
    full.write(tmp_path)
    assert read_manifest(tmp_path) == replace(full, plan=json.loads(json.dumps(full.plan)))


def test_the_same_manifest_is_the_same_bytes_and_leaves_nothing_beside_it(tmp_path: Path, full: Manifest) -> None:
    full.write(tmp_path)
    first = (tmp_path / FILE).read_bytes()
    read_manifest(tmp_path).write(tmp_path)
    assert (tmp_path / FILE).read_bytes() == first
    assert [path.name for path in tmp_path.iterdir()] == [FILE]


def test_a_manifest_of_a_future_schema_says_what_to_do(tmp_path: Path, full: Manifest) -> None:
    """Whatever else a future version writes, the schema is looked at first."""
    changed(tmp_path, full, lambda m: (m.update(schema=SCHEMA + 1, of_tomorrow=1), m.pop("void")))
    assert refusal(tmp_path) == f"schema {SCHEMA + 1} is newer than this version's {SCHEMA}: update the suite"


@pytest.mark.parametrize("share", [0.0, 0.3, 0.9, 0.999])
def test_a_truncated_manifest_is_refused(tmp_path: Path, full: Manifest, share: float) -> None:
    full.write(tmp_path)
    text = (tmp_path / FILE).read_text().rstrip()
    (tmp_path / FILE).write_text(text[: int(len(text) * share)])
    assert refusal(tmp_path).startswith("truncated, or not JSON (")


@pytest.mark.parametrize("content", [b"\xff\xfe", b"[" * 100_000])
def test_bytes_that_are_no_json_are_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / FILE).write_bytes(content)
    assert refusal(tmp_path).startswith("truncated, or not JSON (")


@pytest.mark.parametrize("content", ["[]", "null", "5", "{}", '{"schema": "1"}', '{"schema": null}'])
def test_what_has_no_schema_is_not_ours(tmp_path: Path, content: str) -> None:
    (tmp_path / FILE).write_text(content)
    assert refusal(tmp_path) == "not a manifest of this suite (it has no schema)"


def test_a_folder_without_a_manifest_is_no_run(tmp_path: Path) -> None:
    assert refusal(tmp_path) == "No such file or directory"


def test_a_file_larger_than_any_manifest_is_not_even_read(tmp_path: Path, full: Manifest) -> None:
    full.write(tmp_path)
    with (tmp_path / FILE).open("r+b") as file:
        file.truncate(MAX_BYTES + 1)
    assert refusal(tmp_path) == f"larger than any file of a run ({MAX_BYTES} bytes)"


NEEDED = ("id", "host", "preset", "seed", "budget_s", "started_utc", "plan", "environment", "bodies", "about", "void")


@pytest.mark.parametrize("key", NEEDED)
def test_what_every_manifest_must_have_is_named_where_it_lacks(tmp_path: Path, full: Manifest, key: str) -> None:
    changed(tmp_path, full, lambda m: m.pop(key))
    fault = refusal(tmp_path)
    assert fault.startswith("not a manifest of this suite (")
    assert repr(key) in fault


HOSTILE: dict[str, tuple[Callable[[dict[str, Any]], object], str]] = {
    "an id that is a list": (lambda m: m.update(id=["x"]), "is ['x'], not a text"),
    "a state that is nothing": (lambda m: m.update(state=None), "is None, not a text"),
    "no CPU": (lambda m: m["environment"]["machine"].pop("CPU"), "'CPU'"),
    "no interpreter": (lambda m: m["environment"].pop("interpreter"), "'interpreter'"),
    "a python that is a number": (lambda m: m["environment"]["interpreter"].update(python=3), "is 3, not a text"),
    "a group of the environment that is a text": (
        lambda m: m["environment"].update(more="big"),
        "it.environment.more is 'big', not a map",
    ),
    "a workload that is a number": (lambda m: m["workloads"].append(7), "is 7, not a text"),
    "a workload that nothing is said about": (lambda m: m["workloads"].append("mystery"), "'mystery'"),
    "a model of no kind": (lambda m: m["about"]["kinds"].clear(), "'thread'"),
    "superseded numbers": (lambda m: m.update(superseded=[1]), "is 1, not a text"),
    "a reason that is a list": (lambda m: m["void"][0].update(reason=[]), "is [], not a text"),
    "a void cell with a key too many": (
        lambda m: m["void"][0].update(x=1),
        "it.void[0] has 'x', which this version does not know",
    ),
    "a void cell that is a text": (lambda m: m.update(void=["x"]), "it.void[0] is 'x', not a map"),
    "not run for no reason": (lambda m: m["not_run"][0].pop("reason"), "'reason'"),
    "a finding of no known level": (
        lambda m: m["findings"][0].update(level="fatal"),
        "level is 'fatal', and can be hint, warning, error",
    ),
    "a level that is a list": (lambda m: m["findings"][0].update(level=["hint"]), "level is ['hint'], and can be"),
    "a remedy that is nothing": (lambda m: m["findings"][0].update(remedy=None), "is None, not a text"),
    "a body that is a number": (lambda m: m["bodies"]["http_get"].update(blocking=1), "is 1, not a text"),
    "a seed that is a text": (lambda m: m.update(seed="1"), "seed is '1', not a whole number"),
    "an elapsed time that is nothing": (lambda m: m.update(elapsed_s=None), "elapsed_s is None, not a number"),
    "a key of tomorrow": (lambda m: m.update(of_tomorrow=1), "'of_tomorrow'"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_manifest_that_says_something_odd_is_refused(tmp_path: Path, full: Manifest, name: str) -> None:
    how, fault = HOSTILE[name]
    found = refusal(changed(tmp_path, full, how))
    assert found.startswith("not a manifest of this suite (")
    assert fault in found


@pytest.mark.parametrize("change", [{"of\ntomorrow": 1}, {"bodies": ""}], ids=str)
def test_a_manifest_that_says_something_odder_is_refused(
    tmp_path: Path, full: Manifest, change: dict[str, object]
) -> None:
    assert refusal(changed(tmp_path, full, lambda m: m.update(change)))


def test_void_and_superseded_records_do_not_count(tmp_path: Path) -> None:
    void_by_itself = make_record("http_get/thread/10", 4, void="it did other work")
    folder = make_run(tmp_path / "run", [*RECORDS, void_by_itself], void=[VOID], superseded=[RECORDS[1].id])
    assert [r.id for r in valid_records(folder, read_manifest(folder))] == [RECORDS[2].id]
