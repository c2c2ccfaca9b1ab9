"""A target that is gone, or goes soon, stops the run; what killed cells left is removed before it and after it."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

import pytest

from bench.campaign import targets
from bench.campaign.targets import TargetLostError, Targets
from bench.machine.leftovers import FORK_SERVER
from bench.targets import Started


class Leaving:
    """A target that is there for so many looks."""

    title = "the stand-in"

    def __init__(self, looks: int) -> None:
        self.looks = looks

    def is_there(self, _place: Any) -> bool:
        self.looks -= 1
        return self.looks >= 0


@pytest.mark.parametrize("looks", [0, 2])
def test_a_target_that_goes_a_moment_after_its_connections_broke_is_lost(
    monkeypatch: pytest.MonkeyPatch, looks: int
) -> None:
    leaving = Leaving(looks)
    monkeypatch.setattr(targets, "load_target", lambda _: leaving)
    with pytest.raises(TargetLostError, match="the stand-in has ended"):
        Targets({"http": Started(None)}).check(grace_s=60)


def test_a_target_that_stays_is_not_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(targets, "load_target", lambda _: Leaving(10**6))
    Targets({"http": Started(None)}).check(grace_s=0)


def test_what_killed_cells_left_is_removed_before_a_run_and_after_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended = os.fork()
    if ended == 0:
        os._exit(0)
    os.waitpid(ended, 0)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    left, ours = tmp_path / f"{FORK_SERVER}{ended}-x", tmp_path / f"{FORK_SERVER}{os.getpid()}-x"
    left.mkdir()
    ours.mkdir()
    with targets.targets([], 0, tmp_path):
        assert list(tmp_path.iterdir()) == [ours]
        left.mkdir()
    assert list(tmp_path.iterdir()) == [ours]
