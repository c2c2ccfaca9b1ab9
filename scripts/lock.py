"""`make lock`: resolve pyproject.toml into the four files that environments are made from.

- `requirements.lock`: what `bench` needs, with hashes.
- `requirements-dev.lock`: what `test`, `lint` and `lock` need, of versions that agree with the first.
- `requirements-fleet.lock`: what `fleet` needs beside the first, likewise.
- `wheels.lock`: which wheels for Linux exist of all that, with their sizes in bytes. A hash does not say for which
  Python its file is; this table does. So a Python that lacks a wheel is told at once, and the size of a
  download is known before it begins.

Versions that are locked stay as they are; `--upgrade` takes the newest, `--upgrade-package NAME` that of one.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
BENCH, DEV, FLEET, WHEELS = "requirements.lock", "requirements-dev.lock", "requirements-fleet.lock", "wheels.lock"
OLDEST = "3.11"  # the oldest Python that the locks are to serve
UV = (
    *(sys.executable, "-m", "uv", "pip", "compile", "--universal", "--python-version", OLDEST, "--quiet"),
    *("--only-binary", ":all:", "--no-emit-index-url", "--custom-compile-command", "make lock"),
)
HEAD = (
    "# Made by `make lock`: the wheels that exist for Linux of what the three locks list, with their sizes in bytes.\n"
)


def wheels_for_linux(pylock: dict[str, Any]) -> list[str]:
    """The lines of the table, from the locked packages in the form of PEP 751; raise LookupError where one has none."""
    lines = []
    for package in pylock["packages"]:
        wheels = {wheel["url"].rsplit("/", 1)[-1]: wheel["size"] for wheel in package.get("wheels", ())}
        fit = {name: size for name, size in wheels.items() if "linux" in name or name.endswith("-any.whl")}
        if not fit:
            raise LookupError(f"{package['name']} {package['version']} has no wheel for Linux: lock another version")
        lines += [f"{name} {size}" for name, size in sorted(fit.items())]
    return lines


def main(arguments: list[str]) -> int:
    """Write the four files; the first failure of uv ends it, with uv's own words."""
    constrained = ("--constraint", BENCH)
    with tempfile.TemporaryDirectory() as folder:
        pylock = Path(folder) / "pylock.toml"
        steps = (
            ("pyproject.toml", "--generate-hashes", "--output-file", BENCH, *arguments),
            ("--group", "pyproject.toml:dev", *constrained, "--generate-hashes", "--output-file", DEV, *arguments),
            ("--group", "pyproject.toml:fleet", *constrained, "--generate-hashes", "--output-file", FLEET, *arguments),
            (BENCH, DEV, FLEET, "--format", "pylock.toml", "--no-deps", "--output-file", str(pylock)),
        )
        for step in steps:
            done = subprocess.run([*UV, *step], cwd=ROOT, check=False)
            if done.returncode != 0:
                return done.returncode
        try:
            lines = wheels_for_linux(tomllib.loads(pylock.read_text()))
        except LookupError as error:
            print(f"lock: {error}", file=sys.stderr)
            return 1
    (ROOT / WHEELS).write_text(HEAD + "\n".join(lines) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
