"""What is judged: many copies of a few cells, some with a known slowdown, measured in turn, round by round.

Strategy: a copy is a cell of the suite as `bench` has it, run by the suite's own runner. The slowdown is a line in one
body of a copy of the package. How much it adds is decided while it runs, as a share of what the ops themselves have
taken. Fixed beforehand, as a loop of so many turns, it came out at up to twice its nominal size. The reason is that a core
runs at another speed just after a wait than in a long loop. Copies of a round are shuffled over all workloads, so that drift
hits all alike. Every value is kept; what is done with them is in judging.py.
"""

from __future__ import annotations

import random
import re
import shutil
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench import cells
from bench.analysis.disturbance import describe_disturbance
from bench.campaign.subprocesses import Attempt, CellRunner
from bench.figures import demand_of
from bench.machine.children import ROOT
from bench.store import records
from bench.words import Cell, UserError

COPIED = ROOT / ".cache" / "selftest"  # of the package, each with a slowdown: a fixed place, so that they stay compiled
FLOWS = 100
# The headline cells of 100 flows, and a ring.
WORKLOADS = ("sleep", "http_get", "brigade")
# Of each workload, what stands in the line of a body before which an op is done.
DONE: Mapping[str, str] = {"sleep": r"stamps\[op\] = ", "http_get": r"stamps\[op\] = ", "brigade": r"hops \+= "}
BODIES: Mapping[str, str] = {"thread": "def blocking", "asyncio": "async def coroutine"}
# Equal copies of each cell. More of asyncio's: CPU, which varies more, is what its changes are about.
COPIES: Mapping[str, int] = {"thread": 5, "asyncio": 8}
INTERLUDE_EVERY = 3  # rounds
INTERLUDE_S = 42.5  # what one takes (seen: 40 to 42), which is kept for it
LATE_S = 60e-6  # a timer's slack of 50 us (man 2 prctl, PR_SET_TIMERSLACK) and what a wake-up takes
# After so many ops, work is added: reading the CPU clock takes 0.3 to 0.7 us, which is much of a single hand-over.
ADDED_AFTER = 20
# Works until a share of the time that ops have taken since the gate opened, by one of two clocks, has been added to it:
# the CPU's, or, where many threads share a core that is never idle, time itself. For the CPU time of a process the kernel
# adds up its threads: with a hundred of them, reading that clock would be much of what is added.
CLOCKS: Mapping[str, str] = {"D": "process_time_ns", "T": "monotonic_ns"}
WORK = f"""
from itertools import cycle as _cycle
from time import CLOCK as _now_ns

_due = _cycle([False] * {ADDED_AFTER - 1} + [True])
_seen = [0, 0, 0]  # which launch it is, the clock then, and what was added since


def _add(launch, share):
    now = then = _now_ns()
    if _seen[0] != launch:
        _seen[:] = launch, now, 0
    wanted = share * (now - _seen[1] - _seen[2]) - _seen[2]
    while then - now < wanted:
        then = _now_ns()
    _seen[2] += then - now
"""
# Of the added work, what the rest costs less by because of it: a loop that is kept busy serves more flows a turn, on a core
# that has not just woken: where a core is half idle, from a tenth of it (quiet, 63 rounds) to a third (noisy, 83 rounds).
SPARED: Mapping[str, float] = {"http_get": 0.25}
# Waits for a share of what the op has taken, less what a timer is late anyway.
WAIT = f"""
import time as _time


def _wait(began_ns, share):
    _time.sleep(max(0.0, share * (monotonic_ns() - began_ns) / 1e9 - {LATE_S}))
"""


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

    def line(self, workload: str) -> tuple[str, str]:
        """The line that slows an op of a workload down, and what that line needs.

        Time is made longer by waiting, CPU by work; a ring is never idle, so its time is made longer by work, too.
        """
        if self.figure == "D" or workload == "brigade":
            share = self.share / (1 - SPARED.get(workload, 0.0)) if self.figure == "D" else self.share
            return f"if next(_due): _add(flow.gate[0], {share:.3f})", WORK.replace("CLOCK", CLOCKS[self.figure])
        return f"_wait(stamps[op - 1] if op else flow.gate[0], {self.share})", WAIT


# A blocking flow can wait longer by so much; a loop's timers count whole milliseconds.
CHANGES = [
    *(Change("thread", "T", share) for share in (0.02, 0.05, 0.1)),
    *(Change("asyncio", "D", share) for share in (0.1, 0.2)),
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
    return Cell(workload, model, FLOWS)


def same(copies: Mapping[str, int], package: Path = ROOT) -> list[Copy]:
    """So many equal copies of each model's cells, run from this package."""
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
    return f"{head}{found}{body}{gap}{tail}\n{setup}"


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


def changed(change: Change) -> list[Copy]:
    """Slow down the body of every workload by this much, and return the copies to measure."""
    folder = with_lines(change.name, {w: change.line(w) for w in WORKLOADS}, change.model)
    return [Copy(cell(workload, change.model), change.name, folder) for workload in WORKLOADS]


class VoidError(UserError):
    """A copy did not do its work."""


MOST_VOID = 3  # rounds that are lost to a void copy, before nothing is measured any more


def measure_one(copy: Copy, round_: int, run: Callable[[Path], CellRunner]) -> Value:
    """Run a copy once, or once more where it was disturbed, as a campaign does with blocks. Raises VoidError where it is void."""
    seconds = 0.0
    for attempt in (1, 2):
        with tempfile.TemporaryDirectory() as folder:
            path, since = Path(folder) / "record.json", time.monotonic()
            outcome = run(copy.package)(Attempt(copy.cell, round_, attempt, path, cells.time_limit_s(copy.cell)))
            seconds += time.monotonic() - since
            if outcome.void:
                raise VoidError(f"{copy.cell.name} ({copy.name}) is void: {outcome.void}")
            record = records.read(path)
        if not describe_disturbance(record):
            break
    d = demand_of(record.metadata)
    return Value(round_, copy.cell.workload, copy.cell.model, copy.name, record.value_s, d, seconds)


@dataclass(frozen=True)
class Listener:
    """Who hears what is being measured, with the seconds that are left, and is given all values after each round."""

    say: Callable[[str, float], None] = lambda *_: None
    keep: Callable[[Sequence[Value]], None] = lambda _: None


def measure(
    copies: Sequence[Copy],
    run: Callable[[Path], CellRunner],
    until_s: float,
    listener: Listener,
    interludes: Sequence[Callable[[], None]] = (),
) -> list[Value]:
    """Measure rounds of all copies in random order, as many whole rounds as end before `until_s` (monotonic). A round in
    which a copy is void is left out, some of them at most.

    After every third round comes one of the interludes, so that drift hits it alike. Those that are left when it is nearly
    time come at the end.
    """
    found, longest, todo = list[Value](), 0.0, list(interludes)
    round_, since, void = 1, time.monotonic(), 0
    while since + longest + len(todo) * INTERLUDE_S < until_s:
        for copy in random.sample(copies, len(copies)):
            listener.say(f"round {round_}: {copy.cell.workload}, {copy.name}", until_s - time.monotonic())
            try:
                found.append(measure_one(copy, round_, run))
            except VoidError:
                void += 1
                if void > MOST_VOID:
                    raise
                found = [value for value in found if value.round != round_]
                break
        listener.keep(found)
        longest = max(longest, time.monotonic() - since)
        if todo and round_ % INTERLUDE_EVERY == 0:
            todo.pop(0)()
        since, round_ = time.monotonic(), round_ + 1
    for interlude in todo:
        interlude()
    return found
