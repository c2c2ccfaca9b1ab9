"""What the suite makes of values whose truth is known: pure functions."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

import pandas as pd

from bench.analysis.frames import TWIN
from bench.analysis.precision import HELD_BACK
from bench.analysis.statistics import LEAST_ROUNDS, LEVEL, Estimate, median_interval
from bench.analysis.verdicts import Verdict, verdicts
from scripts.selftest.pool import FLOWS, Change, Value

WINDOW = 8  # rounds of a verdict between equals: the fewest for which intervals are promised
LEAST, MOST = 10, 30  # rounds of a headline comparison, as in the preset


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


def alarms(values: Sequence[Value], copies: int, size: int = WINDOW) -> Alarms:
    """Compare every pair of equal copies, as a page does: the last copy of thread is the first one's twin."""
    names = {model: [f"{model} {i}" for i in range(1, copies + 1)] for model in ("thread", "asyncio")}
    names["thread"].pop()
    twin = {f"thread {copies}": f"thread 1{TWIN}"}
    equal = table(values).replace({"model": twin})
    found: list[Verdict] = []
    for window in windows(int(equal["round"].max()), size):
        rows = equal[equal["round"].isin(window)]
        found += verdicts(rows, [*names["thread"], *names["asyncio"]])
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


def detection(values: Sequence[Value], change: Change, copies: int, precision: Mapping[str, float]) -> list[Detection]:
    """Try to find a slowdown, workload by workload, starting at each round; rounds beyond the last begin again.

    A try has the rounds that a run at this precision has, as far as there are so many; its noise floor is that of twins
    in the same rounds.
    """
    whole = table(values)
    first, last = f"{change.model} 1", f"{change.model} {copies}"
    kept = whole[whole["model"].isin([first, last, change.name])].replace({"model": {last: f"{first}{TWIN}"}})
    rounds = int(kept["round"].max())
    found = []
    for workload in sorted(set(kept["workload"])):
        block = f"{workload}/{change.model}"
        rows = kept[kept["block"] == block]
        both = rows.pivot_table(index="round", columns="model", values=change.figure)
        logs = [math.log(a / b) for a, b in zip(both[change.name], both[first], strict=True)]
        hits, taken = 0, []
        for start in range(rounds):
            turned = logs[start:] + logs[:start]
            n = enough(turned, precision[change.figure])
            chosen_rounds = [1 + (start + i) % rounds for i in range(n)]
            here = kept[kept["round"].isin(chosen_rounds)]
            judged = verdicts(here, [first, change.name], (change.figure,))
            hits += any(v.block == block and v.different and v.ratio.value > 1 for v in judged)
            taken.append(n)
        size = math.exp(statistics.median(logs)) - 1
        found.append(Detection(change, workload, size, hits, rounds, statistics.median(taken)))
    return found


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
