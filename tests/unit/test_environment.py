"""What the environment's set-up leaves out for builds of Python that find no package of it."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

ENVIRONMENT: dict[str, Any] = runpy.run_path(str(Path(__file__).resolve().parents[2] / "scripts" / "environment.py"))


def test_a_package_is_left_out_with_its_hashes_and_nothing_else() -> None:
    lock = ENVIRONMENT["LOCK"].read_text()
    assert ENVIRONMENT["without"](lock, ()) == lock
    for packages in ENVIRONMENT["LEFT_OUT"].values():
        less = ENVIRONMENT["without"](lock, packages)
        names = [[line.split("=")[0] for line in text.splitlines() if "==" in line] for text in (lock, less)]
        assert sorted(set(names[0]) - set(names[1])) == sorted(packages)
        assert set(lock.splitlines()) > set(less.splitlines())
