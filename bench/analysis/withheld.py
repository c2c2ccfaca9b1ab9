"""Why no verdict is given on a ratio that was measured: what it would say is not what a reader would take from it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from bench.analysis.precision import FULL
from bench.analysis.statistics import Columns, by_name, column, known, median_interval, medians, quotients
from bench.analysis.steady import moved


@dataclass(frozen=True)
class Withheld:
    """Of one block: the models whose CPU per op moves, and how; and those under which the core was full and D is known.

    `results`: what each model's ops returned in each round, where that was asked.
    """

    moving: Mapping[str, float]
    full: frozenset[str]
    results: Mapping[str, frozenset[tuple[int, str]]] = field(default_factory=dict)

    @classmethod
    def of(cls, cells: Columns) -> Withheld:
        """Read both off a block's records."""
        models = column(cells, "model")
        later = by_name(column(cells, "D_later"), models) if "D_later" in cells else {}
        moving = {m: ratio for m, there in later.items() if there and (ratio := moved(median_interval(there))) != 1}
        results: dict[str, set[tuple[int, str]]] = {}
        if "results" in cells:
            for model, round_, result in zip(models, column(cells, "round"), column(cells, "results"), strict=True):
                if isinstance(result, str):
                    results.setdefault(str(model), set()).add((round_, result))
        returned = {model: frozenset(there) for model, there in results.items()}
        if "start_cpu_s" not in cells:
            return cls(moving, frozenset(), returned)
        # Not in runs from before CPU per op left out the start-up.
        found = zip(quotients(cells, "cpu_s", "T"), column(cells, "start_cpu_s"), column(cells, "D"), strict=True)
        shares = [share if known(start) and known(d) else math.nan for share, start, d in found]
        busy = medians(shares, models)
        return cls(moving, frozenset(model for model, share in busy.items() if share >= FULL), returned)

    def why(self, figure: str, model: str, reference: str) -> str:
        """Return the reason why this figure of a model is not judged against that of another, or an empty string."""
        pair = (model, reference)
        if self.unequal(model, reference):
            return "their ops returned different results for the same tasks"
        if figure == "T" and self.full >= {*pair}:
            return "the core was full under both, so time is CPU per op times the ops: see the verdict on that"
        named = next((one for one in pair if one in self.moving), "") if figure == "D" else ""
        if not named:
            return ""
        ratio = self.moving[named]
        more = f"{abs(ratio - 1) * 100:.0f} % {'more' if ratio > 1 else 'less'}"
        return f"that of {named} moves while it is measured ({more} in the last three quarters of the ops)"

    def unequal(self, model: str, reference: str) -> bool:
        """Did ops return something else in a round that both have?"""
        mine, theirs = (dict(self.results.get(one, ())) for one in (model, reference))
        return any(mine[round_] != theirs[round_] for round_ in mine.keys() & theirs.keys())
