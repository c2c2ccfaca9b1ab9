"""The lock without what a build of Python has no wheel of."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ENVIRONMENT = runpy.run_path(str(ROOT / "scripts" / "environment.py"))


def names(lock: str) -> list[str]:
    """The packages of a lock."""
    return [line.partition("==")[0] for line in lock.splitlines() if line[:1].isalnum()]


@pytest.mark.parametrize("left_out", [(), *ENVIRONMENT["NO_WHEEL"].values()])
def test_a_lock_is_whole_but_for_what_is_left_out(left_out: tuple[str, ...]) -> None:
    lock = (ROOT / "requirements.lock").read_text()
    rest = ENVIRONMENT["wanted"](lock, left_out)
    assert set(left_out) <= set(names(lock))
    assert names(rest) == [name for name in names(lock) if name not in left_out]
    assert [line for line in rest.splitlines() if line not in lock.splitlines()] == []
    assert rest.count("--hash=") < lock.count("--hash=") if left_out else rest == lock
