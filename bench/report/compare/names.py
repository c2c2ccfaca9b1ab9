"""What runs are called beside each other: by what tells them apart, as short as it can be.

Tried in turn: the machine, the interpreter, the date, the time. A name has each of these that is not the same in all runs, or that
is needed so that no two are called alike. Runs of one second on one machine are counted.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence

from bench.report.figures import Run

LONGEST = 26
NOISE = re.compile(r"\((?:R|TM|r|tm)\)|\bCPU\b|\bProcessor\b|@.*|\b\d+-Core\b|\bwith\b.*")


def machine(run: Run) -> str:
    """The CPU's name without what all of them say."""
    text = " ".join(NOISE.sub(" ", str(run.manifest.environment["machine"]["CPU"])).split())
    return text[:LONGEST].rstrip() or run.manifest.host[:LONGEST]


def host(run: Run) -> str:
    """What the machine was called."""
    return run.manifest.host[:LONGEST]


def interpreter(run: Run) -> str:
    """Which Python, with a t behind it where it has no GIL."""
    found = run.manifest.environment["interpreter"]
    name = str(found.get("implementation", ""))
    short = "" if name.lower() in {"cpython", ""} else f"{name} "
    return f"{short}{found.get('python', '')}{'' if found.get('gil', True) else 't'}"[:LONGEST]


def date(run: Run) -> str:
    """The day it began."""
    return run.manifest.started_utc[:10]


def time(run: Run) -> str:
    """The time of day it began."""
    return run.manifest.started_utc[11:19]


PARTS: tuple[Callable[[Run], str], ...] = (machine, host, interpreter, date, time)


def names(runs: Sequence[Run]) -> tuple[str, ...]:
    """A name for each run, no two alike."""
    texts = [[part(run) for run in runs] for part in PARTS]
    differ = [len(set(column)) > 1 for column in texts]
    if differ[0]:
        differ[1] = False  # a host's name is made from the CPU's, unless the user gave one
    kept: list[list[str]] = []
    for column, differs in zip(texts, differ, strict=True):
        unique = kept and len(set(zip(*kept, strict=True))) == len(runs)
        if differs and not unique:
            kept.append(column)
    made = [" ".join(parts) for parts in zip(*kept, strict=True)] if kept else ["run"] * len(runs)
    return counted(made)


def counted(made: Sequence[str]) -> tuple[str, ...]:
    """Those that are alike are told apart by a number."""
    often, seen = Counter(made), Counter[str]()
    found = []
    for name in made:
        seen[name] += 1
        found.append(f"{name} {seen[name]}" if often[name] > 1 else name)
    return tuple(found)
