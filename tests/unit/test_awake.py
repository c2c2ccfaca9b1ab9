"""Cores are kept awake by a file that is open, and by nothing that outlives it."""

from __future__ import annotations

import os
import struct
from pathlib import Path

import pytest

from bench.cells import not_here
from bench.harness import awake
from bench.words import Cell, UserError

CELL = Cell.parse("sleep/thread/2?awake=1")


def test_no_latency_at_all_is_asked_for_while_it_lasts(tmp_path: Path) -> None:
    device = tmp_path / "cpu_dma_latency"
    device.touch()
    with awake.kept_awake(device):
        assert device.read_bytes() == struct.pack("i", 0)
        assert device in opened()
    assert device not in opened()


def opened() -> set[Path]:
    """What this process has open."""
    return {fd.resolve() for fd in Path("/proc/self/fd").iterdir() if fd.is_symlink()}


def test_a_machine_without_it_is_told_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    absent = tmp_path / "none"
    assert awake.forbidden(absent).startswith(f"awake=1: there is no {absent} here")
    with pytest.raises(UserError, match="awake=1: cannot open"), awake.kept_awake(absent):
        pass
    monkeypatch.setattr(awake, "forbidden", lambda: "awake=1: not here")
    assert not_here(CELL) == "awake=1: not here"
    assert not_here(Cell.parse("sleep/thread/2")) == ""


def test_a_user_who_may_not_is_told_who_may(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    device = tmp_path / "cpu_dma_latency"
    device.touch()
    assert awake.forbidden(device) == ""
    monkeypatch.setattr(os, "access", lambda *_: False)
    assert awake.forbidden(device) == f"awake=1: this user may not write to {device}; root may"
