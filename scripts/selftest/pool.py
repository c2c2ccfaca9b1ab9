"""What is judged: many copies of a few cells, some with a known slowdown, measured in turn, round by round.

Strategy: a copy is a cell of the suite, run by the suite's own runner; the slowdown is a line in one body of a copy of the
package. Copies of a round are shuffled over all workloads, so that what drifts hits all alike. Every value is kept;
what is done with them is in judging.py.
"""

from __future__ import annotations

import math
import random
import re
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench import plan
from bench.analysis.findings import disturbance
from bench.campaign.cells import ROOT, Attempt, CellRunner
from bench.store import records
from bench.words import Cell

COPIED = ROOT / ".cache" / "selftest"  # of the package, each with a slowdown: a fixed place, so that they stay compiled
FLOWS = 100
# The headline cells of 100 flows and a ring, shorter than by default: more rounds in the time, each a little less sure.
WORKLOADS: Mapping[str, Mapping[str, int]] = {"sleep": {"ops": 20}, "http_get": {"ops": 20}, "brigade": {}}
# Of each workload, what stands in the line of a body before which an op is done.
DONE: Mapping[str, str] = {"sleep": r"stamps\[op\] = ", "http_get": r"stamps\[op\] = ", "brigade": r"hops \+= "}
BODIES: Mapping[str, str] = {"thread": "def blocking", "asyncio": "async def coroutine"}
# Equal copies of each cell. More of asyncio's: CPU, which varies more, is what its changes are about.
COPIES: Mapping[str, int] = {"thread": 5, "asyncio": 8}
LATE_S = 60e-6  # a timer's slack of 50 us (man 2 prctl, PR_SET_TIMERSLACK) and what a wake-up takes
# Of the pilot: rounds; and turns of an empty loop per op, so many that what they take stands out from what cells vary by.
PILOTS, TRIAL_TURNS = 5, 5000


@dataclass(frozen=True)
class Change:
    """So much more of a figure in one body: 0.05 of T is a twentieth."""

    model: str
    figure: str
    share: float

    @property
    def name(self) -> str:
        """What the changed copy is called."""
        return f"{self.model}, {self.figure} +{self.share:.0%}"

    def turns(self, workload: str) -> bool:
        """Is it made by work? A ring is never idle, so its time is made longer by work, like everybody's CPU."""
        return self.figure == "D" or workload == "brigade"


# A blocking flow can wait longer by so much; a loop's timers count whole milliseconds.
CHANGES = [
    *(Change("thread", "T", share) for share in (0.02, 0.05, 0.1)),
    *(Change("asyncio", "D", share) for share in (0.05, 0.1, 0.2)),
]


@dataclass(frozen=True)
class Value:
    """What one process measured: T in s, D in s of CPU per op; `seconds`: what the whole process took."""

    round: int
    workload: str
    model: str
    copy: str
    T: float
    D: float
    seconds: float


@dataclass(frozen=True)
class Copy:
    """A cell and the package that it is run from."""

    cell: Cell
    name: str
    package: Path = ROOT


def cell(workload: str, model: str) -> Cell:
    """The cell of which there are copies."""
    return Cell(workload, model, FLOWS, tuple(sorted(WORKLOADS[workload].items())))


def same(copies: Mapping[str, int], package: Path = ROOT) -> list[Copy]:
    """So many copies of each model's cells that are all the same, run from this package."""
    return [
        Copy(cell(workload, model), f"{model} {number}", package)
        for workload in WORKLOADS
        for model in BODIES
        for number in range(1, copies[model] + 1)
    ]


def slow(source: str, workload: str, model: str, line: str, setup: str) -> str:
    """A workload's source with a line before the end of each op of one body. Raises ValueError where none is found."""
    head, found, rest = source.partition(f"\n{BODIES[model]}(")
    body, gap, tail = rest.partition("\n\n\n")
    body, times = re.subn(rf"^( +)({DONE[workload]})", rf"\1{line}\n\1\2", body, flags=re.MULTILINE)
    if times != 1:
        raise ValueError(f"{workload}: {times} places found in {BODIES[model]}, where there must be one")
    return f"{head}{found}{body}{gap}{tail}\n\n{setup}\n"


@dataclass(frozen=True)
class Pilot:
    """What a cell takes as it is: T in s, D in s of CPU per op; and what a turn of an empty loop in its body takes, in s."""

    T: float
    D: float
    turn_s: float = math.nan


def lengthening(change: Change, workload: str, pilot: Pilot) -> tuple[str, str]:
    """The line that slows an op down by a share of what it took in the pilot, and what that line needs.

    Waits are lengthened by waiting once more, less what a timer is late anyway; work by turns of an empty loop.
    """
    ops = int(plan.parameters(cell(workload, change.model))["ops"])
    if not change.turns(workload):
        return f"_time.sleep({max(0.0, change.share * pilot.T / ops - LATE_S)!r})", "import time as _time"
    op_s = pilot.D if change.figure == "D" else pilot.T / (ops * FLOWS)
    return turning(round(change.share * op_s / pilot.turn_s))


def turning(turns: int) -> tuple[str, str]:
    """The line that works for so many turns, and what it needs. A range would make its numbers, those beyond 256 anew."""
    return f"for _ in _repeat(None, {turns}): pass", "from itertools import repeat as _repeat"


def with_lines(name: str, lines: Mapping[str, tuple[str, str]], model: str = "") -> Path:
    """Copy the package, and slow down one body of some workloads, each by its line.

    Copies without a slowdown are run from such a place, too: the length of a path moves results (docs/method.md).
    """
    folder = COPIED / f"{re.sub(r'[^a-zA-Z0-9]+', '-', name):_<32}"  # all of one length
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(ROOT / "bench", folder / "bench", ignore=shutil.ignore_patterns("__pycache__"))
    for workload, (line, setup) in lines.items():
        path = folder / "bench" / "workloads" / f"{workload}.py"
        path.write_text(slow(path.read_text(), workload, model, line, setup))
    return folder


def changed(change: Change, pilots: Mapping[tuple[str, str], Pilot]) -> list[Copy]:
    """Slow down the body of every workload by this much, and return the copies to measure."""
    lines = {w: lengthening(change, w, pilots[w, change.model]) for w in WORKLOADS}
    folder = with_lines(change.name, lines, change.model)
    return [Copy(cell(workload, change.model), change.name, folder) for workload in WORKLOADS]


def pilot(run: Callable[[Path], CellRunner]) -> dict[tuple[str, str], Pilot]:
    """What each cell takes as it is, by workload and model, and what a turn of a loop takes in the body of each.

    A turn is measured where it will be added, by cells that make very many of them beside cells that make none: by
    itself it takes from half to twice as long, as the caches and the core's clock happen to be.
    """
    plain = {(copy.cell.workload, copy.cell.model): copy for copy in same(dict.fromkeys(BODIES, 1))}
    trials = {}
    for model in BODIES:
        worked = [w for w in WORKLOADS if any(c.model == model and c.turns(w) for c in CHANGES)]
        folder = with_lines(f"trial {model}", {w: turning(TRIAL_TURNS) for w in worked}, model)
        trials.update({(w, model): Copy(cell(w, model), "trial", folder) for w in worked})
    found: dict[tuple[str, str], list[tuple[Value, Value | None]]] = {key: [] for key in plain}
    for number in range(1, PILOTS + 1):
        for key, copy in plain.items():
            trial = trials.get(key)
            found[key].append((measure_one(copy, number, run), measure_one(trial, number, run) if trial else None))
    return {key: piloted(pairs) for key, pairs in found.items()}


def piloted(pairs: Sequence[tuple[Value, Value | None]]) -> Pilot:
    """Medians of a cell as it is, and of what the turns beside it took."""
    turns = [(trial.D - plain.D) / TRIAL_TURNS for plain, trial in pairs if trial is not None]
    middle = statistics.median
    turn_s = middle(turns) if turns else math.nan
    return Pilot(middle(plain.T for plain, _ in pairs), middle(plain.D for plain, _ in pairs), turn_s)


def measure_one(copy: Copy, round_: int, run: Callable[[Path], CellRunner]) -> Value:
    """Run a copy once, or once more where it was disturbed, as a campaign does with blocks. Raises RuntimeError where it
    is void: no judgement can be made of that.
    """
    seconds = 0.0
    for attempt in (1, 2):
        with tempfile.TemporaryDirectory() as folder:
            path, since = Path(folder) / "record.json", time.monotonic()
            outcome = run(copy.package)(Attempt(copy.cell, round_, attempt, path, plan.time_limit_s(copy.cell)))
            seconds += time.monotonic() - since
            if outcome.void:
                raise RuntimeError(f"{copy.cell.name} ({copy.name}) is void: {outcome.void}")
            record = records.read(path)
        if not disturbance(record):
            break
    d = float(record.metadata["cpu_s"]) / int(record.metadata["ops_done"])
    return Value(round_, copy.cell.workload, copy.cell.model, copy.name, record.value_s, d, seconds)


def measure(
    copies: Sequence[Copy],
    run: Callable[[Path], CellRunner],
    until_s: float,
    seed: int,
    say: Callable[[str, float], None],
) -> list[Value]:
    """Measure rounds of all copies in random order, as many whole rounds as end before `until_s` (monotonic)."""
    order, found, longest = random.Random(seed), [], 0.0
    round_, since = 1, time.monotonic()
    while since + longest < until_s:
        for copy in order.sample(copies, len(copies)):
            say(f"round {round_}: {copy.cell.workload}, {copy.name}", until_s - time.monotonic())
            found.append(measure_one(copy, round_, run))
        longest, since, round_ = max(longest, time.monotonic() - since), time.monotonic(), round_ + 1
    return found
