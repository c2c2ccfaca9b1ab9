"""Does a user's environment reach what is measured? `python scripts/environments.py`: about seven minutes.

Strategy: the same small run (`sleep` at 100 flows, threads and asyncio, some rounds) in a clean environment, in each of ENVIRONMENTS,
and in a clean one again. Printed: asyncio's CPU per op and time over those of threads, with 95 % intervals, and the first finding. What
must hold of each environment: its intervals meet those of a clean run, or its first finding is about that environment, which
is known by a word in it. Exit status: 0 if all hold, 1 if not.
"""

from __future__ import annotations

import argparse
import math
import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from bench.analysis.findings import find_all
from bench.analysis.frames import frame
from bench.analysis.statistics import ratio
from bench.store.manifest import read_manifest, valid_records

FLOWS, OPS = 100, 20
FIGURES = ("D", "T")
ASKED = f"--workload sleep --model thread,asyncio --flows {FLOWS} --set ops={OPS}".split()


@dataclass(frozen=True)
class Environment:
    """What a user may have set: variables, a folder to stand in, and a word that a finding about it has."""

    variables: Mapping[str, str] = field(default_factory=dict)
    inside: Path = ROOT
    word: str = ""


def printing_site(folder: Path) -> Mapping[str, str]:
    """A folder on PYTHONPATH whose `sitecustomize` prints at every start of Python."""
    site = folder / "site"
    site.mkdir()
    (site / "sitecustomize.py").write_text("print('hello from sitecustomize', flush=True)\n")
    return {"PYTHONPATH": str(site)}


def shadowing(folder: Path) -> Mapping[str, str]:
    """A folder on PYTHONPATH with a `selectors` of its own, ten times dearer than Python's."""
    path = folder / "path"
    path.mkdir()
    (path / "uvloop.py").write_text("raise ImportError('another uvloop')\n")
    (path / "pyperf.py").write_text("raise ImportError('another pyperf')\n")
    return {"PYTHONPATH": str(path)}


def long_temporary(folder: Path) -> Mapping[str, str]:
    """A folder for temporary files whose path is longer than that of a unix socket may be."""
    path = folder / ("a-long-name-" * 9)
    path.mkdir()
    return {"TMPDIR": str(path)}


def environments(folder: Path) -> Mapping[str, Environment]:
    """As users have them, by what a table calls them."""
    return {
        "PYTHONASYNCIODEBUG": Environment({"PYTHONASYNCIODEBUG": "1"}),
        "PYTHONDEVMODE": Environment({"PYTHONDEVMODE": "1"}, word="development mode"),
        "PYTHONTRACEMALLOC": Environment({"PYTHONTRACEMALLOC": "5"}, word="tracemalloc"),
        "PYTHONMALLOC=debug": Environment({"PYTHONMALLOC": "debug"}),
        "MALLOC_PERTURB_": Environment({"MALLOC_PERTURB_": "7", "MALLOC_CHECK_": "3"}),
        "LD_PRELOAD": Environment({"LD_PRELOAD": "libm.so.6"}, word="LD_PRELOAD"),
        "PYTHONPATH": Environment(shadowing(folder)),
        "sitecustomize": Environment(printing_site(folder)),
        "PYTHONSAFEPATH, elsewhere": Environment({"PYTHONSAFEPATH": "1"}, inside=folder),
        "CC with a quote": Environment({"CC": "it's"}),
        "long TMPDIR": Environment(long_temporary(folder)),
        "PGPORT, http_proxy": Environment({"PGPORT": "1", "PGHOST": "nowhere", "http_proxy": "http://127.0.0.1:9"}),
        "GIT_DIR": Environment({"GIT_DIR": str(folder / "no-repository")}),
        "PYTHONDONTWRITEBYTECODE": Environment(
            {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONPYCACHEPREFIX": "/nonexistent/cache"}
        ),
        "PYTHONHASHSEED, -O": Environment({"PYTHONHASHSEED": "0", "PYTHONOPTIMIZE": "2"}, word="-O"),
        "LC_ALL": Environment({"LC_ALL": "tr_TR.UTF-8", "LANG": "tr_TR.UTF-8", "PYTHONIOENCODING": "latin-1"}),
    }


@dataclass(frozen=True)
class Seen:
    """What a run came to: by figure a ratio with its ends, and the first finding."""

    ratios: Mapping[str, tuple[float, float, float]]
    finding: str


def measured(environment: Environment, folder: Path, rounds: int) -> Seen:
    """Run it. Raises SystemExit with what was printed where the run fails."""
    command = [
        "make",
        "-f",
        str(ROOT / "Makefile"),
        "bench",
        f"ARGS={' '.join(ASKED)} --rounds {rounds} --out {folder}",
    ]
    made = {**os.environ, **environment.variables}
    done = subprocess.run(
        command, cwd=environment.inside, env=made, capture_output=True, text=True, errors="replace", check=False
    )
    if done.returncode:
        raise SystemExit(f"environments: the run failed ({done.returncode}): {done.stderr[-600:]}")
    return seen(folder)


def seen(folder: Path) -> Seen:
    """The ratios and the first finding of a run."""
    manifest = read_manifest(folder)
    table = frame(valid_records(folder, manifest))
    ratios = {}
    for figure in FIGURES:
        found = ratio(table, str(table["block"].iloc[0]), "asyncio", "thread", figure)
        ratios[figure] = (math.nan,) * 3 if found is None else (found.value, found.low, found.high)
    findings = find_all(table, manifest)
    return Seen(ratios, findings[0].what if findings else "")


def meets(one: Seen, clean: Seen) -> bool:
    """Do all intervals of the one meet those of the other?"""
    pairs = [(one.ratios[figure], clean.ratios[figure]) for figure in FIGURES]
    return all(mine[1] <= theirs[2] and theirs[1] <= mine[2] for mine, theirs in pairs)


def line(name: str, one: Seen, word: str) -> str:
    """One environment for the reader."""
    ratios = "  ".join("{:.3f} ({:.3f} to {:.3f})".format(*one.ratios[figure]) for figure in FIGURES)
    return f"{name:26} {ratios}  {word}"


def main() -> int:
    """Run all, and judge them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=8, help="of each run (default: %(default)s)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        every = environments(folder)
        print(f"{'':26} asyncio / thread: CPU per op, time", flush=True)
        clean = measured(Environment(), folder / "clean", options.rounds)
        print(line("clean", clean, ""), flush=True)
        wrong = 0
        for number, what in enumerate(random.sample(sorted(every), len(every))):
            one = measured(every[what], folder / f"run-{number}", options.rounds)
            told = bool(every[what].word) and every[what].word in one.finding
            word = "its first finding says so" if told else "as in a clean one" if meets(one, clean) else "FAILS"
            wrong += word == "FAILS"
            print(line(what, one, word), flush=True)
        print(line("clean again", again := measured(Environment(), folder / "again", options.rounds), ""), flush=True)
        if not meets(again, clean):
            print("the machine itself changed meanwhile: the two clean runs do not agree")
    print("holds" if not wrong else "FAILS")
    return 0 if not wrong else 1


if __name__ == "__main__":
    sys.exit(main())
