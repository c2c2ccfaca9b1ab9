"""Verdicts: one sentence per comparison, with a ratio and its interval, or that no difference was shown."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import pandas as pd

from bench.analysis.noise import noise
from bench.analysis.statistics import LEVEL, Estimate, benjamini_hochberg, by_round, ratio_of

FIGURES = {"D": "CPU per op", "T": "time"}
SMALL = 0.1  # ratios closer to 1 than this are put as per cent
# Of its ops: beyond timer rounding, a model that wakes early does less waiting than the others. Loops that count in whole
# milliseconds are early by up to one: no less of a difference in time says anything about such a model.
EARLY_SHARE, EARLY_S = 0.01, 1e-3


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
    each_s: float = math.nan  # of time: what the two differ by for each op of a flow, seconds
    early: tuple[str, ...] = ()  # of time: which of the two wait less than they are asked to

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
        parameters = self.block.partition("?")[2].replace("&", ", ")
        flows = f"{self.flows:,} flow{'s' if self.flows != 1 else ''}"
        return f"{self.workload} at {flows}{f' with {parameters}' if parameters else ''}"

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
            early = f"; timers of {' and '.join(self.early)} end up to 1 ms early" if self.early else ""
            return (
                f"no difference shown in {what} between {self.model} and {self.reference}: at most ±{most:.1f} % "
                f"(95 % interval of the ratio: {r.low:.3f} to {r.high:.3f}{early})"
            )
        if abs(r.value - 1) < SMALL:
            amount = f"{abs(r.value - 1) * 100:.1f} % {'more' if r.value > 1 else 'less'} {what} than {self.reference}"
            each = "" if math.isnan(self.each_s) else f", {abs(self.each_s) * 1e3:.2f} ms an op of a flow"
            return f"{self.model} needs {amount}{each} (95 % interval of the ratio: {r.low:.3f} to {r.high:.3f})"
        return (
            f"{self.model} needs {r.value:.2f} times the {what} of {self.reference} "
            f"(95 % interval: {r.low:.2f} to {r.high:.2f})"
        )


def early_models(block: pd.DataFrame) -> list[str]:
    """The models of a block that wake early in more than a hundredth of their ops; none where nobody counted."""
    if "early_share" not in block:
        return []
    share = block["early_share"].groupby(block["model"]).median()
    return [str(model) for model in share.index[share > EARLY_SHARE]]


def per_op_s(block: pd.DataFrame) -> Mapping[str, float]:
    """T of each model over the ops of a flow, seconds: the median over rounds. Empty where nobody counted."""
    if "ops_per_flow" not in block:
        return {}
    each = (block["T"] / block["ops_per_flow"]).groupby(block["model"]).median()
    return {str(model): float(value) for model, value in each.items()}


def of_time(verdict: Verdict, each_s: Mapping[str, float], early: Collection[str]) -> Verdict:
    """A verdict on time, with what it is for each op of a flow, and over what early timers make of nothing."""
    model, reference = (each_s.get(name, math.nan) for name in (verdict.model, verdict.reference))
    names = tuple(m for m in (verdict.model, verdict.reference) if m in early)
    floor = max(verdict.floor, 1 + EARLY_S / min(model, reference)) if names else verdict.floor
    return replace(verdict, each_s=model - reference, early=names, floor=floor)


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
        early = early_models(worked[worked["block"] == block])
        each_s = per_op_s(worked[worked["block"] == block])
        for figure in figures:
            both = by_round(worked, str(block), figure)
            for i, reference in enumerate(present):
                for model in present[i + 1 :]:
                    estimate = ratio_of(both, model, reference)
                    if estimate is not None:
                        floor = floors[figure].at(int(flows)) if figure in floors else 1.0
                        place = (block, workload, int(flows), figure)
                        verdict = Verdict(*place, model, reference, estimate, floor=floor)
                        found.append(of_time(verdict, each_s, early) if figure == "T" else verdict)
    judged = [v for v in found if v.ratio.has_interval]
    adjusted = iter(benjamini_hochberg([v.ratio.p for v in judged]))
    return [replace(v, p=next(adjusted)) if v.ratio.has_interval else v for v in found]
