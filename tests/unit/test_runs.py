"""Finding runs, making folders for new ones, and writing files of which nobody ever sees half."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from bench.store import atomic, runs
from bench.store.manifest import FILE, RAW
from bench.words import UserError
from tests.support.records import rounds_of
from tests.support.runs import make_run

OLD, MIDDLE, NEW = "20260101T000000Z-quick", "20260102T000000Z-bench", "20260103T000000Z-bench"


@pytest.fixture
def reports(tmp_path: Path) -> Path:
    """Two runs of one's own on two hosts, and a newer one in the gallery; beside them, what is none."""
    for place in (f"runs/z-host/{OLD}", f"runs/a-host/{MIDDLE}", f"gallery/a-host/{NEW}"):
        (tmp_path / place).mkdir(parents=True)
        (tmp_path / place / FILE).touch()
    (tmp_path / "runs/a-host/20270101T000000Z-bench").mkdir()
    (tmp_path / "compare/20270101").mkdir(parents=True)
    (tmp_path / "compare/20270101" / FILE).touch()
    (tmp_path / "selftest/20270101T000000Z/run-1").mkdir(parents=True)
    (tmp_path / "selftest/20270101T000000Z/run-1" / FILE).touch()
    return tmp_path


def refusal(call: Callable[[], object]) -> str:
    """The one line that a user gets."""
    with pytest.raises(UserError) as caught:
        call()
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_all_runs_are_found_from_the_oldest_to_the_newest_whatever_their_host(reports: Path) -> None:
    assert [folder.name for folder in runs.all_runs(reports)] == [OLD, MIDDLE, NEW]
    assert runs.all_runs(reports / "nowhere") == []


def test_a_run_is_found_by_its_path(reports: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = reports / "runs/z-host" / OLD
    assert runs.find(str(folder), reports / "nowhere") == folder
    monkeypatch.chdir(folder.parent)
    assert runs.find(OLD, reports / "nowhere") == folder
    monkeypatch.chdir(folder)
    assert runs.find(".", reports / "nowhere") == folder


@pytest.mark.parametrize("name", [OLD, NEW])
def test_a_run_is_found_by_its_id(reports: Path, name: str) -> None:
    assert runs.find(name, reports).name == name


def test_the_latest_run_is_the_newest_of_one_s_own(reports: Path) -> None:
    assert runs.find("latest", reports) == reports / "runs/a-host" / MIDDLE


def test_the_latest_run_is_the_one_that_began_last_whatever_it_is_called(tmp_path: Path) -> None:
    for name, began in (("zzz", "2026-01-01 00:00:00"), ("20260301T000000Z-bench", "2026-03-01 00:00:00")):
        make_run(tmp_path / "runs" / "a-host" / name, rounds_of("sleep/thread/10", [0.2]), started_utc=began)
    assert runs.find("latest", tmp_path).name == "20260301T000000Z-bench"


def test_without_a_run_of_one_s_own_latest_says_how_to_make_one(reports: Path) -> None:
    for folder in (reports / "runs").glob("*/*"):
        (folder / FILE).unlink(missing_ok=True)
    assert "make quick" in refusal(lambda: runs.find("latest", reports))


@pytest.mark.parametrize("name", ["20990101T000000Z-bench", "", "..", "no\nsuch", "a\0b", "20270101T000000Z-bench"])
def test_a_run_that_is_none_is_named(reports: Path, name: str) -> None:
    fault = refusal(lambda: runs.find(name, reports))
    assert fault == f"{name!r} is no run: give a folder with a {FILE}, a run's id, or `latest`"


def test_a_run_s_name_that_is_too_long_for_a_file_is_none(reports: Path) -> None:
    refusal(lambda: runs.find("x" * 300, reports))


def test_an_id_that_two_runs_have_names_none_of_them(reports: Path) -> None:
    (reports / "gallery/a-host" / OLD).mkdir()
    (reports / "gallery/a-host" / OLD / FILE).touch()
    assert refusal(lambda: runs.find(OLD, reports)) == f"2 runs are called {OLD}: give the path of one"


@pytest.mark.parametrize("there", [False, True])
def test_a_new_folder_has_a_place_for_records(tmp_path: Path, *, there: bool) -> None:
    folder = tmp_path / "deep" / "run"
    if there:
        folder.mkdir(parents=True)
    assert runs.make_folder(folder) == folder
    assert [path.name for path in folder.iterdir()] == [RAW]


def test_a_folder_with_anything_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / ".hidden").touch()
    fault = refusal(lambda: runs.make_folder(tmp_path))
    assert f"{tmp_path} is not empty" in fault
    assert f"--resume {tmp_path}" in fault
    assert not (tmp_path / RAW).exists()


def test_a_folder_below_a_file_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    fault = refusal(lambda: runs.make_folder(tmp_path / "file" / "run"))
    assert fault == f"cannot make {tmp_path}/file/run: Not a directory; name another folder with --out"


def test_a_folder_that_is_not_ours_to_write_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda path, mode: (path, mode) != (tmp_path, os.W_OK))
    assert refusal(lambda: runs.check_room(tmp_path)).startswith(f"{tmp_path} is not writable")


@pytest.mark.parametrize(("spare", "fits"), [(0, True), (-1, False)])
def test_a_full_disk_is_named_with_what_is_left_and_what_is_needed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, spare: int, *, fits: bool
) -> None:
    usage = SimpleNamespace(free=runs.NEEDED_BYTES + spare)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    if fits:
        runs.check_room(tmp_path)
    else:
        assert refusal(lambda: runs.check_room(tmp_path)) == f"{tmp_path}: the disk has 255 MiB left, a run needs 256"


STEPS: tuple[tuple[object, str], ...] = ((os, "fsync"), (Path, "replace"))


@pytest.mark.parametrize("step", STEPS, ids=[name for _, name in STEPS])
@pytest.mark.parametrize("old", [None, "old\n"])
@pytest.mark.parametrize("why", [OSError(28, "No space left on device"), KeyboardInterrupt()], ids=repr)
def test_an_interrupted_write_leaves_the_old_file_and_no_half_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: tuple[object, str], old: str | None, why: BaseException
) -> None:
    path = tmp_path / "run.json"
    if old is not None:
        path.write_text(old)

    def stop(*_: object) -> None:
        assert [p.name for p in tmp_path.iterdir() if p != path] == [f".run.json.{os.getpid()}.tmp"]
        raise why

    monkeypatch.setattr(*step, stop)
    with pytest.raises(type(why)):
        atomic.write_text(path, "new\n")
    assert {p.name: p.read_text() for p in tmp_path.iterdir()} == ({} if old is None else {"run.json": old})


def test_a_file_is_synced_whole_before_it_takes_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, synced, fsync = tmp_path / "run.json", list[bytes](), os.fsync

    def note(fd: int) -> None:
        assert not path.exists()
        synced.append(Path(f"/proc/self/fd/{fd}").read_bytes())
        fsync(fd)

    monkeypatch.setattr(os, "fsync", note)
    atomic.write_text(path, "new µ\n")
    assert synced == [path.read_bytes()] == ["new µ\n".encode()]
    assert list(tmp_path.iterdir()) == [path]


def test_json_has_one_form(tmp_path: Path) -> None:
    atomic.write_json(tmp_path / "a", {"b": [1], "a": "µ"})
    atomic.write_json(tmp_path / "b", {"a": "µ", "b": [1]})
    assert (tmp_path / "a").read_text() == (tmp_path / "b").read_text() == '{\n "a": "µ",\n "b": [\n  1\n ]\n}\n'


@pytest.mark.parametrize(
    "content", [{"a": float("nan")}, {"a": float("inf")}, {"a": object()}], ids=("nan", "inf", "object")
)
def test_what_is_no_json_is_not_written(tmp_path: Path, content: Any) -> None:
    (tmp_path / "a").write_text("old")
    with pytest.raises((ValueError, TypeError)):
        atomic.write_json(tmp_path / "a", content)
    assert [p.read_text() for p in tmp_path.iterdir()] == ["old"]
