"""Axes: where a value stands, and which ticks an axis has. A logarithmic axis says that it is one."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from bench.report.draw.svg import SMALL, width_of

Tick = tuple[float, str]
WORDS = {Fraction(1, 2): "half", Fraction(2): "twice"}
TIMES = tuple(Fraction(1, n) for n in (1000, 300, 100, 30, 10, 5, 3, 2)) + tuple(
    Fraction(n) for n in (2, 3, 5, 10, 30, 100, 300, 1000)
)
FINE = (0.7, 0.8, 0.9, 1.1, 1.2, 1.3, 1.5)
STEPS = (1, 2, 5)


@dataclass(frozen=True)
class Axis:
    """From values to pixels: `low` is at `start`, `high` at `end`; logarithmic, or even."""

    low: float
    high: float
    start: float
    end: float
    log: bool

    def at(self, value: float) -> float:
        """Where a value stands; one outside stands at the nearer end."""
        value = min(max(value, self.low), self.high)
        if self.log:
            share = math.log(value / self.low) / math.log(self.high / self.low)
        else:
            share = (value - self.low) / (self.high - self.low)
        return self.start + (self.end - self.start) * share


def axis(
    values: Sequence[float], start: float, end: float, *, log: bool, room: float = 0.04, zero: bool = False
) -> Axis:
    """An axis that has room for all of these values. `zero`: an even one begins at 0."""
    known = [v for v in values if math.isfinite(v) and (v > 0 or not log)] or [1.0]
    low, high = min(known), max(known)
    if log:
        low, high = (low, high) if high / low > 1.2 else (low / 1.2, high * 1.2)
        spare = (high / low) ** room
        return Axis(low / spare, high * spare, start, end, log)
    low = 0.0 if zero else low
    high = high if high > low else low + 1
    return Axis(low, high + (high - low) * room, start, end, log)


def plain(value: float) -> str:
    """A tick's value."""
    return f"{value:,.0f}" if value >= 1 else f"{value:g}"


def numbers(along: Axis) -> list[Tick]:
    """Ticks at 1, 2 and 5 times powers of ten; of many decades, at the powers only; of an even axis, about five."""
    if not along.log:
        step = 10 ** math.floor(math.log10(along.high - along.low))
        step = next(step * f for f in (0.1, 0.2, 0.5, 1, 2, 5) if (along.high - along.low) / (step * f) <= 6)
        first = math.ceil(along.low / step)
        return [(i * step, f"{i * step:,g}") for i in range(first, math.floor(along.high / step) + 1)]
    wide = along.high / along.low >= 100
    exponents = range(math.floor(math.log10(along.low)), math.ceil(math.log10(along.high)) + 1)
    every = max(1, len(exponents) // 7)
    found = [10.0**e * f for e in exponents[::every] for f in ((1,) if wide else STEPS)]
    inside = [v for v in found if along.low <= v <= along.high]
    if len(inside) < 2:
        inside = [along.low, along.high]
        return [(v, f"{v:,.3g}") for v in inside]
    return [(v, plain(v)) for v in inside]


def ratios(along: Axis, reference: str) -> list[Tick]:
    """Ticks of an axis of ratios: `as a thread` in the middle, half, twice, and so on."""
    found: list[Tick] = []
    for times in TIMES:
        if along.low <= times <= along.high:
            text = WORDS.get(times, f"1/{times.denominator}" if times < 1 else f"{times.numerator}×")
            found.append((float(times), text))
    if len(found) < 2:
        found += [
            (t, f"{t - 1:+.0%}".replace("-", "\u2212").replace("%", " %")) for t in FINE if along.low <= t <= along.high
        ]
    return sorted([(1.0, reference), *found])


def apart(
    ticks: Sequence[Tick], along: Axis, size: float = SMALL, first: Callable[[Tick], bool] = lambda _: False
) -> list[Tick]:
    """The ticks whose texts do not touch each other; those that come `first` stay."""
    kept: list[Tick] = []
    for tick in sorted(ticks, key=lambda tick: not first(tick)):
        half, x = width_of(tick[1], size) / 2 + 4, along.at(tick[0])
        if all(abs(x - along.at(v)) >= half + width_of(text, size) / 2 + 4 for v, text in kept):
            kept.append(tick)
    return sorted(kept)
