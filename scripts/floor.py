"""Is the floor true? `python scripts/floor.py` sets the cells in C beside programs that others wrote, or that are plainer.

Strategy: both sides in turn, in random order, on the same core, in one sitting. The pipe: `handoff/native_thread/2?via=pipe`
beside `perf bench sched pipe -T` (Linux's own; its operation is there and back, and so is ours). Creating: `create/native_thread`
beside a loop of pthread_create and one of pthread_join (scripts/plain.c), whose threads return at once. What must hold: the
median ratio within 15 % of 1. Shown beside it, and not judged: plain threads that stay until all are there, as flows do,
created, and created and joined. They take less where the kernel runs a new thread at once, because no thread ends meanwhile.
Flows pass two more gates than those, in a process that has an interpreter in it. Exit status: 0 if both hold, 1 if not, 2
where a program is missing.
"""

from __future__ import annotations

import argparse
import math
import random
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from bench.analysis.statistics import median_interval
from bench.harness.pin import allowed_cpus, pin
from bench.machine.topology import choose
from bench.models.native import compiler
from bench.store import records

HAND_OVERS, THREADS, WITHIN = 50_000, 100, 0.15


@dataclass(frozen=True)
class Sitting:
    """Where things are run."""

    cpu: int
    folder: Path

    def pinned(self, *command: str) -> str:
        """Run a program on the measured core; return what it said."""
        done = subprocess.run(
            ["taskset", "-c", str(self.cpu), *command], capture_output=True, text=True, check=True, cwd=ROOT
        )
        return done.stdout + done.stderr

    def cell(self, name: str) -> tuple[float, dict[str, object]]:
        """Run a cell; return T in us, and its metadata."""
        path = self.folder / "record.json"
        command = [sys.executable, "-m", "bench.worker.main", name, "--record", str(path), "--cpu", str(self.cpu)]
        subprocess.run(command, check=True, cwd=ROOT, stdout=subprocess.DEVNULL)
        found = records.read(path)
        return found.value_s * 1e6, dict(found.metadata)

    def our_pipe(self) -> float:
        """There and back, us."""
        return self.cell(f"handoff/native_thread/2?ops={HAND_OVERS}&via=pipe")[0] / HAND_OVERS

    def perf_pipe(self) -> float:
        """There and back, us."""
        said = self.pinned("perf", "bench", "sched", "pipe", "-T", "-l", str(HAND_OVERS))
        return float(re.search(r"([\d.]+) usecs/op", said)[1])  # type: ignore[index]

    def our_create(self) -> tuple[float, float]:
        """Creating and joining a thread, us."""
        figures = self.cell(f"create/native_thread/{THREADS}")[1]
        return float(figures["create_s"]) / THREADS * 1e6, float(figures["join_s"]) / THREADS * 1e6  # type: ignore[arg-type]

    def plain_create(self, how: str) -> tuple[float, float]:
        """Creating and joining a thread, us."""
        create, join = self.pinned(str(self.folder / "plain"), how, str(THREADS)).split()
        return float(create), float(join)


def compared(
    what: str, times: int, ours: Callable[[], float], theirs: Callable[[], float], *, held: bool = True
) -> bool:
    """Run both in turn, in random order; print the row; return whether the ratio is within what it must be."""
    order, pairs = random.Random(), []
    for _ in range(times):
        found = {who: who() for who in order.sample((ours, theirs), 2)}
        pairs.append((found[ours], found[theirs]))
    ratio = median_interval([math.log(a / b) for a, b in pairs])
    value, low, high = (math.exp(x) for x in (ratio.value, ratio.low, ratio.high))
    holds = abs(math.log(value)) <= math.log(1 + WITHIN)
    one, other = (median_interval([pair[i] for pair in pairs]).value for i in (0, 1))
    said = "not held" if not held else "holds" if holds else "FAILS"
    print(f"{what:48} {one:8.2f} {other:8.2f}   {value:.3f} ({low:.3f} to {high:.3f})   {said}")
    return holds


def main() -> int:
    """Compare all three; print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--times", type=int, default=20, help="pairs of each (default: %(default)s)")
    options = parser.parse_args()
    for program in ("perf", "taskset", *compiler()[:1]):
        if shutil.which(program) is None:
            print(f"floor: {program} is missing", file=sys.stderr)
            return 2
    cores = choose(allowed_cpus())
    pin(cores.other)
    with tempfile.TemporaryDirectory() as folder:
        plain = Path(folder) / "plain"
        subprocess.run([*compiler(), "-O2", "-pthread", "-o", str(plain), str(ROOT / "scripts/plain.c")], check=True)
        here = Sitting(cores.measured, Path(folder))
        print(f"{'us, ours and theirs':48} {'ours':>8} {'theirs':>8}   ratio (95 %)")
        held = [
            compared("pipe, there and back: perf bench sched pipe -T", options.times, here.our_pipe, here.perf_pipe),
            compared(
                "create: pthread_create, threads return at once",
                options.times,
                lambda: here.our_create()[0],
                lambda: here.plain_create("return")[0],
            ),
        ]
        compared(
            "create and join, threads stay",
            options.times,
            lambda: sum(here.our_create()),
            lambda: sum(here.plain_create("stay")),
            held=False,
        )
        compared(
            "create, threads stay",
            options.times,
            lambda: here.our_create()[0],
            lambda: here.plain_create("stay")[0],
            held=False,
        )
    return 0 if all(held) else 1


if __name__ == "__main__":
    sys.exit(main())
