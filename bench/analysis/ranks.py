"""What intervals by ranks need of many rounds, exactly and without all pairs: order statistics of the sums of pairs, and the
signed-rank test's distribution.

Sums. Of sorted values the sums of pairs are a matrix sorted both ways, also as floating-point numbers: rounding is monotone.
How many are at most t is counted by a search in each row. The weighted median of the rows' middles halves what is left, or
nearly; when that is little, it is sorted. The k-th smallest is found to the last bit in n log^2 n steps (Johnson & Mizoguchi,
SIAM J. Comput. 7 (1978) 147-153).

The distribution. W is the sum of those ranks 1 … n that have a minus, each as likely as not. With few rounds all its values
are computed, rank by rank: n cubed steps. With many, P(W <= w) follows from its characteristic function at the frequencies
2 pi j / M, with M = n (n + 1) / 2 + 1. That is exact for a distribution on M whole numbers. All but some sqrt(n) of the
terms are smaller than what a double resolves.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

ALL_PAIRS = 128  # so many values have 8,256 pairs: sorting them all takes less than finding some
ALL_TAILS = 128  # so many ranks have 8,257 sums
SMALL = 1e-18  # a factor of the characteristic function below which nothing is added to a probability
LEAST_P = 1e-14  # what a probability that is had from frequencies can be told from 0


@lru_cache
def upper(n: int) -> tuple[Ints, Ints]:
    """The rows and columns of a matrix's upper triangle, its diagonal included."""
    return np.triu_indices(n)


class PairSums:
    """The sums a + b of all pairs of values, each with itself included, in order; n (n + 1) / 2 of them."""

    def __init__(self, values: Sequence[float]) -> None:
        self._x = np.sort(np.asarray(values, dtype=float))
        n = len(self._x)
        self.size = n * (n + 1) // 2
        self._rows = np.arange(n)
        few = n <= ALL_PAIRS or not np.isfinite(self._x).all()  # what is not finite has no order to go by
        self._all = np.sort(np.add.outer(self._x, self._x)[upper(n)]) if few else None

    def _ends(self, t: float) -> Ints:
        """For each row i the first column j >= i whose sum is above t."""
        x, n = self._x, len(self._x)
        found = np.searchsorted(x, t - x, side="right")  # but for rounding
        before = (found > 0) & (x + x[np.maximum(found - 1, 0)] > t)
        after = (found < n) & (x + x[np.minimum(found, n - 1)] <= t)
        rows = np.flatnonzero(before | after)
        if len(rows):
            found[rows] = self._searched(t, x[rows])
        return np.maximum(found, self._rows)

    def _searched(self, t: float, summands: Floats) -> Ints:
        """For each summand the first column whose sum with it, rounded, is above t."""
        x = self._x
        low, high = np.zeros(len(summands), dtype=int), np.full(len(summands), len(x))
        while (open_ := low < high).any():
            middle = (low + high) // 2
            below = open_ & (summands + x[np.minimum(middle, len(x) - 1)] <= t)
            low = np.where(below, middle + 1, low)
            high = np.where(open_ & ~below, middle, high)
        return low

    def at_most(self, t: float) -> int:
        """How many sums are at most t?"""
        if self._all is not None:
            return int(np.searchsorted(self._all, t, side="right"))
        return int((self._ends(t) - self._rows).sum())

    def below(self, t: float) -> int:
        """How many sums are below t?"""
        return self.at_most(math.nextafter(t, -math.inf))

    def smallest(self, k: int) -> float:
        """The k-th smallest sum, counted from 0."""
        if self._all is not None:
            return float(self._all[k])
        begins, ends = self._rows, np.full(len(self._x), len(self._x))
        out = 0  # so many sums are before those between begins and ends
        while (left := int((widths := ends - begins).sum())) > 4 * len(self._x):
            rows = np.flatnonzero(widths)
            middles = self._x[rows] + self._x[begins[rows] + widths[rows] // 2]
            order = np.argsort(middles)
            pivot = float(middles[order[np.searchsorted(np.cumsum(widths[rows[order]]), left / 2)]])
            above = self._ends(pivot)
            if (count := int((above - self._rows).sum())) <= k:
                begins, out = above, count
                continue
            ends = self._ends(math.nextafter(pivot, -math.inf))
            if int((ends - self._rows).sum()) <= k:
                return pivot
        rows = np.repeat(self._rows, widths)
        columns = np.arange(left) - np.repeat(np.cumsum(widths) - widths, widths) + np.repeat(begins, widths)
        sums = self._x[rows] + self._x[columns]
        return float(np.partition(sums, k - out)[k - out])

    def median(self) -> float:
        """The median of the sums."""
        upper = self.smallest(self.size // 2)
        return upper if self.size % 2 else (self.smallest(self.size // 2 - 1) + upper) / 2


@lru_cache
def tails(n: int) -> Floats:
    """P(W <= w) for w = 0, 1, …, of Wilcoxon's signed-rank statistic of n values that lie symmetrically about 0."""
    ways = np.ones(1)
    for rank in range(1, n + 1):
        ways = (np.pad(ways, (0, rank)) + np.pad(ways, (rank, 0))) / 2  # the rank has a minus, or a plus, as likely
    return np.cumsum(ways)


@lru_cache
def _frequencies(n: int) -> tuple[Floats, Floats]:
    """The frequencies at which the characteristic function of W - E[W] is not nothing, and its values, which are real.

    It is the product of cos(k theta / 2) over the ranks k. It falls as exp(-theta^2 n^3 / 24), and is below 2^(-n / 2)
    everywhere beyond: with more than 128 ranks, nothing.
    """
    size = n * (n + 1) // 2 + 1
    most = min(size // 2, math.ceil(math.sqrt(-24 * math.log(SMALL) / n**3) * size / (2 * math.pi)) + 1)
    theta = 2 * math.pi * np.arange(1, most + 1) / size
    values = np.ones_like(theta)
    for rank in range(1, n + 1):
        values *= np.cos(theta * rank / 2)
    return theta, values


def tail(n: int, w: int) -> float:
    """P(W <= w) of n ranks; with many, to within 1e-14, and never less than that."""
    if n <= ALL_TAILS:
        return float(tails(n)[w])
    size = n * (n + 1) // 2 + 1
    theta, values = _frequencies(n)
    # The sum over v = 0 … w of exp(-i theta (v - E[W])), real part: the sum of a geometric series.
    centre = (size - 1) / 2
    waves = np.sin((w + 1) * theta / 2) / np.sin(theta / 2) * np.cos(theta * (w / 2 - centre))
    return min(1.0, max(LEAST_P, float((w + 1 + 2 * (values * waves).sum()) / size)))


@lru_cache
def depth(n: int, outside: float) -> int:
    """So many of the smallest sums of pairs of n values, and of the largest, are out: 2 P(W <= w) <= outside for w < depth."""
    low, high = 0, n * (n + 1) // 2
    while low < high:
        middle = (low + high) // 2
        if 2 * tail(n, middle) <= outside:
            low = middle + 1
        else:
            high = middle
    return low


@lru_cache(4096)
def coverage(n: int, depth_: int) -> float:
    """P(the depth-th smallest and largest of n values hold the median between them) = 1 - 2 P(B(n, 1/2) < depth)."""
    ways, total = 1, 0
    for i in range(depth_):
        total += ways
        ways = ways * (n - i) // (i + 1)
    return float(1 - 2 * total / 2**n)


@lru_cache(4096)
def median_depth(n: int, level: float) -> int:
    """The largest depth at which the order statistics of n values hold their median with this probability, at most n // 2."""
    ways, total, found, all_ways = 1, 0, 0, 2**n
    for depth_ in range(1, n // 2 + 1):
        total += ways
        ways = ways * (n - depth_ + 1) // depth_
        if 1 - 2 * total / all_ways < level:
            break
        found = depth_
    return found
