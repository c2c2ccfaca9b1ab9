"""How wide the intervals of a run's headline ratios are, compared with the width that was asked for.

A headline ratio is one between two Python models that run flows at the same time, in a block that may grow. A block
stops by the widths of its intervals, never by its ratios. But an interval can be narrow by chance. Where measuring stops
at such an interval, it covers the truth less often: 92 to 94 % in simulations, where 95 % was meant.

So the last three rounds are held back: a block has enough rounds when its intervals were narrow enough without them.
Coverage is then at least 93 %; tests/unit/test_precision.py shows it on data with a known truth.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass

import pandas as pd

from bench.analysis.frames import TWIN
from bench.analysis.noise import FULL as FULL  # noqa: PLC0414 - T is then the time that flows computed, C = N k D, and known no better than D
from bench.analysis.statistics import by_name, column, columns_by, columns_by_round, medians, quotients, ratio_of
from bench.words import JUDGED

HELD_BACK = 3  # rounds that do not decide whether there are enough
AS_OFTEN = 0.8  # of the rounds of its block; models that were measured less often do not keep the block from stopping


@dataclass(frozen=True)
class Width:
    """Half the width of a ratio's interval, relative: 0.01 is one per cent. NaN with too few rounds.

    `full`: under one of the two models, the core was full.
    """

    block: str
    figure: str
    model: str
    reference: str
    half: float
    full: bool = False

    def times(self, asked: Mapping[str, float]) -> float:
        """Divide the width by the one that was asked for. Where the core was full, T need not be known better than D."""
        wanted = max(asked[self.figure], asked.get("D", 0.0)) if self.full else asked[self.figure]
        return math.inf if math.isnan(self.half) else self.half / wanted


def widths(
    table: pd.DataFrame, blocks: Collection[str], kinds: Mapping[str, str], figures: Collection[str], held_back: int = 0
) -> list[Width]:
    """Return the width of every model's ratio to the first model of its block, in the order of `kinds`.

    The last `held_back` rounds of each block are left out.
    """
    found = []
    if table.empty:
        return []
    needed = list(dict.fromkeys(("block", "model", "round", "cpu_s", "T", *figures)))
    worked = columns_by(table.loc[(table["ops_done"] > 0) & table["block"].isin(blocks), needed], "block")
    for block in sorted(set(blocks) & worked.keys()):
        rounds_of = column(worked[block], "round")
        there = sorted(set(rounds_of))  # disturbed rounds may be missing
        kept = set(there[: max(0, len(there) - held_back)])
        rows = {
            name: [v for v, r in zip(all_, rounds_of, strict=True) if r in kept] for name, all_ in worked[block].items()
        }
        if not rows["round"]:
            continue
        rounds = {model: len(set(own)) for model, own in by_name(rows["round"], rows["model"]).items()}
        often = {model for model, count in rounds.items() if count >= AS_OFTEN * max(rounds.values())}
        models = [m for m, kind in kinds.items() if m in often and kind in JUDGED and not m.endswith(TWIN)]
        busy = medians(quotients(rows, "cpu_s", "T"), rows["model"])
        for figure in figures:
            _, both = columns_by_round(rows, block, figure)
            for model in models[1:]:
                r = ratio_of(both, model, models[0])
                if r is not None:
                    half = (math.log(r.high) - math.log(r.low)) / 2 if r.has_interval else math.nan
                    full = bool(max(busy[model], busy[models[0]]) >= FULL)
                    found.append(Width(block, figure, model, models[0], half, full))
    return found


def too_wide(found: Collection[Width], asked: Mapping[str, float]) -> dict[str, float]:
    """Return how many times wider than asked the widest ratio of each block is. Blocks that are narrow enough are left out.

    `asked`: relative half width by figure. A ratio without an interval counts as infinitely wide.
    """
    worst: dict[str, float] = {}
    for width in found:
        worst[width.block] = max(width.times(asked), worst.get(width.block, 0.0))
    return {block: times for block, times in worst.items() if times > 1}


@dataclass(frozen=True)
class Wanted:
    """What the precision that was asked for still takes: seconds, and the blocks whose round limit is too low for it."""

    seconds: float
    never: tuple[str, ...]


def wanted(table: pd.DataFrame, wide: Mapping[str, float], most: Mapping[str, int], elapsed_s: float) -> Wanted:
    """Estimate what too wide blocks still need. `wide`: by block, how many times too wide; `most`: its round limit.

    A width falls with the square root of the rounds, and the last three rounds do not count. `elapsed_s` is what all
    rounds took; a block has its share of it by how long its processes lived. Seconds are NaN where a ratio has no
    interval yet.
    """
    seconds, never = 0.0, []
    lived_s = table["duration"] if "duration" in table else table["T"]
    for block, times in wide.items():
        by_round = lived_s[table["block"] == block].groupby(table["round"]).sum()
        there = len(by_round)
        one_s = (
            float(by_round.iloc[there // 2 :].mean() / lived_s.sum()) * elapsed_s
        )  # some models are in the first ones only
        rounds = there * times**2 + HELD_BACK if math.isfinite(times) else math.nan
        if rounds > most[block]:
            never.append(block)
            rounds = most[block]
        seconds += one_s * (rounds - there)
    return Wanted(seconds, tuple(sorted(never)))
