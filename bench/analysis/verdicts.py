"""Verdicts: one sentence per comparison, with a ratio and its interval, or that no difference was shown."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import pandas as pd

from bench.analysis.noise import noise
from bench.analysis.statistics import LEVEL, Estimate, benjamini_hochberg, by_round, ratio_of

FIGURES = {"D": "CPU per op", "T": "time"}
SMALL = 0.1  # ratios closer to 1 than this are put as per cent


@dataclass(frozen=True)
class Verdict:
    """One model against another in one block: how many times the reference's figure it needs."""

    block: str
    workload: str
    flows: int
    figure: str
    model: str
    reference: str
    ratio: Estimate
    p: float = math.nan  # adjusted for being one of many (Benjamini & Hochberg 1995); NaN where nothing is judged
    floor: float = 1.0  # twins of one cell differed by up to so many times in this run: no more than that says nothing

    @property
    def different(self) -> bool:
        """Does the interval leave out 1, still so as one of many, and is the ratio beyond the run's noise floor?"""
        if not self.ratio.has_interval or self.ratio.low <= 1 <= self.ratio.high:
            return False
        return not self.p > 1 - LEVEL and not self.inside_floor

    @property
    def inside_floor(self) -> bool:
        """Is the ratio no further from 1 than twins of one cell were from each other?"""
        return abs(math.log(self.ratio.value)) <= math.log(self.floor)

    @property
    def too_few_among_many(self) -> bool:
        """Is it only as one of many that the ratio is not called a difference, and were its rounds too few to tell?"""
        alone = self.ratio.has_interval and not self.ratio.low <= 1 <= self.ratio.high and not self.inside_floor
        return alone and self.ratio.p <= 2.0 ** (1 - self.ratio.rounds) < 1 - LEVEL < self.p

    @property
    def place(self) -> str:
        """Where it was measured, in words."""
        return f"{self.workload} at {self.flows:,} flow{'s' if self.flows != 1 else ''}"

    def place_of(self, workload: str, flows: int, figure: str, model: str, reference: str) -> bool:
        """Is this the verdict on a figure of a workload's plain block: the one without parameters?"""
        plain = self.block == f"{workload}/{flows}"
        return plain and (self.figure, self.model, self.reference) == (figure, model, reference)

    @property
    def sentence(self) -> str:
        """The whole verdict: where, how many rounds, and what."""
        return f"{self.place}, {self.ratio.rounds} rounds: {self.words}"

    @property
    def words(self) -> str:
        """The verdict with direction and size, or that no difference was shown, without where."""
        r, what = self.ratio, FIGURES[self.figure]
        if not r.has_interval:
            return f"too few rounds ({r.rounds}) to judge the {what} of {self.model} against {self.reference}"
        if not self.different and self.too_few_among_many:
            return (
                f"no difference shown in {what} between {self.model} and {self.reference}: all {r.rounds} rounds point to "
                f"{r.value:.3f} times (95 % interval: {r.low:.3f} to {r.high:.3f}), too few for one among so many ratios"
            )
        if not self.different:
            most = max(r.high - 1, 1 - r.low, self.floor - 1) * 100
            return f"no difference shown in {what} between {self.model} and {self.reference}: at most ±{most:.1f} %"
        if abs(r.value - 1) < SMALL:
            amount = f"{abs(r.value - 1) * 100:.1f} % {'more' if r.value > 1 else 'less'} {what} than {self.reference}"
            return f"{self.model} needs {amount} (95 % interval of the ratio: {r.low:.3f} to {r.high:.3f})"
        return (
            f"{self.model} needs {r.value:.2f} times the {what} of {self.reference} "
            f"(95 % interval: {r.low:.2f} to {r.high:.2f})"
        )


def verdicts(table: pd.DataFrame, models: Sequence[str], figures: Sequence[str] = ("D", "T")) -> list[Verdict]:
    """Compare every pair of models in every block that has ops; `models` decides who is the reference: the earlier
    one. Which ratios are called different is decided over all of them at once.
    """
    if table.empty:
        return []
    floors = noise(table, figures)
    worked = table[table["ops_done"] > 0]
    blocks = worked[["workload", "flows", "block"]].drop_duplicates().sort_values(["workload", "flows", "block"])
    found = []
    for workload, flows, block in blocks.itertuples(index=False):
        present = [m for m in models if m in set(worked.loc[worked["block"] == block, "model"])]
        for figure in figures:
            both = by_round(worked, str(block), figure)
            for i, reference in enumerate(present):
                for model in present[i + 1 :]:
                    estimate = ratio_of(both, model, reference)
                    if estimate is not None:
                        floor = floors[figure].at(int(flows)) if figure in floors else 1.0
                        place = (block, workload, int(flows), figure)
                        found.append(Verdict(*place, model, reference, estimate, floor=floor))
    judged = [v for v in found if v.ratio.has_interval]
    adjusted = iter(benjamini_hochberg([v.ratio.p for v in judged]))
    return [replace(v, p=next(adjusted)) if v.ratio.has_interval else v for v in found]
