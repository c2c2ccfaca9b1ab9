"""The file that flows read: what is in it, the ways past the cache, and what is left of it afterwards: nothing."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from zlib import crc32

import pytest

from bench.machine.disk import fetched_bytes
from bench.machine.leftovers import remove_left_over
from bench.targets import disk_file
from bench.targets.disk_file import BLOCK, DIRECT, DROPPED, DiskFile, NoWayPastCacheError, block
from bench.words import UserError

MIB = 2**20


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(disk_file, "FILE_BYTES", 4 * MIB)
    monkeypatch.setattr(disk_file, "LARGEST_READ", 2 * MIB)


@pytest.fixture
def file(tmp_path: Path) -> Iterator[DiskFile]:
    """The file, where this file system can be read past the cache."""
    try:
        with disk_file.disk_file(tmp_path) as made:
            yield made
    except NoWayPastCacheError as error:
        pytest.skip(str(error))


def made_file(folder: Path) -> Path:
    """The file as others open it; its descriptor is closed when the tests end."""
    return disk_file.path_of(disk_file.make_file(folder))


def test_every_block_says_which_it_is_and_no_two_are_alike() -> None:
    assert block(258) == b"\x02\x01\0\0\0\0\0\0" * 512
    checksums = {crc32(block(index)) for index in range(128 * MIB // BLOCK)}
    assert len(checksums) == 128 * MIB // BLOCK


def test_the_file_is_its_blocks_in_order(tmp_path: Path) -> None:
    content = made_file(tmp_path).read_bytes()
    assert len(content) == 4 * MIB
    assert content == b"".join(map(block, range(4 * MIB // BLOCK)))


@pytest.mark.parametrize("size", [BLOCK, 16 * BLOCK])
def test_a_buffer_is_aligned_and_empty(size: int) -> None:
    memory = disk_file.buffer(size)
    assert memory[:] == bytes(size)


@pytest.mark.parametrize("method", [DIRECT, DROPPED])
def test_a_read_past_the_cache_gives_the_block_and_is_fetched_from_the_disk(file: DiskFile, method: str) -> None:
    """Where O_DIRECT is the way, dropping the file is one as well; not the other way round."""
    if method == DIRECT != file.method:
        pytest.skip("this file system refuses O_DIRECT")
    file = DiskFile(file.path, method)
    memory = disk_file.buffer(BLOCK)
    file.make_cold()
    for index in (1000, 7, 530):  # none of those that are looked at to prove that the file is gone
        fd, before = file.open(), fetched_bytes()
        try:
            assert os.preadv(fd, [memory], index * BLOCK) == BLOCK
        finally:
            os.close(fd)
        assert memory[:] == block(index)
        assert fetched_bytes() - before >= BLOCK


def test_a_file_that_stays_in_the_cache_is_an_error_only_where_it_had_to_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(disk_file, "dropped", lambda _: False)
    DiskFile(tmp_path, DIRECT).make_cold()
    with pytest.raises(OSError, match="stays in the page cache"):
        DiskFile(tmp_path, DROPPED).make_cold()


@pytest.mark.parametrize(("way", "counted"), [(DIRECT, (0, BLOCK)), (DROPPED, (0, 0, 0, BLOCK))])
def test_the_way_past_the_cache_is_the_first_that_the_kernel_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: str, counted: tuple[int, ...]
) -> None:
    """What the kernel counts, and whether the file can be dropped, is scripted; the reads are real."""
    path, readings = made_file(tmp_path), iter(counted)
    monkeypatch.setattr(disk_file, "fetched_bytes", lambda: next(readings))
    monkeypatch.setattr(disk_file, "dropped", lambda _: True)
    assert disk_file.way_past_cache(path) == way


def test_where_o_direct_is_refused_the_file_is_dropped(file: DiskFile, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "O_DIRECT", os.O_DIRECTORY)  # which no file can be opened as
    assert disk_file.way_past_cache(file.path) == DROPPED


def test_a_way_that_fetches_nothing_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(disk_file, "fetched_bytes", lambda: 5)
    assert disk_file.way_past_cache(made_file(tmp_path)) == ""


def test_a_folder_in_memory_is_refused_with_what_to_do_and_left_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(disk_file, "way_past_cache", lambda _: "")
    with pytest.raises(UserError, match=r"cannot be read past the page cache \(tmpfs\?\): name a folder .* --out"):
        disk_file.disk_file(tmp_path).__enter__()
    assert list(tmp_path.iterdir()) == []


def test_the_file_is_gone_afterwards_even_if_something_failed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(disk_file, "way_past_cache", lambda _: DIRECT)
    with ExitStack() as stack:
        stack.enter_context(pytest.raises(KeyboardInterrupt))
        made = stack.enter_context(disk_file.disk_file(tmp_path / "new"))
        assert made.path.stat().st_size == 4 * MIB
        raise KeyboardInterrupt
    assert not made.path.exists()
    assert list((tmp_path / "new").iterdir()) == []


@pytest.mark.parametrize("o_tmpfile", [os.O_TMPFILE, os.O_WRONLY], ids=["no name", "unlinked"])
def test_the_file_has_no_name_while_it_is_read_so_that_nothing_can_leave_it_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, o_tmpfile: int
) -> None:
    """Not every file system has files without a name: there, opening the folder to write fails, and the name is removed."""
    monkeypatch.setattr(disk_file, "way_past_cache", lambda _: DIRECT)
    monkeypatch.setattr(os, "O_TMPFILE", o_tmpfile)
    with disk_file.disk_file(tmp_path) as made:
        assert list(tmp_path.iterdir()) == []
        assert made.path.read_bytes()[:BLOCK] == block(0)


def test_another_process_reads_the_file(file: DiskFile) -> None:
    child = os.fork()
    if child == 0:
        fd = file.open()
        os._exit(0 if os.fstat(fd).st_size == 4 * MIB else 1)
    assert os.waitpid(child, 0)[1] == 0


def test_only_what_a_dead_process_left_is_removed(tmp_path: Path) -> None:
    ended = os.fork()
    if ended == 0:
        os._exit(0)
    os.waitpid(ended, 0)
    for name in (f".disk-{ended}-x", f".disk-{os.getpid()}-x", ".disk-mine", "disk-1"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "read-me.bin").touch()
    (tmp_path / f".disk-{ended}-file").touch()
    remove_left_over(tmp_path, disk_file.PREFIX)
    assert {path.name for path in tmp_path.iterdir()} == {f".disk-{os.getpid()}-x", ".disk-mine", "disk-1"}


@pytest.mark.parametrize(
    ("took_ms", "seconds", "kib"),
    [
        ((20, 20, 20, 20, 20), 0.010, 1024),  # 2 MiB in 20 ms
        ((1, 20, 99, 90, 20), 0.010, 1024),  # the median of the tries
        ((5, 5, 5, 5, 5), 0.010, 2048),  # never more than the largest read
        ((900, 900, 900, 900, 900), 0.010, 1024),  # never less than a MiB
    ],
)
def test_the_size_that_takes_so_long_is_in_whole_mib(
    file: DiskFile, monkeypatch: pytest.MonkeyPatch, took_ms: tuple[int, ...], seconds: float, kib: int
) -> None:
    stamps = iter([stamp for ms in took_ms for stamp in (10**9, 10**9 + ms * 10**6)])
    monkeypatch.setattr(disk_file, "monotonic_ns", lambda: next(stamps))
    assert disk_file.size_that_takes(file, seconds) == kib
