"""What the suite makes of values whose truth is known: pure functions."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field

import pandas as pd

from bench import plan
from bench.analysis.frames import TWIN
from bench.analysis.precision import HELD_BACK
from bench.analysis.statistics import LEAST_ROUNDS, LEVEL, Estimate, median_interval
from bench.analysis.verdicts import Verdict, verdicts
from scripts.selftest.pool import FLOWS, Change, Value

WINDOW = 8  # rounds of a verdict between equals: the fewest for which intervals are promised
LEAST, MOST = plan.HEADLINE  # rounds of a headline comparison


def table(values: Sequence[Value]) -> pd.DataFrame:
    """Values as a frame that verdicts can be made of: copies stand where models do, a block holds those of one model."""
    rows = [{**asdict(v), "block": f"{v.workload}/{v.model}", "flows": FLOWS, "ops_done": 1} for v in values]
    return pd.DataFrame(rows).drop(columns="model").rename(columns={"copy": "model"})


def windows(rounds: int, size: int) -> list[range]:
    """Rounds (from 1) in runs of `size` that do not overlap."""
    return [range(first, first + size) for first in range(1, rounds - size + 2, size)]


@dataclass(frozen=True)
class Alarms:
    """Verdicts between equals: how many intervals leave out 1, and how many a page would call different."""

    verdicts: int
    intervals: int
    different: int

    @property
    def p(self) -> float:
        """The probability of so many or more false alarms if each were as likely as promised: one-sided binomial."""
        return tail(self.different, self.verdicts, 1 - LEVEL)


def tail(k: int, n: int, p: float) -> float:
    """P(B(n, p) >= k)."""
    return math.fsum(math.comb(n, i) * p**i * (1 - p) ** (n - i) for i in range(k, n + 1))


def alarms(values: Sequence[Value], copies: Mapping[str, int], size: int = WINDOW) -> Alarms:
    """Compare every pair of equal copies, as a page does: the last copy of the first model is the first one's twin."""
    names = [f"{model} {i}" for model, n in copies.items() for i in range(1, n + 1)]
    model, last = next(iter(copies.items()))
    names.remove(f"{model} {last}")
    equal = table(values).replace({"model": {f"{model} {last}": f"{model} 1{TWIN}"}})
    found: list[Verdict] = []
    for window in windows(int(equal["round"].max()), size):
        found += verdicts(equal[equal["round"].isin(window)], names)
    return Alarms(len(found), sum(not v.ratio.low <= 1 <= v.ratio.high for v in found), sum(v.different for v in found))


@dataclass(frozen=True)
class Detection:
    """A known slowdown: how large it came out over all rounds, in how many of the tries it was found, after how many rounds."""

    change: Change
    workload: str
    size: float
    found: int
    tries: int
    rounds: float


def detection(
    values: Sequence[Value], change: Change, copies: Mapping[str, int], precision: Mapping[str, float]
) -> list[Detection]:
    """Try to find a slowdown, workload by workload, beside each equal copy, starting at each round.

    Rounds beyond the last begin again, so tries overlap. A try has the rounds that a run at this precision has, as far
    as there are so many; its noise floor is that of twins in the same rounds: the copy beside it, and the last one.
    """
    whole, last = table(values), f"{change.model} {copies[change.model]}"
    rounds = int(whole["round"].max())
    blocks = [f"{workload}/{change.model}" for workload in sorted(set(whole["workload"]))]
    found = {block: Tally() for block in blocks}
    for number in range(1, copies[change.model]):
        reference = f"{change.model} {number}"
        kept = whole[whole["model"].isin([reference, last, change.name])]
        kept = kept.replace({"model": {last: f"{reference}{TWIN}"}})
        for block, tally in found.items():
            both = kept[kept["block"] == block].pivot_table(index="round", columns="model", values=change.figure)
            logs = [math.log(a / b) for a, b in zip(both[change.name], both[reference], strict=True)]
            tally.logs += logs
            for start in range(rounds):
                n = enough(logs[start:] + logs[:start], precision[change.figure])
                here = kept[kept["round"].isin([1 + (start + i) % rounds for i in range(n)])]
                judged = verdicts(here, [reference, change.name], (change.figure,))
                tally.found += any(v.block == block and v.different and v.ratio.value > 1 for v in judged)
                tally.rounds.append(n)
    return [
        Detection(change, block.partition("/")[0], tally.size, tally.found, len(tally.rounds), tally.median_rounds)
        for block, tally in found.items()
    ]


@dataclass
class Tally:
    """What became of the tries in one block."""

    logs: list[float] = field(default_factory=list)
    rounds: list[int] = field(default_factory=list)
    found: int = 0

    @property
    def size(self) -> float:
        """How large the slowdown is over all rounds and all copies, relative."""
        return math.exp(statistics.median(self.logs)) - 1

    @property
    def median_rounds(self) -> float:
        """The rounds of a try."""
        return statistics.median(self.rounds)


def enough(logs: Sequence[float], half: float) -> int:
    """How many of these rounds are measured until the interval is so narrow without the last ones, as a campaign does."""
    n = min(LEAST, len(logs))
    while n < min(MOST, len(logs)) and half_width(median_interval(logs[: n - HELD_BACK])) > half:
        n += 1
    return n


def half_width(found: Estimate) -> float:
    """Half the width of an interval of logs."""
    return (found.high - found.low) / 2


def seconds_to(values: Sequence[Value], workload: str, half: float, figure: str = "T") -> float | None:
    """Seconds until the ratio of asyncio to thread is known to so much, median over starts; None: never in these rounds."""
    cells = {
        model: {v.round: v for v in values if v.workload == workload and v.copy == f"{model} 1"}
        for model in ("thread", "asyncio")
    }
    rounds = sorted(cells["thread"])
    logs = [math.log(getattr(cells["asyncio"][r], figure) / getattr(cells["thread"][r], figure)) for r in rounds]
    cost = [cells["asyncio"][r].seconds + cells["thread"][r].seconds for r in rounds]
    taken = []
    for start in range(len(rounds)):
        turned, costs = logs[start:] + logs[:start], cost[start:] + cost[:start]
        n = next(
            (n for n in range(LEAST_ROUNDS, len(rounds) + 1) if half_width(median_interval(turned[:n])) <= half), None
        )
        taken.append(math.inf if n is None else sum(costs[:n]))
    middle = statistics.median(taken)
    return None if math.isinf(middle) else middle


@dataclass(frozen=True)
class Agreement:
    """Two runs of the same: headline ratios in both, intervals that overlap, verdicts that are reversed."""

    ratios: int
    overlap: int
    reversed: tuple[str, ...]


def agreement(one: Sequence[Verdict], other: Sequence[Verdict]) -> Agreement:
    """Hold the headline verdicts of two runs against each other."""
    by_place = {(v.block, v.figure, v.model, v.reference): v for v in other}
    pairs = [(v, w) for v in one if (w := by_place.get((v.block, v.figure, v.model, v.reference))) is not None]
    pairs = [(v, w) for v, w in pairs if v.ratio.has_interval and w.ratio.has_interval]
    overlap = sum(v.ratio.low <= w.ratio.high and w.ratio.low <= v.ratio.high for v, w in pairs)
    against = [v for v, w in pairs if v.different and w.different and (v.ratio.value > 1) != (w.ratio.value > 1)]
    return Agreement(len(pairs), overlap, tuple(v.sentence for v in against))
