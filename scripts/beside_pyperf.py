"""To the same width in half the time? `python3 scripts/environment.py scripts/beside_pyperf.py`: 15 to 20 minutes.

pyperf's default (20 processes, 3 values each) times the headline cells that have a plain script, in random order. Then a
campaign measures the same cells for half as long, start and report included. Its precision is the median of the widths
that pyperf reached. Prints both, block by block: how well asyncio's T is known as a multiple of thread's. Exit
status: 0 if the median width is no wider, else 1.
"""

from __future__ import annotations

import argparse
import math
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bench.analysis.frames import frame
from bench.analysis.statistics import ratio
from bench.campaign.lock import machine_lock
from bench.harness.pin import allowed_cpus, pin
from bench.machine import limits, topology
from bench.machine.children import ROOT
from bench.store.manifest import read_manifest, valid_records
from bench.targets.http_referee import http_server
from scripts.selftest.with_pyperf import Default, width

WORKLOADS, FLOWS, MODELS = ("sleep", "http_get"), (100, 1000), ("thread", "asyncio")
SHARE = 0.5
Widths = dict[str, float]  # relative half widths by block


def by_pyperf(folder: Path) -> tuple[Widths, float]:
    """Time all cells by pyperf's default; return the widths, and the seconds that it took."""
    cores = topology.choose(allowed_cpus())
    limits.raise_files_limit()
    pin(cores.other)
    with machine_lock("beside_pyperf"), http_server(cores.other) as server:
        cells = {
            (workload, n, model): Default(workload, model, folder, cores.measured, server.address[1], n)
            for workload in WORKLOADS
            for n in FLOWS
            for model in MODELS
        }
        for (workload, n, model), cell in random.sample(list(cells.items()), len(cells)):
            cell()
            print(f"{workload}/{model}/{n}: {cell.seconds:.0f} s by pyperf", flush=True)
    pairs = {f"{w}/{n}": width(*(cells[w, n, model] for model in MODELS)) for w in WORKLOADS for n in FLOWS}
    return {block: pair.half for block, pair in pairs.items()}, sum(pair.seconds for pair in pairs.values())


def by_rounds(folder: Path, half: float, seconds: float) -> tuple[Widths, float]:
    """Have a campaign measure the same cells for so long; return the widths, and the seconds that all of it took."""
    command = [sys.executable, "-m", "bench", "run", "--workload", ",".join(WORKLOADS), "--model", ",".join(MODELS)]
    command += ["--flows", ",".join(map(str, FLOWS)), "--budget", f"{seconds:.0f}s", "--out", str(folder)]
    command += ["--precision", f"{half * 100:.2f},100"]  # CPU per op is measured as well, but pyperf tells none
    since = time.monotonic()
    subprocess.run(command, check=True, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return widths_in(folder), time.monotonic() - since


def widths_in(folder: Path) -> Widths:
    """How well each block of a run knows the ratio; infinity where there are too few rounds."""
    table = frame(valid_records(folder, read_manifest(folder)))
    found = {f"{w}/{n}": ratio(table, f"{w}/{n}", MODELS[1], MODELS[0], "T") for w in WORKLOADS for n in FLOWS}
    return {
        block: math.log(r.high / r.low) / 2 if r is not None and r.has_interval else math.inf
        for block, r in found.items()
    }


def told(pyperf: tuple[Widths, float], rounds: tuple[Widths, float]) -> tuple[str, bool]:
    """Both side by side, and whether the median width is no wider in half the time."""
    lines = [f"{'':14} {'pyperf':>8} {'rounds':>8}"]
    lines += [f"{block:14} ±{half:>6.2%} ±{rounds[0][block]:>6.2%}" for block, half in pyperf[0].items()]
    medians: Mapping[str, float] = {
        "pyperf": statistics.median(pyperf[0].values()),
        "rounds": statistics.median(rounds[0].values()),
    }
    lines.append(f"{'median':14} ±{medians['pyperf']:>6.2%} ±{medians['rounds']:>6.2%}")
    lines.append(f"{'seconds':14} {pyperf[1]:>8.0f} {rounds[1]:>8.0f}, which is {rounds[1] / pyperf[1]:.2f} of that")
    return "\n".join(lines), medians["rounds"] <= medians["pyperf"] and rounds[1] <= SHARE * pyperf[1]


def main() -> int:
    """Time, measure, compare."""
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        pyperf = by_pyperf(folder)
        rounds = by_rounds(folder / "run", statistics.median(pyperf[0].values()), SHARE * pyperf[1])
    text, holds = told(pyperf, rounds)
    print(text)
    return 0 if holds else 1


if __name__ == "__main__":
    sys.exit(main())
