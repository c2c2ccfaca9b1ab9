"""Numbers as text: significant digits, thousands, intervals."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from bench.analysis.estimates import Estimate

if TYPE_CHECKING:
    from bench.analysis.states import State  # which loads numpy

BLANK = "–"


def digits(value: float | None, significant: int = 3) -> str:
    """Format a number with so many significant digits and thousands separated; a blank for None and NaN."""
    if value is None or not math.isfinite(value):
        return BLANK
    if value == 0:
        return "0"
    rounded = round(value, significant - 1 - math.floor(math.log10(abs(value))))
    places = significant - 1 - math.floor(math.log10(abs(rounded)))  # rounding may have reached the next power of ten
    return f"{rounded:,.{max(0, places)}f}"


def with_interval(found: Estimate | None, scale: float = 1) -> str:
    """Format an estimate as `31.1 (28.6–31.6)`, the value with the ends of its 95 % interval; without one, the value alone.

    Never as ±: in a third of all figures one side is more than twice the other.
    """
    if found is None:
        return BLANK
    text = digits(found.value * scale)
    if not found.has_interval:
        return text
    return f"{text} ({digits(found.low * scale)}–{digits(found.high * scale)})"


def in_states(found: Sequence[State], scale: float = 1) -> str:
    """Format the states of a cell and how often each was seen: `16.2–17.0 (3×), 31.0 (1×)`; nothing for none."""
    ends = [(digits(one.low * scale), digits(one.high * scale), one.rounds) for one in found]
    return ", ".join(f"{low if low == high else f'{low}–{high}'} ({rounds}×)" for low, high, rounds in ends)


def whole(found: Estimate | None) -> str:
    """Format a count."""
    return BLANK if found is None else f"{found.value:,.0f}"


def plain(value: float, form: str = ",.0f") -> str:
    """Format a number as it is; a blank for NaN, which is what a record has that does not say it."""
    return BLANK if math.isnan(value) else format(value, form)


def milliseconds(ns: float | None) -> str:
    """Format nanoseconds as ms, signed: below zero is early. Two decimals, fewer from 10 ms and from 100 ms on."""
    if ns is None or math.isnan(ns):
        return BLANK
    ms = ns / 1e6
    return f"{ms:,.{2 if abs(ms) < 9.995 else 1 if abs(ms) < 99.95 else 0}f}"
