"""Two or more runs side by side: how a ratio between models inside one run differs from that inside another.

Strategy: models are compared inside each run first, where both were measured next to each other
(bench.analysis.verdicts). Then these ratios are compared between runs. Absolute figures of two machines differ for a
hundred reasons. The ratio of two models on one machine differs from that on another for few.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist

import pandas as pd

from bench.analysis.statistics import LEVEL, Estimate, benjamini_hochberg
from bench.analysis.verdicts import Verdict

Z = NormalDist().inv_cdf((1 + LEVEL) / 2)
# Two cells of one name did the same work only where these are equal. Versions of the suite may differ in them.
WORK = ("measure", "ops_per_flow", "wait_s", "wait", "phase", "payload_bytes", "ops_done", "bytes_done")


@dataclass(frozen=True)
class Change:
    """Another run's ratio divided by the first run's, with its interval. `different`: it is reported as a difference.

    `p` is that of this change alone. `different` takes into account that it is one of many.
    """

    value: float
    low: float
    high: float
    p: float
    different: bool = False


@dataclass(frozen=True)
class Compared:
    """One model against another in one block, in every run. A ratio is None where a run lacks one of the two models.

    `changes[i]` compares run i with the first run. It is None for the first run, and where either has no interval.
    """

    block: str
    workload: str
    flows: int
    figure: str
    model: str
    reference: str
    ratios: tuple[Estimate | None, ...]
    changes: tuple[Change | None, ...]
    called: tuple[bool, ...]  # did the run itself call the two different?

    @property
    def different(self) -> bool:
        """Does the ratio of any run differ from that of the first?"""
        return any(change is not None and change.different for change in self.changes)

    @property
    def judged(self) -> bool:
        """Could a change be judged: has a later run an interval, and the first one, too?"""
        return any(change is not None for change in self.changes)

    def beyond(self, share: float, *, only_slower: bool) -> bool:
        """Does a ratio differ from the first run's by more than this share? `only_slower`: and is it larger?"""
        return any(
            change.different
            and abs(math.log(change.value)) > math.log1p(share)
            and (change.value > 1 or not only_slower)
            for change in self.changes
            if change is not None
        )

    @property
    def reversed(self) -> bool:
        """Do two runs' verdicts say the opposite: one that the model needs more, another that it needs less?"""
        said = {r.value > 1 for r, called in zip(self.ratios, self.called, strict=True) if r is not None and called}
        return len(said) > 1


def change(first: Estimate, other: Estimate) -> Change | None:
    """Return how many times `first` `other` is, both ratios of independent runs; None where one has no interval.

    The interval is that of the difference of the logs, by the MOVER method (Zou & Donner, Statistics in Medicine 27
    (2008) 1693-1702). Each of its ends is made from one end of either interval. p follows from its width, as if the
    difference were normally distributed.
    """
    if not (first.has_interval and other.has_interval):
        return None
    a, b = (tuple(math.log(x) for x in (e.value, e.low, e.high)) for e in (first, other))
    middle = b[0] - a[0]
    low = middle - math.hypot(b[0] - b[1], a[2] - a[0])
    high = middle + math.hypot(b[2] - b[0], a[0] - a[1])
    side = middle - low if middle > 0 else high - middle  # the side that zero is on
    p = 1.0 if middle == 0 else 0.0 if side == 0 else 2 * NormalDist().cdf(-abs(middle) / side * Z)
    return Change(math.exp(middle), math.exp(low), math.exp(high), p)


def compare(runs: Sequence[Sequence[Verdict]], reference: str, excluded: Collection[str] = ()) -> list[Compared]:
    """Put the runs' verdicts against one reference model side by side, where at least two runs have them.

    `excluded`: blocks that did not do the same work. Where a run gives no verdict on a ratio, it has none here. All changes are judged together, so that at most one in twenty of
    those called different is expected to be a false alarm (bench.analysis.statistics.benjamini_hochberg).
    """
    places: dict[tuple[str, str, int, str, str], list[Estimate | None]] = {}
    called = set()
    for i, verdicts in enumerate(runs):
        for v in verdicts:
            if v.reference == reference and v.block not in excluded and not v.withheld:
                key = (v.block, v.workload, v.flows, v.figure, v.model)
                places.setdefault(key, [None] * len(runs))[i] = v.ratio
                called |= {(key, i)} if v.different else set()
    shared = {key: ratios for key, ratios in places.items() if sum(r is not None for r in ratios) > 1}
    changes = {
        (key, i): found
        for key, (first, *others) in shared.items()
        for i, other in enumerate(others, start=1)
        if first is not None and other is not None and (found := change(first, other)) is not None
    }
    adjusted = benjamini_hochberg([c.p for c in changes.values()])
    judged = {
        place: Change(c.value, c.low, c.high, c.p, q <= 1 - LEVEL)
        for (place, c), q in zip(changes.items(), adjusted, strict=True)
    }
    return [
        Compared(
            *key,
            reference,
            tuple(ratios),
            tuple(judged.get((key, i)) for i in range(len(ratios))),
            tuple((key, i) in called for i in range(len(ratios))),
        )
        for key, ratios in shared.items()
    ]


def other_work(tables: Sequence[pd.DataFrame]) -> dict[str, str]:
    """Return the blocks whose cells did not do the same work in every run that has them, with what differs."""
    seen: dict[str, Mapping[str, object]] = {}
    found: dict[str, str] = {}
    for table in tables:
        if table.empty:
            continue
        last = table.drop_duplicates("cell", keep="last")
        columns = {key: last[key].tolist() for key in ("cell", "block", *WORK) if key in last}
        for i, (cell, block) in enumerate(zip(columns["cell"], columns["block"], strict=True)):
            here = {key: columns[key][i] for key in WORK if key in columns and not pd.isna(columns[key][i])}
            before = seen.setdefault(str(cell), here)
            for key in WORK:
                if key in before and key in here and before[key] != here[key]:
                    found.setdefault(
                        str(block), f"{key} is {_text(before[key])} in one and {_text(here[key])} in another"
                    )
    return found


def _text(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def differing(environments: Sequence[Mapping[str, Mapping[str, object]]]) -> list[tuple[str, tuple[str, ...]]]:
    """Return what differs between environments: `group: key` and the value of each, '' where one has none."""
    keys = dict.fromkeys((group, key) for e in environments for group, entries in e.items() for key in entries)
    found = []
    for group, key in keys:
        values = tuple(str(e.get(group, {}).get(key, "")) for e in environments)
        if len(set(values)) > 1:
            found.append((f"{group}: {key}", values))
    return found
