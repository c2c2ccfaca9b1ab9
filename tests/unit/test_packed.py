"""A run in one file: what comes back is what went in, and what somebody else made up is refused in one line."""

from __future__ import annotations

import io
import lzma
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from bench.store import packed, records
from bench.store.border import MAX_BYTES, StoreError
from bench.store.manifest import FILE, RAW, read_manifest, valid_records
from bench.words import UserError
from tests.support.records import make_record
from tests.support.runs import make_run

LONG_NAME = "sleep/thread/100?" + "&".join(f"parameter_{i}=123456789" for i in range(6))


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A run of a few records, one of them with a name that a plain tar header has no room for."""
    names = ("sleep/thread/100", "sleep/asyncio/100", LONG_NAME)
    return make_run(tmp_path / "run", [make_record(name) for name in names])


@pytest.fixture
def file(run: Path) -> Path:
    """The same, packed."""
    file = run.parent / "run.tar.xz"
    packed.pack(run, file)
    return file


def contents(folder: Path) -> dict[str, bytes]:
    """Every file below a folder."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_what_comes_back_is_what_was_packed(run: Path, file: Path) -> None:
    packed.unpack(file, run.parent / "back")
    assert contents(run.parent / "back") == contents(run)
    assert len(contents(run)) == 4


def test_the_same_run_is_the_same_bytes(run: Path, file: Path) -> None:
    packed.pack(run, run.parent / "again.tar.xz")
    assert (run.parent / "again.tar.xz").read_bytes() == file.read_bytes()


def test_other_programs_read_it(run: Path, file: Path) -> None:
    with tarfile.open(file) as tar:
        assert sorted(tar.getnames()) == sorted(contents(run))


def test_a_users_own_file_stays_where_it_is(run: Path) -> None:
    (run / "files").mkdir()
    (run / "files" / "mine.py").write_text("print('run me')")
    packed.pack(run, run.parent / "own.tar.xz")
    packed.unpack(run.parent / "own.tar.xz", run.parent / "back")
    assert not (run.parent / "back" / "files").exists()


def test_packed_records_are_read_as_a_folder_of_them_is(run: Path) -> None:
    before = valid_records(run, read_manifest(run))
    packed.pack_records(run)
    assert not (run / RAW).exists()
    assert valid_records(run, read_manifest(run)) == before
    packed.unpack_records(run)
    assert valid_records(run, read_manifest(run)) == before
    assert not (run / records.ARCHIVE).exists()


def test_records_that_are_there_twice_are_refused(run: Path) -> None:
    packed.pack_records(run)
    (run / RAW).mkdir()
    with pytest.raises(StoreError, match="there twice, in raw and"):
        records.read_all(run / RAW)


def test_a_packed_record_passes_the_same_border(run: Path) -> None:
    path = min((run / RAW).iterdir())
    path.write_text(path.read_text().replace('"ops_done":', '"ops_done":-'))
    with pytest.raises(StoreError) as unpacked:
        records.read_all(run / RAW)
    packed.pack_records(run)
    with pytest.raises(StoreError) as archived:
        records.read_all(run / RAW)
    assert str(archived.value) == str(unpacked.value).replace(f"{run / RAW}/", f"{run / records.ARCHIVE}/")


def test_a_packed_copy_of_a_record_under_another_name_is_refused(run: Path) -> None:
    path = min((run / RAW).iterdir())
    path.with_name("copy.json").write_bytes(path.read_bytes())
    packed.pack_records(run)
    with pytest.raises(StoreError, match="it is a copy of"):
        records.read_all(run / RAW)


def member(name: str, content: bytes = b"{}", **fields: object) -> tuple[tarfile.TarInfo, bytes]:
    """One entry of an archive."""
    info = tarfile.TarInfo(name)
    info.size = len(content)
    for field, value in fields.items():
        setattr(info, field, value)
    return info, content


def archive(*entries: tuple[tarfile.TarInfo, bytes], form: int = tarfile.GNU_FORMAT) -> bytes:
    """A tar archive, which is not compressed yet."""
    made = io.BytesIO()
    with tarfile.open(None, "w", made, format=form) as tar:
        for info, content in entries:
            tar.addfile(info, io.BytesIO(content))
    return made.getvalue()


RUN = member(FILE)
ODD: dict[str, Callable[[], bytes]] = {
    "a way up": lambda: archive(RUN, member("../canary")),
    "a way up inside": lambda: archive(RUN, member("raw/../../canary.json")),
    "an absolute path": lambda: archive(RUN, member("/tmp/canary.json")),
    "another file": lambda: archive(RUN, member("index.html")),
    "a hidden file": lambda: archive(RUN, member("raw/.x.json")),
    "a deeper file": lambda: archive(RUN, member("raw/a/b.json")),
    "a user's file": lambda: archive(RUN, member("files/mine.py")),
    "a line break": lambda: archive(RUN, member("raw/a\nb.json")),
    "a name twice": lambda: archive(RUN, RUN),
    "a link": lambda: archive(RUN, member("raw/a.json", b"", type=tarfile.SYMTYPE, linkname="/etc/passwd")),
    "a hard link": lambda: archive(RUN, member("raw/a.json", b"", type=tarfile.LNKTYPE, linkname=FILE)),
    "a folder": lambda: archive(RUN, member("raw/a.json", b"", type=tarfile.DIRTYPE)),
    "a device": lambda: archive(RUN, member("raw/a.json", b"", type=tarfile.CHRTYPE)),
    "a pipe": lambda: archive(RUN, member("raw/a.json", b"", type=tarfile.FIFOTYPE)),
    "a sparse file": lambda: archive(RUN, member("raw/a.json", b"", type=tarfile.GNUTYPE_SPARSE)),
    "a long link": lambda: archive(RUN, member("raw/a.json", b"", type=tarfile.SYMTYPE, linkname="x" * 300)),
    "a name of a megabyte": lambda: archive(RUN, member("raw/" + "a" * 2**20 + ".json")),
    "another kind of tar": lambda: archive(RUN, member("raw/ä.json"), form=tarfile.PAX_FORMAT),
    "no manifest": lambda: archive(member("raw/a.json")),
    "nothing": archive,
    "a large file": lambda: archive(RUN, member("raw/a.json", bytes(MAX_BYTES + 1))),
    "cut inside a file": lambda: archive(RUN)[:600],
    "cut inside a header": lambda: archive(RUN)[:300],
    "a wrong sum": lambda: archive(RUN).replace(b"run.json", b"run.jsom"),
    "something behind it": lambda: archive(RUN) + b"x",
    "no archive": lambda: b"hello",
}


@pytest.mark.parametrize("what", ODD)
def test_what_is_no_packed_run_is_refused_in_one_line_and_leaves_nothing(what: str, tmp_path: Path) -> None:
    file, where = tmp_path / "theirs.tar.xz", tmp_path / "in" / "run"
    where.parent.mkdir()
    file.write_bytes(lzma.compress(ODD[what](), preset=0))
    with pytest.raises(StoreError) as caught:
        packed.unpack(file, where)
    assert str(caught.value).startswith(f"{file}: ")
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < len(str(file)) + 200
    assert sorted(tmp_path.rglob("*")) == [where.parent, file]


@pytest.mark.parametrize("how", ["cut", "no xz", "a second stream", "damaged", "empty", "a dictionary of 1.5 GiB"])
def test_a_damaged_file_is_refused(how: str, tmp_path: Path) -> None:
    good = lzma.compress(archive(RUN))
    damaged = bytearray(good)
    damaged[len(good) // 2] ^= 0xFF
    large = [{"id": lzma.FILTER_LZMA2, "preset": 0, "dict_size": 2**30 + 2**29}]
    content = {
        "cut": good[:-20],
        "no xz": archive(RUN),
        "a second stream": good + good,
        "damaged": bytes(damaged),
        "empty": b"",
        "a dictionary of 1.5 GiB": lzma.compress(archive(RUN), filters=large) if "GiB" in how else b"",
    }[how]
    file = tmp_path / "theirs.tar.xz"
    file.write_bytes(content)
    with pytest.raises(StoreError):
        packed.unpack(file, tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_what_grows_without_end_is_refused_at_the_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packed, "MOST_UNPACKED", 2**20)
    asked = 0

    class Counting:
        """A decompressor that counts what it gives."""

        def __init__(self, form: int, memory: int) -> None:
            self._xz = lzma.LZMADecompressor(form, memory)

        def __getattr__(self, name: str) -> object:
            return getattr(self._xz, name)

        def decompress(self, data: bytes, most: int) -> bytes:
            nonlocal asked
            found = self._xz.decompress(data, most)
            asked += len(found)
            return found

    monkeypatch.setattr(packed, "LZMADecompressor", Counting)
    names = [member(f"raw/{i}.json", bytes(2**18)) for i in range(64)]
    for content in (archive(RUN, *names), archive(RUN) + bytes(2**24)):
        asked = 0
        (tmp_path / "theirs.tar.xz").write_bytes(lzma.compress(content))
        with pytest.raises(StoreError):
            packed.unpack(tmp_path / "theirs.tar.xz", tmp_path / "run")
        assert asked < 2**20 + 2**19


def test_more_files_than_a_run_has_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packed, "MOST_FILES", 3)
    (tmp_path / "theirs.tar.xz").write_bytes(lzma.compress(archive(RUN, *(member(f"raw/{i}.json") for i in range(3)))))
    with pytest.raises(StoreError, match="more than 3 files"):
        packed.unpack(tmp_path / "theirs.tar.xz", tmp_path / "run")


def test_nothing_is_unpacked_over_what_is_there(run: Path, file: Path) -> None:
    before = contents(run)
    with pytest.raises(UserError, match="name a new folder"):
        packed.unpack(file, run)
    assert contents(run) == before


def test_records_stay_where_they_cannot_be_packed(run: Path) -> None:
    (run / RAW / "not a record.json").write_text("{}")
    before = contents(run)
    with pytest.raises(StoreError, match="not called like a record"):
        packed.pack_records(run)
    assert contents(run) == before
