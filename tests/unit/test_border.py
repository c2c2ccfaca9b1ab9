"""What may be anybody's: files of other tools, odd numbers and characters, and tables of forms that fit what they describe."""

from __future__ import annotations

import gzip
import json
import os
from dataclasses import fields
from pathlib import Path

import pytest

from bench.commands.main import main
from bench.commands.status import FAILED, USAGE
from bench.store import border, records, runs
from bench.store.border import StoreError
from bench.store.forms import Either, Fields, Form, ListOf, MapOf, MisfitError, Number, OneOf, Text
from bench.store.manifest import (
    DISTURBED,
    FILE,
    FINDING,
    LATER,
    MANIFEST,
    NOT_RUN,
    RAW,
    RUNG,
    VOID,
    Disturbance,
    Manifest,
    NotRun,
    Rung,
    Void,
    read_manifest,
)
from bench.store.schema import MEANINGS, SCHEMA, check_version, is_number
from bench.words import Cell, Finding, UserError, shown
from tests.support.records import make_record
from tests.support.runs import make_manifest, make_run

PYPERFORMANCE = {
    "version": "1.0",
    "metadata": {"perf_version": "2.7.0", "unit": "second"},
    "benchmarks": [
        {"metadata": {"name": name}, "runs": [{"metadata": {}, "values": [0.9]}]}
        for name in ("async_tree", "asyncio_tcp")
    ],
}
NAN = '{"version":"1.0","metadata":{"name":"x"},"benchmarks":[{"runs":[{"metadata":{},"values":[NaN]}]}]}'
FOREIGN = {
    "a result of pyperformance": json.dumps(PYPERFORMANCE).encode(),
    "compressed with gzip": gzip.compress(json.dumps(PYPERFORMANCE).encode(), mtime=0),
    "values in bytes": b'{"version":"1.0","metadata":{"unit":"byte"},"benchmarks":[{"runs":[{"values":[1048576, 7]}]}]}',
    "a pyperf file of something else": NAN.encode(),
    "a result of google-benchmark": b'{"context":{"num_cpus":2},"benchmarks":[{"name":"BM_x","time_unit":"ns"}]}',
    "a result of hyperfine": b'{"results":[{"command":"sleep 0.1","mean":0.1,"times":[0.1]}]}',
    "a result of pytest-benchmark": b'{"machine_info":{},"benchmarks":[{"name":"t","stats":{"mean":1}}],"version":"5"}',
}


@pytest.mark.parametrize("what", FOREIGN)
def test_what_another_tool_wrote_is_called_by_its_name(
    what: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ending = "json.gz" if "gzip" in what else "json"
    run = make_run(tmp_path / "run", [make_record("sleep/thread/1")])
    alone, inside = tmp_path / f"theirs.{ending}", run / RAW / f"theirs.{ending}"
    as_run = tmp_path / "as a run" / FILE
    as_run.parent.mkdir()
    for path in (alone, inside, as_run):
        path.write_bytes(FOREIGN[what])
    for given, path, status in ((alone, alone, USAGE), (run, inside, FAILED), (as_run.parent, as_run, FAILED)):
        assert main(["report", str(given)]) == status
        (line,) = capsys.readouterr().err.splitlines()
        assert str(path) in line
        assert what in line


ODD_JSON = {
    "NaN": '{"schema": NaN}',
    "Infinity": '{"schema": -Infinity}',
    "is there twice": '{"schema": 1, "x": 0, "schema": 1}',
    "half a character": '{"schema": "\\ud800"}',
    "a lone surrogate": '{"\\udc00": 1}',
    "truncated": "[" * 100_000,
}


@pytest.mark.parametrize("what", ODD_JSON)
def test_json_that_nobody_can_count_with_is_refused_in_one_line(what: str, tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    path.write_text(ODD_JSON[what])
    with pytest.raises(StoreError) as caught:
        border.read_json(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert what in str(caught.value)
    assert len(str(caught.value)) < len(str(path)) + 200
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("number", ["1e999", "-1e999", "1" + "0" * 400, "9" * 5_000, "5e-324"])
def test_a_number_beyond_all_bounds_is_refused_in_one_short_line(number: str, tmp_path: Path) -> None:
    folder = make_run(tmp_path / "run", [make_record("sleep/thread/1")])
    for path, before in ((folder / FILE, '"elapsed_s": 100.0'), (next((folder / RAW).iterdir()), '"create_s":2e-05')):
        text = path.read_text()
        assert before in text
        path.write_text(text.replace(before, before.split(":")[0] + ":" + number))
        with pytest.raises(StoreError) as caught:
            read_manifest(folder) if path.name == FILE else records.read(path)
        assert len(str(caught.value)) < len(str(path)) + 200
        path.write_text(text)


def test_a_whole_character_that_is_escaped_is_one(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text('{"a": "\\ud83d\\ude00"}')
    assert border.read_json(tmp_path / "x.json") == {"a": "😀"}


@pytest.mark.parametrize("what", ["pipe", "folder", "device"])
def test_what_is_no_file_is_not_waited_for(what: str, tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    {"pipe": os.mkfifo, "folder": os.mkdir, "device": lambda at: at.symlink_to("/dev/zero")}[what](path)
    with pytest.raises(StoreError, match="not a regular file"):
        border.read_json(path)


def test_a_large_file_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    path.touch()
    os.truncate(path, 2**40)
    with pytest.raises(StoreError, match="larger than any file of a run"):
        border.read_json(path)


def test_the_table_of_the_manifest_has_each_of_its_fields() -> None:
    assert list(MANIFEST) == [entry.name for entry in fields(Manifest)]
    assert set(MANIFEST) > LATER
    for table, made in ((VOID, Void), (RUNG, Rung), (DISTURBED, Disturbance), (FINDING, Finding), (NOT_RUN, NotRun)):
        assert list(table) == [entry.name for entry in fields(made)]


def test_every_version_says_what_it_means() -> None:
    assert list(MEANINGS) == list(range(1, SCHEMA + 1))
    assert [check_version(version) for version in MEANINGS] == [""] * SCHEMA
    for odd in (0, -1, True, 1.0, "1", None, SCHEMA + 1):
        assert check_version(odd)


MAP = Fields({"a": Number(0), "b": Text(3)}, frozenset({"b"}))
MISFITS: tuple[tuple[Form, object, str], ...] = (
    (Text(3), 5, "it is 5, not a text"),
    (Text(3), "abcd", "it has 4 characters, which are more than 3"),
    (Number(0, 9, whole=True), 1.5, "it is 1.5, not a whole number"),
    (Number(0, 9), True, "it is True, not a number"),
    (Number(0, 9), 10, "it is 10, which cannot be"),
    (Number(), 1e300, "not a number"),
    (OneOf((False, True)), 1, "it is 1, and can be False, True"),
    (ListOf(Number()), [1, "x"], "it[1] is 'x', not a number"),
    (ListOf(Number(), 2), [1, 2, 3], "it has 3 entries, which are more than 2"),
    (ListOf(Text(), distinct=True), ["a", "a"], "it names one thing twice"),
    (MapOf(Number()), {"x": None}, "it.x is None, not a number"),
    (MapOf(Number()), {"x" * 300: 1}, "a name in it has 300 characters"),
    (MAP, {}, "it has no 'a'"),
    (MAP, {"a": 1, "c": 1}, "it has 'c', which this version does not know"),
    (Either((Text(1), Number())), [], "it is [], which has no place there"),
)


@pytest.mark.parametrize(("form", "value", "fault"), MISFITS, ids=lambda value: str(value)[:30])
def test_what_does_not_fit_its_form_is_told_where_and_why(form: Form, value: object, fault: str) -> None:
    with pytest.raises(MisfitError) as caught:
        form.read(value, "it")
    assert fault in str(caught.value)
    assert len(str(caught.value)) < 200


def test_texts_are_shown_whole_or_cut_and_never_steer() -> None:
    assert Text(9, lines=True).read("a\nb\x1b[1m\ud800", "it") == "a\nb\ufffd[1m\ufffd"
    assert Text(9).read("a\nb\tc", "it") == "a b c"
    assert Text(3, cut=True).read("abcd", "it") == "ab…"


@pytest.mark.parametrize("value", [True, None, "1", float("nan"), float("inf"), 2**63, 10**400, 5e-324])
def test_what_is_no_number_of_ordinary_size_is_none(value: object) -> None:
    assert not is_number(value)
    assert all(map(is_number, (0, -0.0, 1e-18, -5, 2**62)))


def test_a_message_repeats_no_long_name(tmp_path: Path) -> None:
    long = "x" * 100_000
    with pytest.raises(UserError) as of_cell:
        Cell.parse(f"sleep/thread/1?{long}=1")
    with pytest.raises(UserError) as of_run:
        runs.find(long, tmp_path)
    folder = make_run(tmp_path / "run", [], models=[long])
    with pytest.raises(StoreError) as of_manifest:
        read_manifest(folder)
    for caught in (of_cell, of_run, of_manifest):
        assert len(str(caught.value)) < 400
    assert len(shown([long] * 100)) <= 80


def test_what_a_reason_says_cannot_steer_and_a_name_that_is_no_utf_8_can_be_written(tmp_path: Path) -> None:
    folder = make_run(tmp_path / "run", [make_record("sleep/thread/1", void="red: \x1b[31m")], host="caf\udce9")
    assert read_manifest(folder).host == "caf?"
    (record,) = records.read_all(folder / RAW)
    assert record.void == "red: \ufffd[31m"


def test_the_texts_of_a_manifest_of_ours_pass_unchanged(tmp_path: Path) -> None:
    made = make_manifest([make_record("sleep/thread/1")])
    made.write(tmp_path)
    found = read_manifest(tmp_path)
    assert (found.environment, found.bodies, found.about) == (made.environment, made.bodies, made.about)
    assert list(found.environment) == sorted(made.environment)
