"""A log-linear histogram of signed nanoseconds, and its one-line text form.

Strategy: as in HdrHistogram (https://hdrhistogram.github.io/HdrHistogram/). There are 64 linear steps per power of two, so
a bucket is at most 1/64 = 1.6 % wide. Below 64 ns every nanosecond has its own bucket. Negative values (a wait that ended
early) mirror the positive ones. The text form lists `bucket:count` for the buckets that are not empty, in order. Counts can
be added up over rounds, and every percentile can be read off the sum.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import lru_cache

STEPS_BITS = 6
STEPS = 1 << STEPS_BITS
FORM = re.compile(r"-?[0-9]{1,5}:[0-9]{1,18}(?: -?[0-9]{1,5}:[0-9]{1,18})*")
READ_ONCE = 4096  # texts that are kept: a page asks for each of a run's several times
BEYOND = 10  # a percentile needs this many samples beyond it, or it is left blank


def bucket(ns: int) -> int:
    """Return the bucket of a value in ns."""
    size = -ns if ns < 0 else ns
    shift = size.bit_length() - STEPS_BITS - 1
    index = size if shift <= 0 else (shift << STEPS_BITS) + (size >> shift)
    return -index if ns < 0 else index


LAST = bucket(2**63 - 1)


def middle(index: int) -> float:
    """Return the middle of a bucket, in ns."""
    size = abs(index)
    shift = max(0, (size >> STEPS_BITS) - 1)
    value = size if shift == 0 else ((size - (shift << STEPS_BITS)) << shift) + ((1 << shift) - 1) / 2
    return -value if index < 0 else float(value)


def histogram(values_ns: Iterable[int]) -> dict[int, int]:
    """Count values by bucket, in order of the buckets."""
    return dict(sorted(Counter(map(bucket, values_ns)).items()))


def to_text(counts: Mapping[int, int]) -> str:
    """Write `bucket:count bucket:count …`."""
    return " ".join(f"{index}:{count}" for index, count in sorted(counts.items()))


def from_text(text: str) -> Counter[int]:
    """Read what `to_text` wrote; raises ValueError where it is something else."""
    return Counter(read(text))


@lru_cache(READ_ONCE)
def read(text: str) -> Mapping[int, int]:
    """The same, read once and shared by all who ask: for reading only."""
    if FORM.fullmatch(text):  # as it was written, if by us: all numbers at once
        numbers = [int(number) for number in text.replace(":", " ").split(" ")]
        counts = dict(zip(numbers[::2], numbers[1::2], strict=True))
        if 2 * len(counts) == len(numbers) and -LAST <= min(counts) <= max(counts) <= LAST and min(counts.values()) > 0:
            return counts
    return read_with_care(text)


def read_with_care(text: str) -> Mapping[int, int]:
    """Read what may be anything, part by part; raises ValueError that says which part is wrong."""
    counts: Counter[int] = Counter()
    for part in text.split():
        index, _, count = part.partition(":")
        if not 1 <= int(count) < 2**63 or abs(int(index)) > LAST:
            raise ValueError(f"a histogram has no {part[:80]!r}: a bucket that no time falls into, or no count")
        counts[int(index)] += int(count)
    return counts


def pooled(texts: Iterable[str]) -> dict[int, int]:
    """Add up histograms that were written as texts; raises as `from_text`."""
    total: dict[int, int] = {}
    for text in texts:
        for index, count in read(text).items():
            total[index] = total.get(index, 0) + count
    return total


def percentile_ns(counts: Mapping[int, int], q: float, beyond: int = BEYOND) -> float | None:
    """Return the q-quantile in ns (nearest rank), or None with fewer than ten samples beyond it, or so many as are asked."""
    total = sum(counts.values())
    if total * (1 - q) < beyond - 1e-9:
        return None
    rank, seen = q * total, 0
    for index in sorted(counts):
        seen += counts[index]
        if seen >= rank:
            return middle(index)
    return None
