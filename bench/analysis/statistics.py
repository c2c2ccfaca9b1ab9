"""Estimates with intervals. The round is the unit of replication; models are compared inside a block of a round.

A figure of one cell is its median, with the interval of Hettmansperger and Sheather (Statistics & Probability Letters 4
(1986) 75-79). It is interpolated between order statistics, so that its level is close to 95 % at small numbers. A median
does not move when a whole process is off by 1.8 times, which happens (docs/method.md).

A ratio of two models can use more: what happens to a process mostly hits any model alike, so log ratios lie symmetrically
about their median. Their centre is the median of their pairwise means (Hodges & Lehmann, Ann. Math. Statist. 34 (1963)
598-611). Its interval inverts Wilcoxon's signed-rank test. It takes two thirds of the rounds that a median does for the same
width. A cell can be unsteady, several times as large in one round as in another. Its own model is then the cause, and nothing
lies symmetrically. There the ratio is a median, too, and p inverts its interval.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any, TypeGuard

import pandas as pd

from bench.analysis import ranks
from bench.analysis.estimates import LEVEL as LEVEL  # noqa: PLC0414 - whoever reckons has them from here
from bench.analysis.estimates import Estimate as Estimate  # noqa: PLC0414

LEAST_ROUNDS = 6  # with 5, the range of all values covers the median with 93.75 % only
# Between the least and the most of a cell's rounds: neighbours make it up to twice, and what is more is the cell's own.
UNSTEADY = 3.0


def median_interval(values: Sequence[float]) -> Estimate:
    """Estimate the median of independent values and its 95 % interval. Raises ValueError without values."""
    ordered = sorted(values)
    n = len(ordered)
    if n == 0:
        raise ValueError("no values to estimate from")
    middle = float(median(ordered))
    if n < LEAST_ROUNDS:
        return Estimate(middle, math.nan, math.nan, n)
    low, high = _interval(ordered, LEVEL)
    return Estimate(middle, min(low, middle), max(high, middle), n)  # rounding must not leave the median outside


def _interval(ordered: Sequence[float], level: float) -> tuple[float, float]:
    """The interval of Hettmansperger and Sheather for the median of sorted values, at a level that n values can have."""
    n = len(ordered)
    depth = ranks.median_depth(n, level)
    wide, narrow = ranks.coverage(n, depth), ranks.coverage(n, depth + 1)
    share = (wide - level) / (wide - narrow)
    weight = (n - depth) * share / (depth + (n - 2 * depth) * share)
    low = (1 - weight) * ordered[depth - 1] + weight * ordered[depth]
    high = (1 - weight) * ordered[n - depth] + weight * ordered[n - depth - 1]
    return low, high


def centre_interval(values: Sequence[float]) -> Estimate:
    """Estimate the centre of independent values that lie symmetrically about it, its 95 % interval, and p of "it is 0".

    The centre is the median of the means of all pairs, a value with itself included (Hodges & Lehmann 1963). The ends of the
    interval are the means beyond which the signed-rank test rejects. Its level is at least 95 %, exactly, for any symmetric
    distribution (Hollander, Wolfe & Chicken, Nonparametric Statistical Methods, 3rd ed., 2014, section 3.3).

    The value `p` inverts the interval. It is at least 2 ** (1 - n), because ranks cannot show more. Raises ValueError without values.
    """
    n = len(values)
    if n == 0:
        raise ValueError("no values to estimate from")
    sums = ranks.PairSums(values)
    centre = sums.median() / 2
    if n < LEAST_ROUNDS:
        return Estimate(centre, math.nan, math.nan, n)
    out = ranks.depth(n, 1 - LEVEL)  # so many of the smallest and of the largest means
    against = min(sums.at_most(0.0), sums.size - sums.below(0.0))
    p = min(1.0, 2 * ranks.tail(n, against))
    low, high = sums.smallest(out - 1) / 2, sums.smallest(sums.size - out) / 2
    return Estimate(centre, min(low, centre), max(high, centre), n, p)


def sign_interval(values: Sequence[float]) -> Estimate:
    """Estimate the median of independent values of any distribution, its 95 % interval, and p of "it is 0".

    p inverts the interval. Where zero is one of the values, it is that of the sign test. Where zero is between two of them, p
    is interpolated as the interval is. Raises ValueError without values.
    """
    found = median_interval(values)
    if not found.has_interval:
        return found
    n, ordered = len(values), sorted(values if found.value > 0 else [-value for value in values])
    depth = sum(value <= 0 for value in ordered)  # the end of an interval of this depth is at zero, or below it
    if depth == 0:
        return Estimate(found.value, found.low, found.high, n, 2.0 ** (1 - n))
    if depth > n // 2:
        return Estimate(found.value, found.low, found.high, n, 1.0)
    weight = -ordered[depth - 1] / (ordered[depth] - ordered[depth - 1])
    share = weight * depth / (n - depth - weight * (n - 2 * depth))
    wide, narrow = ranks.coverage(n, depth), max(0.0, ranks.coverage(n, depth + 1))
    return Estimate(found.value, found.low, found.high, n, 1 - wide + share * (wide - narrow))


def unsteady(values: Sequence[float]) -> bool:
    """Are the rounds of one cell several times apart?"""
    return max(values) > UNSTEADY * min(values)


def log_ratio(mine: Sequence[float], theirs: Sequence[float]) -> Estimate:
    """Estimate the log of how many times one figure is another, from pairs of values that were measured side by side.

    By the centre of the log ratios; by their median where one of the two is unsteady. Raises ValueError without values.
    """
    logs = [math.log(a / b) for a, b in zip(mine, theirs, strict=True)]
    return sign_interval(logs) if logs and (unsteady(mine) or unsteady(theirs)) else centre_interval(logs)


def known(value: float | None) -> TypeGuard[float]:
    """Is a record's figure there: neither None nor NaN?"""
    return value is not None and value == value  # noqa: PLR0124 - NaN is not itself


def estimate(table: pd.DataFrame, figure: str) -> Estimate | None:
    """Estimate one figure of one cell over its rounds; None where it does not apply."""
    return estimate_of(table[figure].tolist())


def estimate_of(rounds: Sequence[float | None]) -> Estimate | None:
    """The same of the figure's values in these rounds, of which those that are None or NaN do not count."""
    values = [value for value in rounds if known(value)]
    return median_interval(values) if values else None


def benjamini_hochberg(p: Sequence[float]) -> list[float]:
    """Adjust p-values for being many, so that those at most q hold at most a share q of false ones on average.

    The step-up procedure of Benjamini & Hochberg, J. R. Statist. Soc. B 57 (1995) 289-300. Same order as given.
    """
    adjusted, least = [0.0] * len(p), 1.0
    for rank, i in sorted(enumerate(sorted(range(len(p)), key=p.__getitem__), start=1), reverse=True):
        least = min(least, p[i] * len(p) / rank)
        adjusted[i] = least
    return adjusted


Columns = (
    pd.DataFrame | Mapping[str, Sequence[Any]]
)  # records as columns by name: a frame, or plain lists, which take a tenth of the time


def column(of: Columns, name: str) -> list[Any]:
    """One column as plain values."""
    values = of[name]
    return values.tolist() if isinstance(values, pd.Series) else list(values)


def columns_by(table: pd.DataFrame, name: str) -> dict[Any, dict[str, list[Any]]]:
    """All columns as plain lists, for each value of one of them: what pandas' groups hold, in a tenth of the time."""
    columns = {str(key): table[key].tolist() for key in table}
    places: dict[Any, list[int]] = {}
    for i, value in enumerate(columns[name]):
        places.setdefault(value, []).append(i)
    return {value: {key: [all_[i] for i in own] for key, all_ in columns.items()} for value, own in places.items()}


def quotients(of: Columns, name: str, divisor: str) -> list[float]:
    """One column divided by another, record by record; NaN where either is not known, or the divisor is 0."""
    pairs = zip(column(of, name), column(of, divisor), strict=True)
    return [a / b if b and a is not None else math.nan for a, b in pairs]


def medians(values: Sequence[float], names: Sequence[str]) -> dict[str, float]:
    """The median of the values that go with each name, NaN where there are none; by name, in order. Values that are NaN are left out."""
    return {name: median(there) if there else math.nan for name, there in by_name(values, names).items()}


def by_name(values: Sequence[float], names: Sequence[str]) -> dict[str, list[float]]:
    """The values that go with each name, in the order of names; none of those that are NaN."""
    found: dict[str, list[float]] = {}
    for name, value in zip(names, values, strict=True):
        there = found.setdefault(str(name), [])
        if known(value):
            there.append(float(value))
    return {name: found[name] for name in sorted(found)}


def columns_by_round(table: Columns, block: str, figure: str) -> tuple[list[int], dict[str, list[float]]]:
    """One figure of a block's cells: the rounds, and for each model its value in each of them, or NaN; of two values, the last."""
    found: dict[str, dict[int, float]] = {}  # choosing rows and a pivot of pandas take ten times as long
    names = ("block", "model", "round", figure)
    for there, model, round_, value in zip(*(column(table, name) for name in names), strict=True):
        if there == block and known(value):
            found.setdefault(model, {})[round_] = value
    rounds = sorted({round_ for values in found.values() for round_ in values})
    return rounds, {model: [found[model].get(round_, math.nan) for round_ in rounds] for model in sorted(found)}


def by_round(table: pd.DataFrame, block: str, figure: str) -> pd.DataFrame:
    """The same as a table: a row for each round, a column for each model."""
    rounds, columns = columns_by_round(table, block, figure)
    return pd.DataFrame(columns, index=rounds)


def ratio(table: pd.DataFrame, block: str, model: str, reference: str, figure: str) -> Estimate | None:
    """Estimate how many times the reference's figure a model's is, from log ratios inside each round's block.

    `table` is a frame (bench.analysis.frames). None where the two were never measured in one round.
    """
    return ratio_of(columns_by_round(table, block, figure)[1], model, reference)


def ratio_of(both: Mapping[str, Sequence[float]] | pd.DataFrame, model: str, reference: str) -> Estimate | None:
    """The same of two columns of a block's figures by round."""
    if model not in both or reference not in both:
        return None
    pairs = [(float(a), float(b)) for a, b in zip(both[model], both[reference], strict=True)]
    there = [(a, b) for a, b in pairs if not (math.isnan(a) or math.isnan(b) or a == b == 0)]
    if not there:
        return None
    mine, theirs = zip(*there, strict=True)
    found = log_ratio(mine, theirs)
    return Estimate(math.exp(found.value), math.exp(found.low), math.exp(found.high), found.rounds, found.p)
