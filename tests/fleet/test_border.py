"""What a host sends is data: what is not the run that was asked for is reported, and nothing of it is filed."""

from __future__ import annotations

import io
import json
import lzma
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from bench.fleet.attempts import _seen
from bench.fleet.filing import Expected, file_run, label_of
from bench.fleet.ssh import HostError
from bench.store.border import StoreError
from bench.store.manifest import FILE, read_manifest
from bench.store.packed import pack
from tests.support.records import make_record
from tests.support.runs import make_run

ID = "20260101T000000Z-quick"
Files = dict[str, bytes]


@pytest.fixture
def run(tmp_path: Path) -> Path:
    (tmp_path / "made").mkdir()
    return make_run(tmp_path / "made" / ID, [make_record("sleep/thread/100")], id=ID, preset="quick")


def expected(run: Path) -> Expected:
    manifest = read_manifest(run)
    return Expected(manifest.id, manifest.host, manifest.preset, manifest.seed)


def packed(run: Path, name: str = "packed") -> bytes:
    pack(run, run.parent / name)
    return (run.parent / name).read_bytes()


def archive(*members: tuple[tarfile.TarInfo, bytes]) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w", format=tarfile.GNU_FORMAT) as tar:
        for member, content in members:
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return lzma.compress(file.getvalue())


def link(name: str, to: str) -> tarfile.TarInfo:
    found = tarfile.TarInfo(name)
    found.type, found.linkname = tarfile.SYMTYPE, to
    return found


def filed(reports: Path) -> list[Path]:
    return [path for path in reports.rglob("*") if path.is_file() or path.is_symlink()]


def test_a_run_that_was_asked_for_is_filed_under_its_label(run: Path, tmp_path: Path) -> None:
    reports = tmp_path / "reports"
    folder = file_run(packed(run), expected(run), reports)
    assert folder == reports / "runs" / expected(run).label / ID
    assert read_manifest(folder).id == ID
    assert not list(reports.glob(".fleet-*"))


@pytest.mark.parametrize(
    "hostile",
    [
        b"",
        b"not a run",
        "text",
        None,
        {"run": 1},
        bytearray(b"x"),
        archive((tarfile.TarInfo("../../outside.json"), b"{}")),
        archive((tarfile.TarInfo("/tmp/outside.json"), b"{}")),
        archive((tarfile.TarInfo(FILE), b"{}"), (tarfile.TarInfo(FILE), b"{}")),
        archive((link("run.json", "/etc/passwd"), b"")),
        archive((tarfile.TarInfo(FILE), b'{"schema": 1e999}')),
        archive((tarfile.TarInfo(FILE), b'{"schema": NaN}')),
        archive((tarfile.TarInfo(FILE), b"[" * 100_000)),
        lzma.compress(b"\0" * 10**7),
    ],
    ids=[
        *("empty", "noise", "text", "nothing", "map", "bytearray", "path", "absolute", "twice", "link"),
        *("infinity", "nan", "deep", "zeros"),
    ],
)
def test_hostile_data_is_refused_and_nothing_of_it_is_filed(hostile: object, run: Path, tmp_path: Path) -> None:
    reports = tmp_path / "reports"
    with pytest.raises(StoreError):
        file_run(hostile, expected(run), reports)
    assert filed(reports) == []
    assert not (tmp_path / "outside.json").exists()


@pytest.mark.parametrize("key", ["id", "host", "preset", "seed"])
def test_another_run_than_the_one_that_was_asked_for_is_refused(key: str, run: Path, tmp_path: Path) -> None:
    wanted = expected(run)
    manifest = json.loads((run / FILE).read_text())
    manifest[key] = manifest[key] + 1 if key == "seed" else f"{manifest[key]}x"
    (run / FILE).write_text(json.dumps(manifest))
    with pytest.raises(StoreError, match="another run"):
        file_run(packed(run), wanted, tmp_path / "reports")
    assert filed(tmp_path / "reports") == []


def test_a_run_is_not_filed_over_another(run: Path, tmp_path: Path) -> None:
    content, reports = packed(run), tmp_path / "reports"
    file_run(content, expected(run), reports)
    with pytest.raises(StoreError, match="there already"):
        file_run(content, expected(run), reports)


GOOD: dict[str, object] = {"machine": "0" * 15 + "1", "off the core": True, "findings": []}


@pytest.mark.parametrize(
    "change",
    [
        lambda _: b"{}",
        lambda _: "no JSON",
        lambda _: "[]",
        lambda _: "{}",
        lambda _: "[" * 100_000,
        lambda _: " " * (2 << 20),
        lambda good: json.dumps({**good, "machine": "../../etc"}),
        lambda good: json.dumps({**good, "machine": 1}),
        lambda good: json.dumps({**good, "off the core": "yes"}),
        lambda good: json.dumps({**good, "findings": ["x"]}),
        lambda good: json.dumps({**good, "findings": 3}),
    ],
)
def test_what_a_host_says_of_itself_is_checked(change: Callable[[dict[str, object]], object]) -> None:
    with pytest.raises(HostError, match="no answer of this suite"):
        _seen(change(GOOD))


def test_what_a_host_says_cannot_move_the_cursor() -> None:
    said = {**GOOD, "findings": [{"level": "warning", "what": "\x1b[2Jgone", "remedy": ""}]}
    assert "\x1b" not in _seen(json.dumps(said))["findings"][0]["what"]


@pytest.mark.parametrize("host", ["../../x", "user@box.example", "[::1]", "a" * 300])
def test_a_label_is_one_folder_whatever_the_host_is_called(host: str) -> None:
    label = label_of(host, "0123456789abcdef")
    assert "/" not in label
    assert not label.startswith(("-", "."))
    assert len(label) < 64
