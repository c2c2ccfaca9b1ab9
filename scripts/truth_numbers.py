"""The statistics of a report, written anew in the plainest way: all pairs instead of a search in them, whole distributions
instead of tails, exact fractions where they fit. Formulas are those of docs/method.md. Nothing of the suite is imported.
"""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from itertools import accumulate, combinations_with_replacement
from statistics import median

NAN = math.nan
LEVEL, FEW, UNSTEADY = 0.95, 6, 3.0
Interval = tuple[float, float, float, int, float]  # value, low, high, rounds, p


def signed_rank(n: int) -> list[Fraction]:
    """P(W = w) of the signed-rank statistic of n values: every sign is as likely."""
    ways = {0: 1}
    for rank in range(1, n + 1):
        more = dict(ways)
        for total, count in ways.items():
            more[total + rank] = more.get(total + rank, 0) + count
        ways = more
    return [Fraction(ways.get(w, 0), 2**n) for w in range(n * (n + 1) // 2 + 1)]


def by_pairs(values: Sequence[float]) -> Interval:
    """Hodges and Lehmann's centre, the interval that inverts the signed-rank test, and p of 0."""
    n = len(values)
    means = sorted((a + b) / 2 for a, b in combinations_with_replacement(values, 2))
    centre = median(means)
    if n < FEW:
        return centre, NAN, NAN, n, NAN
    chances, total, out = signed_rank(n), Fraction(0), 0
    for chance in chances:
        total += chance
        if 2 * total > Fraction(1) - Fraction(95, 100):
            break
        out += 1
    against = min(sum(m <= 0 for m in means), sum(m >= 0 for m in means))
    p = min(1.0, 2 * float(sum(chances[: against + 1])))
    return centre, means[out - 1], means[len(means) - out], n, p


def binomial_below(n: int, depth: int) -> Fraction:
    """P(B(n, 1/2) < depth)."""
    return sum((Fraction(math.comb(n, i), 2**n) for i in range(depth)), Fraction(0))


def by_order(values: Sequence[float]) -> Interval:
    """The median, Hettmansperger and Sheather's interval (1986), and p of 0 that inverts it."""
    ordered, n = sorted(values), len(values)
    middle = median(ordered)
    if n < FEW:
        return middle, NAN, NAN, n, NAN
    level = Fraction(95, 100)
    depth = max(d for d in range(1, n // 2 + 1) if 1 - 2 * binomial_below(n, d) >= level)
    wide, narrow = (1 - 2 * binomial_below(n, d) for d in (depth, depth + 1))
    share = float((wide - level) / (wide - narrow))
    weight = (n - depth) * share / (depth + (n - 2 * depth) * share)
    low = (1 - weight) * ordered[depth - 1] + weight * ordered[depth]
    high = (1 - weight) * ordered[n - depth] + weight * ordered[n - depth - 1]
    return middle, min(low, middle), max(high, middle), n, sign_p(ordered if middle > 0 else [-v for v in ordered], n)


def sign_p(values: Iterable[float], n: int) -> float:
    """The p-value of "the median is 0", of values whose median is above 0: of the sign test, between two values as the interval is."""
    ordered = sorted(values)
    depth = sum(value <= 0 for value in ordered)
    if depth == 0:
        return 2.0 ** (1 - n)
    if depth > n // 2:
        return 1.0
    weight = -ordered[depth - 1] / (ordered[depth] - ordered[depth - 1])
    share = weight * depth / (n - depth - weight * (n - 2 * depth))
    wide, narrow = (float(max(Fraction(0), 1 - 2 * binomial_below(n, d))) for d in (depth, depth + 1))
    return 1 - wide + share * (wide - narrow)


def times(mine: Sequence[float], theirs: Sequence[float]) -> Interval:
    """How many times the one is the other, from pairs of one round each."""
    logs = [math.log(a / b) for a, b in zip(mine, theirs, strict=True)]
    wild = any(max(values) > UNSTEADY * min(values) for values in (mine, theirs))
    value, low, high, n, p = (by_order if wild else by_pairs)(logs)
    return math.exp(value), math.exp(low), math.exp(high), n, p


def digits(value: float, significant: int = 3) -> str:
    """So many significant digits, thousands with commas."""
    if value == 0:
        return "0"
    rounded = float(f"{value:.{significant - 1}e}")
    places = max(0, significant - 1 - math.floor(math.log10(abs(rounded))))
    return f"{rounded:,.{places}f}"


def t_quantile(freedom: int) -> float:
    """The 97.5 % quantile of Student's t: where the integral of its density from 0 is 0.475 (Simpson's rule, and halving)."""
    scale = math.exp(math.lgamma((freedom + 1) / 2) - math.lgamma(freedom / 2)) / math.sqrt(freedom * math.pi)

    def area(t: float, steps: int = 2000) -> float:
        width = t / steps
        heights: list[float] = [
            scale * (1 + (i * width) ** 2 / freedom) ** (-(freedom + 1) / 2) for i in range(steps + 1)
        ]
        return width / 3 * (heights[0] + heights[-1] + 4 * sum(heights[1:-1:2]) + 2 * sum(heights[2:-1:2]))

    low, high = 0.0, 20.0
    for _ in range(50):
        middle = (low + high) / 2
        low, high = (middle, high) if area(middle) < LEVEL / 2 else (low, middle)
    return (low + high) / 2


def line(x: Sequence[float], y: Sequence[float]) -> tuple[float, float, float]:
    """The slope of a line by least squares, and the ends of its interval (Draper & Smith 1998, section 1.4)."""
    n, mean_x, mean_y = len(x), math.fsum(x) / len(x), math.fsum(y) / len(y)
    square = math.fsum((a - mean_x) ** 2 for a in x)
    slope = math.fsum((a - mean_x) * (b - mean_y) for a, b in zip(x, y, strict=True)) / square
    rest = math.fsum((b - mean_y - slope * (a - mean_x)) ** 2 for a, b in zip(x, y, strict=True))
    half = t_quantile(n - 2) * math.sqrt(rest / (n - 2) / square)
    return slope, slope - half, slope + half


Counts = Mapping[int, int]


def counts_of(text: str) -> dict[int, int]:
    """A histogram as records keep it: `bucket:count bucket:count ...`."""
    return {int(a): int(b) for a, b in (part.split(":") for part in text.split())}


def middle_ns(bucket: int) -> float:
    """The middle of a bucket, ns: 64 linear steps per power of two, and below 64 each ns has its own."""
    size = abs(bucket)
    power = max(0, size // 64 - 1)
    least = (size - 64 * power) * 2**power
    middle = least + (2**power - 1) / 2
    return -middle if bucket < 0 else float(middle)


def together(rounds: Iterable[Counts]) -> dict[int, int]:
    """Histograms added up."""
    total: Counter[int] = Counter()
    for counts in rounds:
        total.update(counts)
    return dict(total)


def percentile(counts: Counts, share: float, beyond: int = 10) -> float:
    """A quantile by nearest rank, ns; NaN where fewer than ten lie beyond it."""
    total = sum(counts.values())
    if total * (1 - share) < beyond - 1e-9:
        return NAN
    ordered = sorted(counts)
    upto = accumulate(counts[bucket] for bucket in ordered)
    return next(middle_ns(bucket) for bucket, seen in zip(ordered, upto, strict=True) if seen >= share * total)


def drawn(rounds: Sequence[Counts], share: float, draws: int = 1000) -> list[float]:
    """Quantiles, ns, of as many rounds as there were, drawn with replacement: one for each draw, in order."""
    buckets = sorted(set().union(*rounds))
    upto = [list(accumulate(counts.get(bucket, 0) for bucket in buckets)) for counts in rounds]
    dice = random.Random(7)
    found = []
    for _ in range(draws):
        mine = dice.choices(upto, k=len(upto))
        rank = share * sum(seen[-1] for seen in mine)
        low, high = 0, len(buckets) - 1
        while low < high:  # the first bucket up to which there are so many
            middle = (low + high) // 2
            low, high = (low, middle) if sum(seen[middle] for seen in mine) >= rank else (middle + 1, high)
        found.append(middle_ns(buckets[low]))
    return sorted(found)
