"""Headline ratios that are not known as precisely as was asked for, and how much longer the run would have to go on."""

from __future__ import annotations

import math
from collections.abc import Mapping
from contextlib import suppress

from bench.analysis.findings.facts import Facts
from bench.analysis.precision import HELD_BACK, Wanted, too_wide, wanted, widths
from bench.store.manifest import Manifest
from bench.store.runs import name_of
from bench.words import Cell, Finding, listed

ADVISED_MINUTES = 5  # the advice is a rough guess, so it comes in rough steps
MOST_ADVISED_S = 3 * 3600  # nobody follows the advice to measure for many hours more
RESUME_S = 40  # a run that goes on starts its servers first, and keeps time back for its report


def find(facts: Facts) -> list[Finding]:
    """Name the blocks whose widest ratio is wider than asked for."""
    table, manifest = facts.table, facts.manifest
    if table.empty or not manifest.verdicts or not manifest.precision:
        return []
    kinds = {model: manifest.about["kinds"][model] for model in manifest.models}
    blocks, asked = growing_blocks(manifest), manifest.precision
    wide = too_wide(widths(table, blocks, kinds, asked), asked)
    if not wide:
        return []
    # A run that goes on measures only what is too wide without the last rounds. More time narrows no other block.
    open_ = too_wide(widths(table, blocks, kinds, asked, HELD_BACK), asked)
    worked_s = manifest.elapsed_s - sum(rung.seconds for rung in manifest.scale)
    need = wanted(table, {block: times for block, times in wide.items() if block in open_}, blocks, worked_s)
    text = " and ".join(f"{share * 100:g} % in {figure}" for figure, share in asked.items())
    what = f"not all ratios are known to within {text}: {listed(wide)}"
    return [Finding("hint", what, advise(manifest, wide, need))]


def growing_blocks(manifest: Manifest) -> dict[str, int]:
    """Return the largest number of rounds of each block that may have more than its least number.

    The plan may be of another version, or damaged: the first row that cannot be read is left out, and all after it.
    """
    most = {}
    with suppress(KeyError, TypeError, ValueError):
        for row in manifest.plan:
            if row["most"] > row["rounds"]:
                parameters = tuple((key, value) for key, value in row["parameters"])
                most[Cell(str(row["workload"]), "", int(row["flows"]), parameters).block] = int(row["most"])
    return most


def advise(manifest: Manifest, wide: Mapping[str, float], need: Wanted) -> str:
    """Say what to do about blocks that are too wide: how many minutes more to measure, if a reasonable number is enough."""
    never = f"{listed(need.never)} would take more rounds than they may have" if need.never else ""
    if set(need.never) == set(wide):
        return f"measure on a quieter machine: {never}; more time (--budget) narrows them, but not so far"
    if not 0 < need.seconds <= MOST_ADVISED_S:  # NaN, where it is not known, is left out, too
        return "give the run more time with --budget, or a quieter machine"
    minutes = math.ceil((need.seconds + RESUME_S) / 60 / ADVISED_MINUTES) * ADVISED_MINUTES
    return (
        f'`make bench ARGS="--resume {name_of(manifest)} --budget {minutes}m"` goes on with this run; by what it has so far, that '
        f"should do{f', but not everywhere: {never}' if never else ''}; or measure on a quieter machine"
    )
