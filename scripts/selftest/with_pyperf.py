"""What pyperf by itself makes of the same: its `compare_to` on the same values, and its default way of measuring."""

from __future__ import annotations

import math
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import pyperf

from bench import cells
from bench.analysis.statistics import LEVEL
from bench.analysis.student import quantile
from bench.targets.http_referee import HttpReferee
from bench.words import Cell
from scripts.plain import ACCOUNT
from scripts.selftest.judging import WINDOW, windows
from scripts.selftest.pool import FLOWS, WORKLOADS, Value

HIDDEN = re.compile(r"not significant \((\d+)\)")


def compare_to(values: Sequence[Value], copies: Mapping[str, int], folder: Path, size: int = WINDOW) -> tuple[int, int]:
    """Have pyperf compare the times of equal copies, as many rounds each; return its verdicts and its false alarms."""
    wanted = windows(max(v.round for v in values), size)
    verdicts = significant = 0
    for model, most in copies.items():
        files = []
        for number in range(1, most + 1):
            mine = [v for v in values if v.copy == f"{model} {number}"]
            found = [
                pyperf.Benchmark(
                    [
                        run(v.T, f"{workload} {window.start}")
                        for v in mine
                        if v.round in window and v.workload == workload
                    ]
                )
                for workload in WORKLOADS
                for window in wanted
            ]
            files.append(folder / f"{model}-{number}.json")
            pyperf.BenchmarkSuite(found).dump(str(files[-1]), replace=True)
        for pair in combinations(files, 2):
            command = [sys.executable, "-m", "pyperf", "compare_to", *map(str, pair)]
            said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
            number_of = len(WORKLOADS) * len(wanted)
            hidden = HIDDEN.search(said)
            verdicts += number_of
            significant += number_of - (int(hidden[1]) if hidden else 0)
    return verdicts, significant


def run(value: float, name: str) -> pyperf.Run:
    """One value of one process, as pyperf keeps it."""
    return pyperf.Run([value], metadata={"name": name, "loops": 1, "unit": "second"}, collect_metadata=False)


@dataclass(frozen=True)
class Width:
    """How well pyperf's default knows the ratio of asyncio's time to that of thread, and the seconds it took for both."""

    workload: str
    half: float
    seconds: float


@dataclass
class Default:
    """One cell as pyperf times it with its own numbers of processes and values.

    `folder`: where its file goes. `port`: the http server's. `options`: more of pyperf's. `seconds`: what it took, once it was timed.
    """

    workload: str
    model: str
    folder: Path
    cpu: int
    port: int
    flows: int = FLOWS
    options: Sequence[str] = ()
    seconds: float = math.nan

    @property
    def path(self) -> Path:
        """Where pyperf leaves its file."""
        return self.folder / f"{self.workload}-{self.model}-{self.flows}.json"

    def __call__(self) -> None:
        """Time it."""
        since, script = time.monotonic(), str(Path(__file__).with_name("pyperf_default.py"))
        ops = cells.parameters(Cell(self.workload, self.model, self.flows))["ops"]
        command = [sys.executable, script, self.workload, self.model, str(self.flows), str(ops), str(self.port)]
        command += ["--affinity", str(self.cpu), "--output", str(self.path), "--quiet", *self.options]
        with closing(
            HttpReferee(("127.0.0.1", self.port))
        ) as referee:  # what it has announced is served until it hangs up
            referee.open(ACCOUNT)
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        self.seconds = time.monotonic() - since

    @property
    def means(self) -> list[float]:
        """The log of each process's mean."""
        runs = [r.values for r in pyperf.Benchmark.load(str(self.path)).get_runs() if r.values]
        return [math.log(statistics.fmean(values)) for values in runs]


def width(thread: Default, asyncio: Default) -> Width:
    """What both together tell."""
    return Width(thread.workload, half_width(thread.means, asyncio.means), thread.seconds + asyncio.seconds)


def half_width(one: Sequence[float], other: Sequence[float]) -> float:
    """Half the 95 % interval of the difference between two means, by Welch's t; a process is one value."""
    a, b = statistics.variance(one) / len(one), statistics.variance(other) / len(other)
    if a + b == 0:
        return 0.0
    freedom = (a + b) ** 2 / (a**2 / (len(one) - 1) + b**2 / (len(other) - 1))
    return quantile(LEVEL, round(freedom)) * math.sqrt(a + b)
