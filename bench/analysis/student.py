"""Student's t with a whole number of degrees of freedom, without scipy.

For whole numbers the distribution is a finite sum (Abramowitz & Stegun, Handbook of Mathematical Functions, 1964, 26.7.3 and
26.7.4). The quantile is found by halving an interval that holds it.
"""

from __future__ import annotations

import math
from functools import lru_cache

STEPS = 200  # more than halve any interval of doubles to nothing


def within(t: float, df: int) -> float:
    """P(|T| <= t) with `df` degrees of freedom, for t >= 0. Raises ValueError without any degree of freedom."""
    if df < 1:
        raise ValueError("no degrees of freedom")
    angle = math.atan(t / math.sqrt(df))
    cosine = math.cos(angle)
    odd = df % 2
    term = cosine if odd else 1.0
    total = term if df > 1 else 0.0
    for k in range(2 + odd, df - 1, 2):
        term *= cosine**2 * (k - 1) / k
        total += term
    if not odd:
        return math.sin(angle) * total
    return 2 / math.pi * (angle + math.sin(angle) * total)


@lru_cache
def quantile(level: float, df: int) -> float:
    """The t within which a share `level` of the distribution lies, on both sides together: 12.71 for 0.95 and one degree."""
    low, high = 0.0, 1.0
    while within(high, df) < level:
        low, high = high, 2 * high
    for _ in range(STEPS):
        middle = (low + high) / 2
        if middle in (low, high):
            break
        low, high = (middle, high) if within(middle, df) < level else (low, middle)
    return high
