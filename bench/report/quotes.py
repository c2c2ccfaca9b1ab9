"""Numbers as a page says them, kept with what they are: every number of the first screens is in report.json, too."""

from __future__ import annotations

import math
from collections.abc import Iterable

from bench.analysis.statistics import Estimate
from bench.analysis.verdicts import Verdict
from bench.report.document import Number
from bench.report.text import BLANK, digits

TWICE = 2.0  # from here on a ratio is said as so many times


class Quotes:
    """Makes text of numbers, and keeps them."""

    def __init__(self) -> None:
        self.numbers: list[Number] = []

    def keep(self, what: str, text: str, unit: str, found: Estimate, scale: float = 1) -> str:
        """Keep a number under what it is, and return its text."""
        ends = (found.value * scale, found.low * scale, found.high * scale)
        self.numbers.append(Number(what, text, unit, *ends, found.rounds))
        return text

    def given(self, what: str, text: str) -> str:
        """Keep a number that was asked for or counted, and return its text."""
        self.numbers.append(Number(what, text))
        return text

    def value(self, what: str, found: Estimate | None, unit: str, scale: float = 1) -> str:
        """A figure; a blank without one."""
        return BLANK if found is None else self.keep(what, digits(found.value * scale), unit, found, scale)

    def ends(self, what: str, found: Estimate | None, unit: str, scale: float = 1) -> tuple[str, str, str]:
        """A figure and the lower and upper end of its interval, three texts."""
        if found is None:
            return BLANK, BLANK, BLANK
        texts = [digits(value * scale) for value in (found.value, found.low, found.high)]
        self.keep(what, " ".join(texts), unit, found, scale)
        return texts[0], texts[1], texts[2]

    def rounds(self, what: str, found: Estimate | None) -> str:
        """How many rounds a figure is from."""
        return BLANK if found is None else self.given(f"rounds of {what}", f"{found.rounds}")

    def few(self, what: str, found: Iterable[Estimate]) -> str:
        """The least rounds of some figures, where that is too few for an interval; else empty. It stands behind the figures."""
        least = min((one.rounds for one in found if not one.has_interval), default=0)
        return f" (n={self.given(f'rounds of {what}', str(least))}: too few rounds for an interval)" if least else ""

    def change(self, what: str, ratio: Estimate, *, ends: bool = True) -> str:
        """A ratio as `30 % less (26–35 %)`, or `2.3 times (2.2–2.4)` where it is twice or more."""
        if ratio.value >= TWICE:
            text = f"{digits(ratio.value, 2)} times"
            known = f" ({digits(ratio.low, 2)}–{digits(ratio.high, 2)})"
        else:
            word = "more" if ratio.value > 1 else "less"
            text = f"{percents(ratio.value)} % {word}"
            low, high = sorted((ratio.low, ratio.high), key=lambda end: abs(end - 1))
            known = f" ({percents(low)}–{percents(high)} %)"
            if ratio.low < 1 < ratio.high:
                known = f" ({percents(ratio.low)} % less to {percents(ratio.high)} % more)"
        return self.keep(what, text + (known if ends and ratio.has_interval else ""), "ratio", ratio)

    def short(self, what: str, verdict: Verdict) -> str:
        """A ratio as a picture has it behind a dot: `-43 %`, `+132 %`, that no difference was shown, or no verdict given."""
        ratio = verdict.ratio
        if verdict.withheld:
            return self.keep(what, "no verdict", "ratio", ratio)
        if ratio.has_interval and not verdict.different:
            return self.keep(what, "no difference", "ratio", ratio)
        sign = "+" if ratio.value >= 1 else "\u2212"
        few = "" if ratio.has_interval else f" (n={ratio.rounds})"
        return self.keep(what, f"{sign}{percents(ratio.value)} %{few}", "ratio", ratio)


def percents(ratio: float) -> str:
    """How far a ratio is from 1, whole per cent; two digits where it is little."""
    if not math.isfinite(ratio):
        return BLANK
    away = abs(ratio - 1) * 100
    return f"{away:,.0f}" if away >= 1 else f"{away:.1f}"
