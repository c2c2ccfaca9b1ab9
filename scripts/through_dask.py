"""Does a host that is measured through Dask give other figures? `python3 scripts/environment.py --fleet scripts/through_dask.py`.

Strategy: the host is namespaces of this machine with an sshd of their own, which needs root. Each round measures it twice, in random
order: as `make fleet` does, and by the same command over the same SSH without Dask. Both have the same code and the same Python. The
client keeps off the measured core, because a client of real hosts is another machine.

Two figures are compared: D (CPU per op) and T (the work phase). For each cell, the median over the rounds of their ratio is printed.
For all cells together, the means of the rounds are estimated by Hodges and Lehmann, with a 95 % interval. What must hold: D of all
within 3 % of 1, and Dask's worker not allowed on the measured core. Where the estimate lies outside but its interval reaches inside,
the verdict is "not told". One round takes half a minute. On a machine that others share, single ratios of D lie between 0.6 and 1.9:
take 24 rounds there, with nothing else running. Exit status: 0 if it holds, 1 if not.
"""

from __future__ import annotations

import argparse
import math
import os
import random
import shutil
import statistics
import subprocess
import sys
import tarfile
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import bench
from bench.analysis.statistics import centre_interval
from bench.fleet.ship import bundle
from bench.fleet.state import read_fleet
from bench.harness.pin import allowed_cpus, pin
from bench.machine.topology import choose
from bench.store import runs
from tests.fleet.namespaces import Space, spaces, why_not

PLAN = ("--preset", "quick", "--rounds", "1", "--flows", "100", "--budget", "60s")
WITHIN = 0.03
WAYS = ("through Dask", "directly")
FIGURES = ("D", "T")
LOOK_S = 1.0

Found = Mapping[Any, float]  # by workload and model


@dataclass
class Host:
    """A host, and how it is reached. `seen`: the CPUs that Dask's worker was allowed, at all looks during a run."""

    space: Space
    config: Path
    cells: Sequence[str]
    seen: set[int] = field(default_factory=set)

    def through_dask(self) -> dict[str, Found]:
        """One run, as a client of a fleet has it."""
        command = [sys.executable, "-m", "bench", "fleet", "--hosts", self.space.name, "--ssh-config", str(self.config)]
        command += ["--python", "/mnt/python", "--environment", sys.executable, *PLAN, *self.cells]
        with self.watched():
            done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        if done.returncode:
            sys.exit(f"no run came back: {done.stderr[-400:]}")
        folder = max((runs.REPORTS / "fleet").iterdir())
        run = Path(read_fleet(folder).outcomes[0].run)
        found = figures(run)
        shutil.rmtree(run.parent)  # what is filed of this host, which nobody sees again
        shutil.rmtree(folder)
        return found

    def directly(self) -> dict[str, Found]:
        """One run of the same code, in a folder of the host."""
        code, run = self.space.room / "tmp" / "code", self.space.room / "tmp" / "run"
        if not code.exists():
            with tarfile.open(fileobj=BytesIO(bundle(ROOT).content)) as tar:
                tar.extractall(code, filter="data")
        asked = [sys.executable, "-m", "bench", "run", *PLAN, *self.cells, "--out", f"../{run.name}"]
        command = ["ssh", "-F", str(self.config), self.space.name, f"cd /tmp/code && exec {' '.join(asked)}"]
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
        if done.returncode:
            sys.exit(f"no run: {done.stderr[-400:]}")
        found = figures(run)
        shutil.rmtree(run)
        return found

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Note meanwhile on which CPUs Dask's worker may run."""
        over = threading.Event()
        thread = threading.Thread(target=self._watch, args=(over,))
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()

    def _watch(self, over: threading.Event) -> None:
        inside = Path(f"/proc/{self.space.init}/ns/pid").stat().st_ino
        while not over.wait(LOOK_S):
            workers, running = [], False
            for path in Path("/proc").glob("[0-9]*"):
                with suppress(OSError):
                    if (path / "ns" / "pid").stat().st_ino == inside:
                        words = (path / "cmdline").read_bytes().split(b"\0")
                        running |= b"bench" in words and b"run" in words
                        if b"bench.fleet.worker" in words:
                            workers.append(os.sched_getaffinity(int(path.name)))
            if running:
                self.seen.update(*workers)


def figures(run: Path) -> dict[str, Found]:
    """D and T of all cells of a run, in seconds."""
    frame = bench.load(str(run)).groupby(["workload", "model"])
    return {figure: frame[figure].median().dropna().to_dict() for figure in FIGURES}


def judged(rounds: Sequence[Mapping[str, Mapping[str, Found]]]) -> bool:
    """Print all ratios; return whether D of all is where it must be."""
    holds = False
    for figure in FIGURES:
        logs = [
            {cell: math.log(one[WAYS[0]][figure][cell] / value) for cell, value in one[WAYS[1]][figure].items()}
            for one in rounds
        ]
        for cell in logs[0]:
            known = [one[cell] for one in logs if cell in one]
            print(f"{figure} {'/'.join(cell):24} {math.exp(statistics.median(known)):.3f}")
        found = centre_interval([statistics.mean(one.values()) for one in logs])
        value, low, high = (math.exp(x) for x in (found.value, found.low, found.high))
        interval = f" ({low:.3f} to {high:.3f})" if found.has_interval else ""
        line = f"{figure} {'all':24} {value:.3f}{interval}"
        if figure != "D":
            print(line)
            continue
        holds = abs(value - 1) <= WITHIN
        told = found.has_interval and (low > 1 + WITHIN or high < 1 - WITHIN)
        print(f"{line}: {'holds' if holds else 'FAILS' if told else 'not told'}")
    return holds


def main() -> int:
    """Measure all rounds, and judge them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=24, help="(default: %(default)s)")
    parser.add_argument("--workload", default="sleep,http_get", help="(default: %(default)s)")
    parser.add_argument("--model", default="thread,asyncio,uvloop", help="(default: %(default)s)")
    options = parser.parse_args()
    if options.rounds < 1:
        parser.error("--rounds needs at least 1")
    if why := why_not():
        sys.exit(f"no host can be made here: {why}")
    print(f"through Dask / directly, {options.rounds} rounds", flush=True)
    cores, order, all_rounds = choose(allowed_cpus()), random.Random(), []
    pin(cores.other)
    with tempfile.TemporaryDirectory() as name, spaces(Path(name), ["a"]) as (found, config):
        every = ",".join(map(str, cores.allowed))
        config.write_text(config.read_text().replace("ProxyCommand ", f"ProxyCommand taskset -c {every} "))
        host = Host(found["a"], config, ("--workload", options.workload, "--model", options.model))
        ways = dict(zip(WAYS, (host.through_dask, host.directly), strict=True))
        for number in range(options.rounds):
            all_rounds.append({way: ways[way]() for way in order.sample(WAYS, len(WAYS))})
            print(f"round {number + 1} of {options.rounds}", file=sys.stderr, flush=True)
    holds = judged(all_rounds)
    off = bool(host.seen) and cores.measured not in host.seen
    where = ", ".join(map(str, sorted(host.seen))) or "no CPU that was seen"
    print(f"CPU {cores.measured} was measured, and Dask's worker was allowed on {where}: {'holds' if off else 'FAILS'}")
    return 0 if holds and off else 1


if __name__ == "__main__":
    sys.exit(main())
