"""Records: what is never written, and what is refused when it is read, in one line that names file and fault."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bench.figures import RECORDED
from bench.store import records
from bench.store.border import MAX_BYTES, StoreError
from bench.store.manifest import RAW
from bench.store.records import Record
from bench.store.schema import SCHEMA
from bench.words import Cell
from tests.support.records import HOST, make_record, pyperf_text, write_record

NAME = "http_get/thread/10"
PRIVATE = ("python_executable", "python_config_args", "python_cflags", "command", "boot_time")
SECRETS = {key: f"secret of {key}" for key in (*PRIVATE, "hostname")}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A whole record on the disk."""
    (tmp_path / RAW).mkdir()
    return write_record(tmp_path, make_record(NAME))


def refusal(path: Path) -> str:
    """The one line that reading this file gives, less the file's name, which it must begin with."""
    with pytest.raises(StoreError) as caught:
        records.read(path)
    file, _, fault = str(caught.value).partition(": ")
    assert file == str(path)
    assert "\n" not in fault
    return fault


def change(path: Path, how: Callable[[dict[str, Any]], object]) -> None:
    """Change the JSON of a file in place."""
    content = json.loads(path.read_text())
    how(content)
    path.write_text(json.dumps(content))


def test_a_record_comes_back_as_it_was_written(path: Path) -> None:
    written, read = make_record(NAME), records.read(path)
    assert (read.id, read.cell, read.round, read.attempt) == (written.id, written.cell, 1, 1)
    assert read.value_s == written.value_s
    assert read.metadata == {**written.metadata, "hostname": HOST}


def test_the_name_of_a_file_says_cell_round_and_attempt_and_has_no_slash() -> None:
    found = records.record_id(Cell.parse("sleep/thread/100?ops=0&wait_ms=5"), 7, 2)
    assert found == "r007.sleep.thread.100.ops=0+wait_ms=5.a2"


def test_a_record_is_void_only_if_it_says_why(path: Path) -> None:
    assert records.read(path).void == ""
    assert make_record(NAME, void="flow 3 did other work").void == "flow 3 did other work"


@pytest.mark.parametrize("part", ["suite", "benchmark", "run"])
def test_what_names_a_person_or_a_place_is_never_written(tmp_path: Path, part: str) -> None:
    suite = json.loads(pyperf_text(make_record(NAME)))
    parts = {"suite": suite, "benchmark": suite["benchmarks"][0], "run": suite["benchmarks"][0]["runs"][0]}
    parts[part].setdefault("metadata", {}).update(SECRETS)
    records.write(tmp_path / "r.json", json.dumps(suite), HOST)
    text = (tmp_path / "r.json").read_text()
    assert "secret" not in text
    assert records.read(tmp_path / "r.json").metadata["hostname"] == HOST
    assert not [key for key in PRIVATE if key in text]


def test_the_same_record_is_the_same_bytes(tmp_path: Path) -> None:
    text = pyperf_text(make_record(NAME))
    backwards = json.dumps(dict(reversed(json.loads(text).items())), indent=3)
    for name, content in (("a", text), ("b", backwards)):
        records.write(tmp_path / name, content, HOST)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


@pytest.mark.parametrize("share", [0.0, 0.3, 0.9, 0.999])
def test_a_truncated_record_is_refused(path: Path, share: float) -> None:
    text = path.read_text().rstrip()
    path.write_text(text[: int(len(text) * share)])
    assert refusal(path).startswith("truncated, or not JSON (")


@pytest.mark.parametrize("content", [b"\xff\xfe", b"\x00", b"[" * 100_000])
def test_bytes_that_are_no_json_are_refused(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    assert refusal(path).startswith("truncated, or not JSON (")


def test_a_record_of_a_future_schema_says_what_to_do(path: Path) -> None:
    change(path, lambda suite: suite["metadata"].update(schema=SCHEMA + 1))
    assert refusal(path) == f"schema {SCHEMA + 1} is newer than this version's {SCHEMA}: update the suite"


def test_a_file_larger_than_any_record_is_not_even_read(path: Path) -> None:
    with path.open("r+b") as file:
        file.truncate(MAX_BYTES + 1)
    assert refusal(path) == f"larger than any file of a run ({MAX_BYTES} bytes)"


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    assert refusal(tmp_path / "none.json") == "No such file or directory"


@pytest.mark.parametrize(
    "content",
    [
        [],
        None,
        5,
        {},
        {"benchmarks": 5},
        {"benchmarks": []},
        {"benchmarks": [{"runs": [{"values": [1]}]}] * 2},
        {"benchmarks": [{"runs": []}]},
        {"benchmarks": [{"runs": [{"values": [1, 2]}]}]},
        {"benchmarks": [{"runs": [{"values": []}]}]},
        {"benchmarks": [{"runs": ["values"]}]},
        {"benchmarks": [{"runs": [{"values": [1]}]}], "metadata": ["schema"]},
    ],
    ids=str,
)
def test_what_is_not_one_benchmark_with_one_value_is_not_ours(path: Path, content: object) -> None:
    path.write_text(json.dumps(content))
    assert refusal(path) == "not a record of this suite (one benchmark with one value)"


def test_a_pyperf_file_of_somebody_else_is_not_ours(path: Path) -> None:
    change(path, lambda suite: suite.update(metadata={"name": "pidigits", "unit": "second"}))
    assert refusal(path) == "not a record of this suite (it is a pyperf file of something else)"


@pytest.mark.parametrize("key", [row.name for row in RECORDED if row.required and row.name != "schema"])
@pytest.mark.parametrize("wrong", [None, [], True, "missing"])
def test_what_every_record_must_have_is_demanded_of_its_type(path: Path, key: str, wrong: object) -> None:
    def spoil(suite: dict[str, Any]) -> None:
        suite["metadata"][key] = wrong
        if wrong == "missing":
            del suite["metadata"][key]

    change(path, spoil)
    said = None if wrong == "missing" else wrong
    assert refusal(path) == f"not a record of this suite ({key} is {said!r})"


@pytest.mark.parametrize(
    ("lies", "fault"),
    [
        ({"flows": 11}, "its name is http_get/thread/10, its metadata say another cell"),
        ({"model": "asyncio"}, "its name is http_get/thread/10, its metadata say another cell"),
        ({"workload": "sleep"}, "its name is http_get/thread/10, its metadata say another cell"),
        ({"name": "../../etc/passwd"}, "'../../etc/passwd' is not a cell: write workload/model/flows, as in"),
        ({"name": "a\nb"}, r"'a\nb' is not a cell: "),
        ({"cpu_s": 0}, "cpu_s is 0, which cannot be"),
        ({"cpu_s": -0.5}, "cpu_s is -0.5, which cannot be"),
        ({"steal": "much"}, "steal is 'much', not a number"),
        ({"late_histogram": "1:0"}, "late_histogram is not one (a histogram has no '1:0'"),
        ({"op_histogram": 7}, "op_histogram is 7, not a text"),
        ({"timeline": "0 sleep 1 2"}, "timeline is not one"),
        ({"timeline": "0 work 1 2;"}, "timeline is not one"),
        ({"extra": ["a", "list"]}, "extra is ['a', 'list'], not a number or a text"),
        ({"extra": None}, "extra is None, not a number or a text"),
        ({"wait_s": float("nan")}, "not a file of this suite (NaN is no number)"),
        ({"wait_given_s": float("inf")}, "not a file of this suite (Infinity is no number)"),
    ],
    ids=str,
)
def test_a_record_that_lies_is_refused(path: Path, lies: dict[str, Any], fault: str) -> None:
    change(path, lambda suite: suite["metadata"].update(lies))
    assert refusal(path).startswith(fault)


@pytest.mark.parametrize("value", [0, -1.0, float("nan"), float("inf"), "1", None, [1]])
def test_a_value_that_is_no_number_of_seconds_is_refused(path: Path, value: object) -> None:
    change(path, lambda suite: suite["benchmarks"][0]["runs"][0].update(values=[value]))
    odd = {"nan": "NaN is no number", "inf": "Infinity is no number"}.get(str(value), "")
    assert refusal(path) == (
        f"not a file of this suite ({odd})" if odd else f"its value is {value!r}, not a number of seconds"
    )


@pytest.mark.parametrize(
    "lies",
    [
        {"name": f"http_get/thread/{'1' * 5000}"},  # ValueError of int()
        {"cpu_s": 10**400},  # accepted; OverflowError in the report
        {"late_histogram": "99999:20"},  # likewise: no int64 has such a bucket
        {"timeline": ""},  # accepted; ValueError in bench.analysis.timeline.parse
        {"timeline": f"0 work 0 {'1' * 5000}"},  # likewise
        {"of\ntwo lines": []},  # refused, in two lines
    ],
    ids=lambda lies: str(lies)[:30],
)
def test_a_record_that_lies_grossly_is_refused(path: Path, lies: dict[str, Any]) -> None:
    change(path, lambda suite: suite["metadata"].update(lies))
    assert refusal(path)


def test_a_value_beyond_all_floats_is_refused(path: Path) -> None:
    change(path, lambda suite: suite["benchmarks"][0]["runs"][0].update(values=[10**400]))
    assert refusal(path)


@pytest.mark.parametrize("timeline", ["0 work 0 5", "0 work -3 5;1 wait 5 12000;0 ready 5 6"])
def test_a_timeline_is_kept(path: Path, timeline: str) -> None:
    change(path, lambda suite: suite["metadata"].update(timeline=timeline))
    assert records.read(path).metadata["timeline"] == timeline


def test_all_records_are_read_in_order_and_what_is_half_written_is_not(path: Path, tmp_path: Path) -> None:
    for record in (make_record(NAME, 3), make_record(NAME, 2), make_record("sleep/thread/1", 2)):
        write_record(tmp_path, record)
    path.with_name(".r009.json").write_text("{")
    path.with_name("notes.txt").write_text("{")
    found = records.read_all(path.parent)
    assert [(r.round, r.cell.workload) for r in found] == [
        (1, "http_get"),
        (2, "http_get"),
        (2, "sleep"),
        (3, "http_get"),
    ]


def test_the_first_faulty_record_of_a_folder_is_named(path: Path) -> None:
    bad = path.with_name("r000.json")
    bad.write_text("{")
    with pytest.raises(StoreError, match=r"r000\.json: truncated"):
        records.read_all(path.parent)


def test_results_are_one_pyperf_suite_with_a_benchmark_per_cell_and_a_run_per_record(tmp_path: Path) -> None:
    made = [make_record(NAME, 1, value_s=0.1), make_record("countasync/asyncio/3"), make_record(NAME, 2, value_s=0.2)]
    records.write_results(tmp_path / "results.json", made)
    suite = json.loads((tmp_path / "results.json").read_text())
    found = [[(run["metadata"]["name"], *run["values"]) for run in b["runs"]] for b in suite["benchmarks"]]
    assert found == [[("countasync/asyncio/3", 0.25)], [(NAME, 0.1), (NAME, 0.2)]]


def test_no_records_leave_no_results(tmp_path: Path) -> None:
    nothing: list[Record] = []
    records.write_results(tmp_path / "results.json", nothing)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "changes", "key"),
    [
        ("create/thread/100", {"create_s": -1.0}, "create_s"),
        ("sleep/thread/10", {"turn_ns": 0.0}, "turn_ns"),
        ("sleep/thread/10", {"ops_per_flow": 0}, "ops_done"),
        ("sleep/thread/10", {"kernel_tasks": -1}, "kernel_tasks"),
        ("hog/thread/2", {"burn_ms": 50, "tick_ms": 2, "late_max_s": 0.1}, "switch_us"),
        ("hog/thread/2", {"burn_ms": "long", "tick_ms": 2, "late_max_s": 0.1, "switch_us": 5000}, "burn_ms"),
        ("open_loop/thread/1?capacity=0&load_pct=80", {"late_max_s": 0.1}, "capacity"),
        ("open_loop/thread/1?capacity=9&load_pct=80", {}, "late_max_s"),
        ("two_flows/thread/2", {"read_method": "O_DIRECT", "pool": 32}, "read_kib"),
    ],
)
def test_what_no_page_could_be_made_of_is_refused(tmp_path: Path, name: str, changes: dict[str, Any], key: str) -> None:
    (tmp_path / RAW).mkdir()
    path = write_record(tmp_path, make_record(name, **changes))
    with pytest.raises(StoreError, match=f"{key} is "):
        records.read(path)


def test_what_is_no_regular_file_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.json")
    (tmp_path / "endless.json").symlink_to("/dev/zero")
    for path in sorted(tmp_path.iterdir()):
        with pytest.raises(StoreError, match="not a regular file"):
            records.read(path)


def test_of_a_void_record_no_figure_is_asked(tmp_path: Path) -> None:
    (tmp_path / RAW).mkdir()
    record = make_record("hog/thread/2", release_s=-12345.6, ops_per_flow=0, void="flow 1 failed")
    assert records.read(write_record(tmp_path, record)).void == "flow 1 failed"


OF_ANOTHER_TYPE = {"whole": "1", "number": "1", "text": 1, "histogram": 1, "timeline": 1}


def wrong_values() -> list[tuple[str, object]]:
    """Each figure with a value of another type, and one on each side of its range."""
    found: list[tuple[str, object]] = []
    for row in RECORDED:
        found.append((row.name, OF_ANOTHER_TYPE[row.form]))
        if row.above_zero:
            found.append((row.name, -1 if row.needed_with else 0))
        if row.least is not None:
            found.append((row.name, row.least - 1))
        if row.most is not None:
            found.append((row.name, row.most + 1))
    return found


@pytest.mark.parametrize(("figure", "value"), wrong_values())
def test_a_figure_of_another_type_or_out_of_range_is_one_line_that_names_it(
    path: Path, figure: str, value: object
) -> None:
    change(path, lambda suite: suite["metadata"].update({figure: value}))
    said = refusal(path)
    assert f"{figure} is {value!r}" in said


def test_a_figure_that_this_version_does_not_know_is_kept(path: Path) -> None:
    change(path, lambda suite: suite["metadata"].update(of_tomorrow=-1.5))
    assert records.read(path).metadata["of_tomorrow"] == -1.5
