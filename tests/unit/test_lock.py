"""One campaign at a time per machine."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from bench.campaign.lock import machine_lock
from bench.words import UserError


def test_a_second_campaign_gets_one_line_that_says_who_holds_the_machine(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with machine_lock("20260101T000000Z-bench", path):
        with pytest.raises(UserError) as caught, machine_lock("another", path):
            pass
        assert f"process {os.getpid()}" in str(caught.value)
        assert "20260101T000000Z-bench" in str(caught.value)
        assert "\n" not in str(caught.value)


def test_the_machine_is_free_again_after_a_campaign(tmp_path: Path) -> None:
    for _ in range(2):
        with machine_lock("a run", tmp_path / "lock"):
            pass


def test_the_machine_is_free_again_after_a_campaign_that_failed(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), machine_lock("a run with a long name", tmp_path / "lock"):
        raise KeyboardInterrupt
    with machine_lock("b", tmp_path / "lock"):
        assert (tmp_path / "lock").read_text() == f"process {os.getpid()}, run b\n"


def test_what_a_crash_left_in_the_file_holds_nobody_up(tmp_path: Path) -> None:
    (tmp_path / "lock").write_text("process 1, run of long ago\n")
    with machine_lock("a run", tmp_path / "lock"):
        pass


def test_a_refusal_leaves_the_holder_s_line_in_place(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with machine_lock("first", path):
        for _ in range(2):
            with pytest.raises(UserError, match="run first"), machine_lock("second", path):
                pass


@pytest.mark.parametrize("name", ["a-folder", "no/such/folder/lock"])
def test_a_lock_that_cannot_be_opened_is_one_line(tmp_path: Path, name: str) -> None:
    (tmp_path / "a-folder").mkdir()
    with pytest.raises(UserError, match="cannot open the lock"), machine_lock("a run", tmp_path / name):
        pass


def test_another_user_may_take_it_next_whatever_the_first_one_s_mask(tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        with machine_lock("a run", tmp_path / "lock"):
            pass
    finally:
        os.umask(before)
    assert (tmp_path / "lock").stat().st_mode & 0o777 == 0o666
