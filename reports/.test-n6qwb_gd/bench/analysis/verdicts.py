"""Verdicts: one sentence per comparison, with a ratio and its interval, or that no difference was shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from bench.analysis.statistics import Estimate, ratio

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

    @property
    def different(self) -> bool:
        """Does the interval leave out 1?"""
        return self.ratio.has_interval and not self.ratio.low <= 1 <= self.ratio.high

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
        if not self.different:
            most = max(r.high - 1, 1 - r.low) * 100
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
    one.
    """
    if table.empty:
        return []
    worked = table[table["ops_done"] > 0]
    blocks = worked[["workload", "flows", "block"]].drop_duplicates().sort_values(["workload", "flows", "block"])
    found = []
    for workload, flows, block in blocks.itertuples(index=False):
        present = [m for m in models if m in set(worked.loc[worked["block"] == block, "model"])]
        for figure in figures:
            for i, reference in enumerate(present):
                for model in present[i + 1 :]:
                    estimate = ratio(worked, block, model, reference, figure)
                    if estimate is not None:
                        found.append(Verdict(block, workload, int(flows), figure, model, reference, estimate))
    return found
