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
    assert runs.make_folder(folder) == folder.resolve()
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


STEPS: tuple[tuple[object, str], ...] = ((os, "fsync"), (os, "rename"))


@pytest.mark.parametrize("step", STEPS, ids=[name for _, name in STEPS])
@pytest.mark.parametrize("old", [None, "old\n"])
@pytest.mark.parametrize("why", [OSError(28, "No space left on device"), KeyboardInterrupt()], ids=repr)
def test_an_interrupted_write_leaves_the_old_file_and_no_half_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: tuple[object, str], old: str | None, why: BaseException
) -> None:
    path = tmp_path / "run.json"
    if old is not None:
        path.write_text(old)

    def stop(*_: object, **__: object) -> None:
        (name,) = (p.name for p in tmp_path.iterdir() if p != path)
        assert atomic.TEMPORARY.fullmatch(name)
        raise why

    monkeypatch.setattr(*step, stop)
    with pytest.raises(type(why)):
        atomic.write_text(path, "new\n")
    assert {p.name: p.read_text() for p in tmp_path.iterdir()} == ({} if old is None else {"run.json": old})


def test_a_file_is_synced_whole_before_it_takes_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, synced, fsync = tmp_path / "run.json", list[bytes](), os.fsync

    def note(fd: int) -> None:
        there = Path(f"/proc/self/fd/{fd}").resolve()
        assert path.exists() == there.is_dir()  # the folder is synced when the name is there
        synced.append(b"" if there.is_dir() else there.read_bytes())
        fsync(fd)

    monkeypatch.setattr(os, "fsync", note)
    atomic.write_text(path, "new µ\n")
    assert synced == [path.read_bytes(), b""] == ["new µ\n".encode(), b""]
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


# Canaries: a run's folder that somebody sends may hold links that lead to what is mine.

MINE = "all that I have\n"


def planted(tmp_path: Path) -> tuple[Path, Path]:
    """A file of mine, and a folder of somebody else's."""
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "canary").write_text(MINE)
    (tmp_path / "theirs").mkdir()
    return tmp_path / "mine" / "canary", tmp_path / "theirs"


def refused(path: Path) -> str:
    """The one line of a refusal to write there."""
    with pytest.raises(atomic.NotOursError) as caught:
        atomic.write_text(path, "new\n")
    assert "\n" not in str(caught.value)
    assert "remove it" in str(caught.value)
    return str(caught.value)


def test_a_link_at_the_name_of_a_file_leads_nowhere(tmp_path: Path) -> None:
    canary, theirs = planted(tmp_path)
    (theirs / "index.html").symlink_to(canary)
    assert refused(theirs / "index.html") == (
        f"{theirs}/index.html: it is a link, and a file is to be written there: remove it"
    )
    assert canary.read_text() == MINE
    assert (theirs / "index.html").is_symlink()


def test_a_link_to_nowhere_makes_nothing_there(tmp_path: Path) -> None:
    _, theirs = planted(tmp_path)
    (theirs / "index.html").symlink_to(tmp_path / "mine" / "new")
    refused(theirs / "index.html")
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["canary"]


def test_a_folder_inside_a_run_that_is_a_link_leads_nowhere(tmp_path: Path) -> None:
    canary, theirs = planted(tmp_path)
    (theirs / RAW).symlink_to(canary.parent)
    assert "it is a link, which could lead anywhere" in refused(theirs / RAW / "canary")
    assert "it is a link" in refused(theirs / RAW / "new")
    assert [(path.name, path.read_text()) for path in canary.parent.iterdir()] == [("canary", MINE)]


def test_names_of_temporary_files_cannot_be_foreseen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Links at every name that a writer of before would have used, and one at the very name: nothing goes through."""
    canary, theirs = planted(tmp_path)
    for pid in range(os.getpid() - 50, os.getpid() + 50):
        (theirs / f".run.json.{pid}.tmp").symlink_to(canary)
    atomic.write_text(theirs / "run.json", "new\n")
    monkeypatch.setattr(atomic, "temporary_name", lambda _: ".taken")
    (theirs / ".taken").symlink_to(canary)
    with pytest.raises(FileExistsError):
        atomic.write_text(theirs / "run.json", "newer\n")
    assert (theirs / "run.json").read_text() == "new\n"
    assert canary.read_text() == MINE


def test_a_second_name_of_a_file_of_mine_is_taken_from_it_and_the_file_is_left(tmp_path: Path) -> None:
    canary, theirs = planted(tmp_path)
    os.link(canary, theirs / "index.html")
    atomic.write_text(theirs / "index.html", "new\n")
    assert canary.read_text() == MINE


@pytest.mark.parametrize("what", ["folder", "pipe"])
def test_what_is_no_file_is_left_alone(tmp_path: Path, what: str) -> None:
    make = os.mkdir if what == "folder" else os.mkfifo
    make(tmp_path / "index.html")
    assert ("a folder" if what == "folder" else "no regular file") in refused(tmp_path / "index.html")
    assert not (tmp_path / "index.html").is_file()


def test_the_longest_name_that_a_file_can_have_can_be_written(tmp_path: Path) -> None:
    name = "µ" * 127
    atomic.write_text(tmp_path / name, "new\n")
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_what_killed_writers_left_can_be_swept_and_nothing_else(tmp_path: Path) -> None:
    canary, theirs = planted(tmp_path)
    left = theirs / atomic.temporary_name("run.json")
    left.touch()
    kept = (theirs / ".hidden", theirs / "x.tmp", theirs / atomic.temporary_name("a-link"))
    kept[0].touch()
    kept[1].touch()
    kept[2].symlink_to(canary)
    atomic.sweep(theirs)
    assert sorted(theirs.iterdir()) == sorted(kept)
    (tmp_path / "link").symlink_to(theirs)
    with pytest.raises(atomic.NotOursError):
        atomic.sweep(tmp_path / "link")


def test_a_folder_that_the_user_names_through_a_link_is_the_one_behind_it(tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "disk")
    folder = runs.make_folder(tmp_path / "link" / "run")
    assert folder == (tmp_path / "disk" / "run").resolve()
    atomic.write_text(folder / RAW / "a.json", "{}")
    other = runs.claim_folder(tmp_path / "link" / "site")
    atomic.write_text(other / "index.html", "page")
    assert (tmp_path / "disk" / "site" / "index.html").read_text() == "page"


OURS = "<!doctype html>\n<html><head>\n" + runs.GENERATOR.decode() + "\n</head></html>\n"
OLDER = "<!doctype html>\n<html><head>\n<title>Waiting on one core: A and B side by side</title>\n"


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({}, ""),
        ({"index.html": OURS, "notes.txt": "mine"}, ""),
        ({"index.html": OLDER}, ""),
        ({"index.html": "mine\n"}, "is not empty and has no index.html of this suite"),
        ({"index.html": "<!doctype html>\n<title>My site</title>\n"}, "has no index.html of this suite"),
        ({"index.html": "mine " + OURS}, "has no index.html of this suite"),
        ({"notes.txt": "mine"}, "is not empty"),
        ({"index.html": OURS, FILE: "{}"}, "is a run"),
        ({"index.html/x": "mine"}, "is not empty"),
    ],
)
def test_a_page_goes_where_nothing_is_or_one_of_ours(tmp_path: Path, files: dict[str, str], said: str) -> None:
    folder = tmp_path / "site"
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    if said:
        assert said in refusal(lambda: runs.claim_folder(folder))
    else:
        assert runs.claim_folder(folder) == folder.resolve()
    assert {name: (folder / name).read_text() for name in files} == files


def test_a_link_to_a_page_of_ours_is_no_page_of_ours(tmp_path: Path) -> None:
    (tmp_path / "ours.html").write_text(OURS)
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "index.html").symlink_to(tmp_path / "ours.html")
    assert "is not empty" in refusal(lambda: runs.claim_folder(tmp_path / "site"))


def test_a_folder_for_a_page_below_a_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert "cannot use" in refusal(lambda: runs.claim_folder(tmp_path / "file" / "site"))
