"""What the suite makes of values whose truth is known: pure functions."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from itertools import product

import pandas as pd

from bench.analysis.comparison import change
from bench.analysis.frames import TWIN
from bench.analysis.precision import HELD_BACK
from bench.analysis.statistics import LEVEL, by_round, centre_interval
from bench.analysis.verdicts import Verdict, verdicts
from bench.presets import PRESETS
from bench.presets.rows import HEADLINE
from scripts.selftest.pool import FLOWS, Change, Value

WINDOW = 8  # rounds of a verdict between equals: the fewest for which intervals are promised
LEAST, MOST = HEADLINE  # rounds of a headline comparison
# Which model has a twin in the headline blocks of so many flows: the floor is made of these.
TWINS: Mapping[str, str] = {
    row.workload: row.twins[0] for row in PRESETS["bench"].rows if row.flows == FLOWS and row.twins
}


def table(values: Sequence[Value]) -> pd.DataFrame:
    """Values as a frame that verdicts can be made of: copies stand where models do, next to each other in one block."""
    rows = [{**asdict(v), "block": v.workload, "flows": FLOWS, "ops_done": 1} for v in values]
    return pd.DataFrame(rows).drop(columns="model").rename(columns={"copy": "model"})


def windows(rounds: int, size: int) -> list[range]:
    """Rounds (from 1) in runs of `size` that do not overlap."""
    return [range(first, first + size) for first in range(1, rounds - size + 2, size)]


@dataclass(frozen=True)
class Alarms:
    """Verdicts between equals: how many intervals leave out 1, and how many a page would call different.

    `independent`: as many of the verdicts as could be independent of each other: pairs share their copies, so of c copies
    it is c - 1.
    """

    verdicts: int
    intervals: int
    different: int
    independent: int

    @property
    def interval_p(self) -> float:
        """The probability of so large a share of intervals that leave out 1, or a larger one, if it is what is promised."""
        return tail(math.ceil(self.intervals / self.verdicts * self.independent), self.independent, 1 - LEVEL)

    @property
    def p(self) -> float:
        """The probability of so many or more false alarms if each were as likely as promised: one-sided binomial."""
        return tail(self.different, self.verdicts, 1 - LEVEL)


def tail(k: int, n: int, p: float) -> float:
    """P(B(n, p) >= k), for 0 < p < 1; in logs, because binomial coefficients of thousands are too large for a float."""

    def log_of(i: int) -> float:
        chosen = math.lgamma(n + 1) - math.lgamma(i + 1) - math.lgamma(n - i + 1)
        return chosen + i * math.log(p) + (n - i) * math.log1p(-p)

    return math.fsum(math.exp(log_of(i)) for i in range(k, n + 1))


def alarms(values: Sequence[Value], copies: Mapping[str, int], size: int = WINDOW) -> Alarms:
    """Compare every pair of copies, as a page does, and count what it says of pairs of equals.

    Pairs of unequal models are judged with them, as on a page: among many that differ, a difference between equals is more
    easily called one (Benjamini & Hochberg). Where `bench` has a twin, the last copy is that of the first.
    """
    names = [f"{model} {i}" for model, n in copies.items() for i in range(1, n + 1)]
    equal = with_twins(table(values), copies, {model: f"{model} 1" for model in copies})
    found: list[Verdict] = []
    independent = 0
    for window in windows(int(equal["round"].max()), size):
        judged = verdicts(equal[equal["round"].isin(window)], names)
        equals = [v for v in judged if model_of(v.model) == model_of(v.reference)]
        found += equals
        independent += len(
            {(v.block, v.figure, v.model) for v in equals}
        )  # every copy but the first is the later one of a pair
    left_out = sum(not v.ratio.low <= 1 <= v.ratio.high for v in found)
    return Alarms(len(found), left_out, sum(v.different for v in found), independent)


def with_twins(frame: pd.DataFrame, copies: Mapping[str, int], cells: Mapping[str, str]) -> pd.DataFrame:
    """A frame in which, where `bench` has a twin, the last copy of that model is the twin of this cell of it."""
    renamed = frame.copy()
    for workload, model in TWINS.items():
        last = (frame["workload"] == workload) & (frame["model"] == f"{model} {copies[model]}")
        renamed.loc[last, "model"] = f"{cells[model]}{TWIN}"
    return renamed


def model_of(copy: str) -> str:
    """The model that a copy is of."""
    return copy.partition(" ")[0]


@dataclass(frozen=True)
class Detection:
    """A known slowdown: how large it came out over all rounds, relative, with its interval; and its tries.

    Of the tries it is known how many found it, and after how many rounds. It is also known how many reached the precision
    that was asked for, and how many had other rounds than any try before.
    """

    change: Change
    workload: str
    size: float
    least: float
    most: float
    found: int
    tries: int
    rounds: float
    precise: int
    apart: int

    @property
    def as_called(self) -> bool:
        """Did it come out as large as it is called: between half and one and a half times that, as far as one can tell?"""
        return self.least <= 1.5 * self.change.share and self.most >= 0.5 * self.change.share


def detection(
    values: Sequence[Value], change: Change, copies: Mapping[str, int], precision: Mapping[str, float]
) -> list[Detection]:
    """Try to find a slowdown, workload by workload, beside each equal copy, starting at each round.

    Rounds beyond the last begin again, so tries overlap. A try has the rounds that a run at this precision has, as far
    as there are so many, and as `make bench` has. It is judged as on a page: beside a copy of another model, and in both
    figures. The noise floor is that of the twins that `bench` has, in the same rounds.
    """
    whole = table(values)
    (other_model,) = (model for model in copies if model != change.model)
    other = f"{other_model} 1"
    rounds = int(whole["round"].max())
    found = {workload: Tally() for workload in sorted(set(whole["workload"]))}
    for number in range(1, copies[change.model]):
        reference = f"{change.model} {number}"
        names = [reference, change.name, other]
        twinned = with_twins(whole, copies, {change.model: reference, other_model: other})
        kept = twinned[twinned["model"].str.removesuffix(TWIN).isin(names)]
        judged: dict[frozenset[int], list[Verdict]] = {}  # tries of all rounds there are have the same ones
        for workload, tally in found.items():
            sets: set[frozenset[int]] = set()
            both = by_round(kept, workload, change.figure)
            logs = [math.log(a / b) for a, b in zip(both[change.name], both[reference], strict=True)]
            tally.logs.append(logs)
            for start in range(rounds):
                turned = logs[start:] + logs[:start]
                n = enough(turned, precision[change.figure])
                here = frozenset(1 + (start + i) % rounds for i in range(n))
                sets.add(here)
                if here not in judged:
                    judged[here] = verdicts(kept[kept["round"].isin(here)], names)
                (verdict,) = (
                    v
                    for v in judged[here]
                    if (v.block, v.figure, v.model, v.reference) == (workload, change.figure, change.name, reference)
                )
                tally.found += verdict.different and verdict.ratio.value > 1
                tally.rounds.append(n)
                tally.precise += half_width(turned[: n - HELD_BACK]) <= precision[change.figure]
            tally.apart += len(sets)
    return [tally.told(change, workload) for workload, tally in found.items()]


@dataclass
class Tally:
    """What became of the tries in one block."""

    logs: list[list[float]] = field(default_factory=list)  # of each copy that it is held against, by round
    rounds: list[int] = field(default_factory=list)
    found: int = 0
    precise: int = 0
    apart: int = 0

    def told(self, change: Change, workload: str) -> Detection:
        """All of them together; the size is that of the mean over copies in each round."""
        size = centre_interval([statistics.fmean(logs) for logs in zip(*self.logs, strict=True)])
        value, least, most = (math.exp(log) - 1 for log in (size.value, size.low, size.high))
        rounds = statistics.median(self.rounds)
        return Detection(
            change, workload, value, least, most, self.found, len(self.rounds), rounds, self.precise, self.apart
        )


def enough(logs: Sequence[float], half: float) -> int:
    """How many of these rounds are measured until the interval is so narrow without the last ones, as a campaign does."""
    n = min(LEAST, len(logs))
    while n < min(MOST, len(logs)) and half_width(logs[: n - HELD_BACK]) > half:
        n += 1
    return n


def half_width(logs: Sequence[float]) -> float:
    """Half the width of the interval of a centre of logs."""
    found = centre_interval(logs)
    return (found.high - found.low) / 2


@dataclass(frozen=True)
class Known:
    """How well the ratio of asyncio to thread is known after so many rounds, and the seconds that these took for both."""

    half: float
    rounds: int
    seconds: float

    def seconds_to(self, half: float) -> float:
        """Seconds until its half width is so small. A width falls with the root of the rounds, as that of any average.

        Variance times work is what an estimate costs (Hammersley & Handscomb, Monte Carlo Methods, 1964, chapter 5). A
        campaign has its least rounds at least.
        """
        return self.seconds * max((self.half / half) ** 2, LEAST / self.rounds)


def known(values: Sequence[Value], workload: str, figure: str = "T") -> Known:
    """What is known of a workload after all rounds: the median over all pairs of a copy of asyncio and one of thread."""
    cells: dict[str, dict[int, Value]] = {}
    for v in values:
        if v.workload == workload:
            cells.setdefault(v.copy, {})[v.round] = v
    halves, seconds = [], []
    for one, other in product(*([c for c in cells if c.startswith(f"{m} ")] for m in ("asyncio", "thread"))):
        pairs = [(cells[one][r], cells[other][r]) for r in sorted(cells[one])]
        halves.append(half_width([math.log(getattr(a, figure) / getattr(b, figure)) for a, b in pairs]))
        seconds.append(sum(a.seconds + b.seconds for a, b in pairs))
    return Known(statistics.median(halves), len(pairs), statistics.median(seconds))


@dataclass(frozen=True)
class Agreement:
    """Two runs of the same: headline ratios in both, intervals that overlap, verdicts that are reversed.

    `changed`: how many ratios differ between the two, as a comparison would say of each by itself.
    """

    ratios: int
    overlap: int
    changed: int
    reversed: tuple[str, ...]


def agreement(one: Sequence[Verdict], other: Sequence[Verdict]) -> Agreement:
    """Hold the headline verdicts of two runs against each other."""
    by_place = {(v.block, v.figure, v.model, v.reference): v for v in other}
    pairs = [(v, w) for v in one if (w := by_place.get((v.block, v.figure, v.model, v.reference))) is not None]
    pairs = [(v, w) for v, w in pairs if v.ratio.has_interval and w.ratio.has_interval]
    overlap = sum(v.ratio.low <= w.ratio.high and w.ratio.low <= v.ratio.high for v, w in pairs)
    against = [v for v, w in pairs if v.different and w.different and (v.ratio.value > 1) != (w.ratio.value > 1)]
    changes = [found for v, w in pairs if (found := change(v.ratio, w.ratio)) is not None]
    changed = sum(not found.low <= 1 <= found.high for found in changes)
    return Agreement(len(pairs), overlap, changed, tuple(v.sentence for v in against))
