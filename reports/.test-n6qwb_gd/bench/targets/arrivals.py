"""When requests arrive that nobody waits for: a Poisson process, as the one who announces it and its reader compute it."""

from __future__ import annotations

import random
from itertools import accumulate

MESSAGE_BYTES = 8  # an arrival is announced by the time it is due: CLOCK_MONOTONIC, ns, little-endian
MAX_ARRIVALS = 200_000


def offsets_ns(seed: str, rate: float, count: int) -> list[int]:
    """Return how long after the beginning each of `count` arrivals is due, ns; `rate` per second, 0: all at once."""
    if rate == 0:
        return [0] * count
    draw = random.Random(seed)
    return [round(at_s * 1e9) for at_s in accumulate(draw.expovariate(rate) for _ in range(count))]
