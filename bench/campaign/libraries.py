"""The libraries of users' files: the environment that has them, and becoming its Python before any file is run.

Strategy: what a command line and its files want is read first, without running a file. Where this process does not have it,
scripts/environment.py makes an environment that lies over the suite's, and this process becomes the same command there. A file whose
libraries cannot be had is left out, and the command goes on without it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from bench.machine.children import ROOT
from bench.own.packages import packages_of
from bench.words import UserError

FACT = "libraries"  # in a manifest's environment: what was wanted, and what was installed with its hash
CONTENTS = "libraries.json"  # in an environment, as scripts/set_up/libraries.py writes it
LEFT_OUT = "BENCH_LEFT_OUT"  # from the process that became this one: why files are left out, by their path
SCRIPT = ROOT / "scripts" / "environment.py"


def here() -> Mapping[str, Any]:
    """What this process's environment has on top of the suite's: `wanted`, `installed`. Empty where it is the suite's own."""
    path = Path(sys.prefix) / CONTENTS
    return json.loads(path.read_text()) if path.exists() else {}


def facts() -> dict[str, str]:
    """The same for a manifest: each library with its version and its hash."""
    found = here()
    return {
        name: f"{one['version']}, sha256 {one['sha256'] or 'unknown'}"
        for name, one in found.get("installed", {}).items()
    }


def unlike_here(recorded: Mapping[str, Any]) -> str:
    """The first library that is another one here than in a manifest, or an empty string."""
    there = facts()
    return next((name for name in sorted({*recorded, *there}) if recorded.get(name) != there.get(name)), "")


def have(files: Iterable[Path], asked: Sequence[str], words: Sequence[str], *, others: bool = False) -> dict[str, str]:
    """Have what files and a command line ask for, by becoming another process where need be; return why files are left out, by path.

    `words`: the command line, to run again there. `others`: is there anything to do without the files? Raises UserError where there is not.
    """
    if LEFT_OUT in os.environ:
        return dict(json.loads(os.environ.pop(LEFT_OUT)))
    wanted = {str(file): sorted({*asked, *packages_of(file)}) for file in files} or {"": sorted(set(asked))}
    left_out = {}
    if trouble := missing(union(wanted.values())):
        for file, names in wanted.items():
            if reason := trouble if len(wanted) == 1 else missing(names):
                left_out[file] = reason
        kept = [names for file, names in wanted.items() if file not in left_out]
        if not kept and (not others or "" in left_out):
            raise UserError(describe(*next(iter(left_out.items()))))
        if kept and (trouble := missing(union(kept))):  # each can be had, but not together
            raise UserError(f"{trouble}: measure these files in runs of their own")
        wanted = {file: names for file, names in wanted.items() if file not in left_out}
    names = union(wanted.values())
    if names and names != here().get("wanted"):
        options = [word for name in names for word in ("--with", name)]
        command = [sys.executable, str(SCRIPT), *options, "-m", "bench", *words]
        os.execve(sys.executable, command, {**os.environ, LEFT_OUT: json.dumps(left_out)})  # noqa: S606 - no shell is wanted
    return left_out


def union(lists: Iterable[Sequence[str]]) -> list[str]:
    """All that is wanted, once, in order."""
    return sorted({name for names in lists for name in names})


def missing(names: Sequence[str]) -> str:
    """Make the environment that has these; return why that cannot be done, or an empty string."""
    if not names or list(names) == here().get("wanted"):
        return ""
    options = [word for name in names for word in ("--with", name)]
    done = subprocess.run(
        [sys.executable, str(SCRIPT), *options],
        stdin=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    lines = done.stderr.strip().splitlines()
    if done.returncode:
        return lines[-1].removeprefix("environment: ") if lines else f"{SCRIPT.name} ended with {done.returncode}"
    print(*lines, sep="\n", end="\n" if lines else "", file=sys.stderr)
    return ""


def describe(file: str, reason: str) -> str:
    """Why a file is left out, in one line."""
    return f"{Path(file).name}: {reason}" if file else reason
