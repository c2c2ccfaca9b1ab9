"""Verdicts: one sentence per comparison, with a ratio and its interval, or that no difference was shown."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import pandas as pd

from bench.analysis.noise import Noise, Regimes, noise
from bench.analysis.statistics import (
    LEVEL,
    Columns,
    Estimate,
    benjamini_hochberg,
    column,
    columns_by,
    columns_by_round,
    medians,
    quotients,
    ratio_of,
)
from bench.analysis.withheld import Withheld
from bench.words import FIGURES

SMALL = 0.1  # ratios closer to 1 than this are given as a percentage
UNKNOWN = 0.5  # where the interval reaches so far from 1, "at most" would say nothing
# A share of its ops: a model that wakes early in more of them waits less than the others, by more than timer rounding.
# Loops that count in whole milliseconds are early by up to 1 ms, so smaller differences in time say nothing about them.
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
    timers: float = 1.0  # of time: how many times apart such timers alone may make them
    apart_s: float = math.nan  # of time: what the two differ by in all, seconds
    judged: bool = True  # a run that is not meant to have verdicts shows ratios, and calls nothing different
    gate_s: float = math.nan  # of time: what they differ by where there are no ops, seconds; NaN if not measured
    withheld: str = ""  # why no verdict is given on the ratio (bench.analysis.withheld)
    unlike: str = ""  # how the bodies differ that the two ran; empty where they are the same but for await, or one

    @property
    def decided(self) -> bool:
        """Is it said whether the two differ? Not in a run without verdicts, of too few rounds, or where it is withheld."""
        return self.judged and self.ratio.has_interval and not self.withheld

    @property
    def different(self) -> bool:
        """Does the interval leave out 1, still so as one of many, and is the ratio beyond the run's noise floor?"""
        if not self.decided or self.ratio.low <= 1 <= self.ratio.high:
            return False
        return not self.p > 1 - LEVEL and not self.inside_floor

    @property
    def inside_floor(self) -> bool:
        """Is the ratio as close to 1 as those between twins of one cell?"""
        return abs(math.log(self.ratio.value)) <= math.log(self.floor)

    @property
    def too_few_among_many(self) -> bool:
        """Is it only as one of many that the ratio is not called a difference, and were its rounds too few to tell?"""
        alone = self.ratio.has_interval and not self.ratio.low <= 1 <= self.ratio.high and not self.inside_floor
        return alone and self.ratio.p <= 2.0 ** (1 - self.ratio.rounds) < 1 - LEVEL < self.p

    @property
    def by_gate(self) -> bool:
        """Does leaving the gate, which is no op, make up at least half of what the two differ by in time?"""
        return self.gate_s * self.apart_s > 0 and abs(self.gate_s) >= abs(self.apart_s) / 2

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
        """The whole verdict: where, how many rounds, and what; where the bodies are not the same, what else differs."""
        return f"{self.place}, {self.ratio.rounds} rounds: {self.words}{self.of_bodies}"

    @property
    def of_bodies(self) -> str:
        """That the two ran bodies that differ, and how, in words; empty where they did not."""
        return f"; model and body differ: {self.unlike}" if self.unlike else ""

    @property
    def words(self) -> str:
        """The verdict with direction and size, or that no difference was shown, without where."""
        r, what = self.ratio, FIGURES[self.figure]
        if not self.judged:
            return f"{self.model} took {r.value:.2f} times the {what} of {self.reference}: not judged"
        if not r.has_interval:
            return f"too few rounds ({r.rounds}) to judge the {what} of {self.model} against {self.reference}"
        if self.withheld:
            return f"no verdict on the {what} of {self.model} against {self.reference}: {self.withheld}"
        if not self.different:
            return self.no_difference
        if abs(r.value - 1) < SMALL:
            amount = f"{abs(r.value - 1) * 100:.1f} % {'more' if r.value > 1 else 'less'} {what} than {self.reference}"
            each = "" if math.isnan(self.each_s) else f", {abs(self.each_s) * 1e3:.2f} ms an op of a flow"
            return f"{self.model} needs {amount}{each} (95 % interval of the ratio: {r.low:.3f} to {r.high:.3f}){self.of_gate}"
        return (
            f"{self.model} needs {r.value:.2f} times the {what} of {self.reference} "
            f"(95 % interval: {r.low:.2f} to {r.high:.2f}){self.of_gate}"
        )

    @property
    def no_difference(self) -> str:
        """That no difference was shown, how large one may be, and why it is not claimed."""
        r, between = self.ratio, f"in {FIGURES[self.figure]} between {self.model} and {self.reference}"
        if self.too_few_among_many:
            return (
                f"no difference shown {between}: all {r.rounds} rounds point to "
                f"{r.value:.3f} times (95 % interval: {r.low:.3f} to {r.high:.3f}), too few for one among so many ratios"
            )
        if not r.low <= 1 <= r.high and abs(math.log(r.value)) <= math.log(self.timers):
            return (
                f"no difference claimed {between}: the ratio is {r.value:.3f} (95 % interval: "
                f"{r.low:.3f} to {r.high:.3f}), but timers of {' and '.join(self.early)} end up to 1 ms early"
            )
        most = max(r.high - 1, 1 - r.low)
        if most > UNKNOWN:
            return (
                f"no difference shown {between}: too little is known, "
                f"the ratio may be {r.low:.2f} to {r.high:.2f} (95 % interval)"
            )
        floor = (
            f", within the noise floor of {(self.floor - 1) * 100:.1f} %"
            if self.inside_floor and self.floor > 1
            else ""
        )
        return f"no difference shown {between}: the ratio is {r.low:.3f} to {r.high:.3f} (95 % interval){floor}"

    @property
    def of_gate(self) -> str:
        """How much of a difference in time is due to the gate, in words; empty where it is little."""
        if not self.by_gate:
            return ""
        longer = "longer" if self.gate_s > 0 else "less"
        all_of_it = abs(self.gate_s) >= abs(self.apart_s)
        share = "which is all of it and more" if all_of_it else f"of {digits_ms(self.apart_s)} ms in all"
        return (
            f"; leaving the gate, with no op, takes it {digits_ms(self.gate_s)} ms {longer}, {share}: "
            "that is for starting so many at once, not for their ops"
        )


def digits_ms(seconds: float) -> str:
    """Seconds as ms without a sign, to two digits or the whole ms."""
    return f"{abs(seconds) * 1e3:.{0 if abs(seconds) >= 0.01 else 1}f}"


def gates_s(table: pd.DataFrame) -> Mapping[tuple[str, int, str], float]:
    """Return the median T of null cells, seconds, by workload ("" for all), number of flows and model: the cost of the gate."""
    found: dict[tuple[str, int, str], float] = {}
    null = table[table["ops_done"] == 0]
    for place in ("", *null["workload"].unique()):
        rows = null[null["workload"] == place] if place else null
        for (flows, model), cells in rows.groupby(["flows", "model"]):
            found[str(place), int(str(flows)), str(model)] = float(cells["T"].median())
    return found


def early_models(block: Columns) -> list[str]:
    """Return the models of a block that wake early in more than a hundredth of their ops; none where it was not counted."""
    if "early_share" not in block:
        return []
    shares = medians(column(block, "early_share"), column(block, "model"))
    return [model for model, share in shares.items() if share > EARLY_SHARE]


def per_op_s(block: Columns) -> Mapping[str, float]:
    """Return T of each model divided by the ops of a flow, seconds: the median over rounds. Empty where ops were not counted."""
    if "ops_per_flow" not in block:
        return {}
    return medians(quotients(block, "T", "ops_per_flow"), column(block, "model"))


@dataclass(frozen=True)
class Times:
    """The times of a block by model: median T, median T per op of a flow, both in seconds; and the models that wake early."""

    in_all_s: Mapping[str, float]
    each_s: Mapping[str, float]
    early: Collection[str]

    @classmethod
    def of(cls, block: Columns) -> Times:
        """Read them off a block's records."""
        return cls(medians(column(block, "T"), column(block, "model")), per_op_s(block), early_models(block))


def of_time(verdict: Verdict, times: Times, gates: Mapping[tuple[str, int, str], float]) -> Verdict:
    """Complete a verdict on time: the difference per op of a flow, the part that is due to the gate, and early timers.

    A model whose timers end early may be faster only because it waits less. The floor is then at least what that can explain.
    A model that is slower although it waits less is slower.
    """
    names = (verdict.model, verdict.reference)
    gate_s = [
        gates.get((verdict.workload, verdict.flows, m), gates.get(("", verdict.flows, m), math.nan)) for m in names
    ]
    model, reference = (times.each_s.get(name, math.nan) for name in names)
    faster = verdict.model if verdict.ratio.value < 1 else verdict.reference
    early = tuple(m for m in times.early if m == faster)
    timers = 1 + EARLY_S / min(model, reference) if early else 1.0
    return replace(
        verdict,
        each_s=(verdict.ratio.value - 1) * reference,  # not of the medians' difference: a sentence has one estimate
        apart_s=(verdict.ratio.value - 1) * times.in_all_s[verdict.reference],
        gate_s=gate_s[0] - gate_s[1],
        early=early,
        timers=timers,
        floor=max(verdict.floor, timers),
    )


def verdicts(
    table: pd.DataFrame,
    models: Sequence[str],
    figures: Sequence[str] = ("D", "T"),
    floors: Mapping[str, Noise] | None = None,
) -> list[Verdict]:
    """Compare every pair of models in every block that has ops. The reference is the one that comes first in `models`.

    `floors`: the table's noise, where it is known already. All ratios are judged together (bench.analysis.statistics.benjamini_hochberg).
    """
    if table.empty:
        return []
    floors, gates = noise(table, figures) if floors is None else floors, gates_s(table)
    worked = table[table["ops_done"] > 0]
    blocks = worked[["workload", "flows", "block"]].drop_duplicates().sort_values(["workload", "flows", "block"])
    by_block = columns_by(worked, "block")
    found = []
    for workload, flows, block in blocks.itertuples(index=False):
        cells = by_block[block]
        present, times, regimes = [m for m in models if m in set(cells["model"])], Times.of(cells), Regimes.of(cells)
        reasons = Withheld.of(cells)
        for figure in figures:
            _, both = columns_by_round(cells, str(block), figure)
            for i, reference in enumerate(present):
                for model in present[i + 1 :]:
                    estimate = ratio_of(both, model, reference)
                    if estimate is not None:
                        regime = regimes.regime(model, reference)
                        floor = floors[figure].at(int(flows), regime) if figure in floors else 1.0
                        place = (block, workload, int(flows), figure)
                        withheld = reasons.why(figure, model, reference)
                        verdict = Verdict(*place, model, reference, estimate, floor=floor, withheld=withheld)
                        found.append(of_time(verdict, times, gates) if figure == "T" else verdict)
    judged = [v for v in found if v.ratio.has_interval and not v.withheld]
    adjusted = iter(benjamini_hochberg([v.ratio.p for v in judged]))
    return [replace(v, p=next(adjusted)) if v.ratio.has_interval and not v.withheld else v for v in found]
