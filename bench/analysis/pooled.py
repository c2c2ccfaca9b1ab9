"""Runs of one machine together: what they say on average, and what another run would say.

A run's interval is of one sitting. Between sittings a figure moves by more than rounds do, so another run lies outside it
too often. From three runs on, the spread between sittings can be estimated: a model with random effects (DerSimonian & Laird,
Controlled Clinical Trials 7 (1986) 177-188) with the variance of Hartung & Knapp (Statistics in Medicine 20 (2001) 3875-3889).
That is never taken as less than what the runs' own intervals give (Roever, Knapp & Friede, BMC Medical Research Methodology 15
(2015) 99).

Strategy: all figures here are above 0 and are multiplied by what disturbs them. So logs are pooled.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any, TypeVar

from bench.analysis import student
from bench.analysis.estimates import LEVEL, Estimate
from bench.store.manifest import Manifest

LEAST_RUNS = 3  # with two, the spread between sittings has one degree of freedom, and the interval says nothing
LEAST_TO_PREDICT = 4  # likewise with three for another run: the interval would reach from a tenth to ten times

Key = TypeVar("Key", bound=Hashable)


@dataclass(frozen=True)
class Effects:
    """A mean over sittings. `between`: the variance between sittings. `plain` and `adjusted`: that of the mean, without and
    with the adjustment of Hartung & Knapp.
    """

    mean: float
    between: float
    plain: float
    adjusted: float


@dataclass(frozen=True)
class Pooled:
    """A figure over the runs of one machine: its mean with the 95 % interval, and the interval for another run (NaN of three).

    `between`: by how much sittings differ, as a share of the figure (one standard deviation). `p`: of a ratio, the two-sided
    p-value of "the mean is 1".
    """

    runs: int
    value: float
    low: float
    high: float
    other_low: float
    other_high: float
    between: float
    p: float


def random_effects(values: Sequence[float], variances: Sequence[float]) -> Effects:
    """The mean of values that differ by their own variances and by one that they share. At least two; variances above 0."""
    weights = [1 / v for v in variances]
    total, free = sum(weights), len(values) - 1
    common = sum(w * y for w, y in zip(weights, values, strict=True)) / total
    spread = sum(w * (y - common) ** 2 for w, y in zip(weights, values, strict=True))
    between = max(0.0, (spread - free) / (total - sum(w * w for w in weights) / total))
    weights = [1 / (v + between) for v in variances]
    total = sum(weights)
    mean = sum(w * y for w, y in zip(weights, values, strict=True)) / total
    excess = sum(w * (y - mean) ** 2 for w, y in zip(weights, values, strict=True)) / free
    return Effects(mean, between, 1 / total, max(1.0, excess) / total)


def usable(found: Estimate) -> bool:
    """Can an estimate be pooled: is it above 0, with an interval that has a width and says how well it is known?"""
    ends = (found.low, found.value, found.high)
    return found.has_interval and all(0 < end < math.inf for end in ends) and found.low < found.high


def pool(estimates: Iterable[Estimate]) -> Pooled | None:
    """Pool one figure of several runs; None where fewer than three of them have one that can be pooled.

    A run's variance is read off its interval, as if that were a t interval of its rounds. The interval for another run is
    that of Higgins, Thompson & Spiegelhalter (J. R. Statist. Soc. A 172 (2009) 137-159): t with k - 2 degrees of freedom and the
    variance between sittings plus that of the mean. They predict what is true in another sitting. A run finds that only within
    its own interval. So the variance of a typical run is added.
    """
    there = [e for e in estimates if usable(e)]
    if len(there) < LEAST_RUNS:
        return None
    runs = len(there)
    own = [((math.log(e.high / e.low)) / 2 / student.quantile(LEVEL, e.rounds - 1)) ** 2 for e in there]
    effects = random_effects([math.log(e.value) for e in there], own)
    error = math.sqrt(effects.adjusted)
    half = student.quantile(LEVEL, runs - 1) * error
    other = math.nan
    if runs >= LEAST_TO_PREDICT:
        other = student.quantile(LEVEL, runs - 2) * math.sqrt(effects.between + effects.adjusted + median(own))
    value, low, high, other_low, other_high = (
        math.exp(effects.mean + away) for away in (0, -half, half, -other, other)
    )
    p = 1 - student.within(abs(effects.mean) / error, runs - 1)
    return Pooled(runs, value, low, high, other_low, other_high, math.expm1(math.sqrt(effects.between)), p)


def pool_all(runs: Sequence[Mapping[Key, Estimate]]) -> dict[Key, Pooled]:
    """Pool every figure that at least three runs have, each run's by the same keys, in the order of the first run's."""
    keys = dict.fromkeys(key for run in runs for key in run)
    found = ((key, pool(run[key] for run in runs if key in run)) for key in keys)
    return {key: pooled for key, pooled in found if pooled is not None}


def without_values(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row of a plan with its parameters' names only: each run fits some to its machine. What differs has another block, and is not pooled."""
    parameters = row.get("parameters")
    if not isinstance(parameters, list):
        return dict(row)
    return {**row, "parameters": [one[0] if isinstance(one, list) and one else one for one in parameters]}


def sitting_of(manifest: Manifest) -> str:
    """What a run must share with others to be pooled with them, as a short digest: machine, kernel, interpreter, code and plan.

    Empty for a run that does not say which machine it is of, and for one that was not completed.
    """
    environment = manifest.environment
    machine = {
        k: v for k, v in environment["machine"].items() if k != "memory, bytes"
    }  # a reboot may change it a little
    code = environment.get("suite", {}).get("code")
    if "id" not in machine or code is None or manifest.state != "complete":
        return ""
    plan = [without_values(row) for row in manifest.plan]
    said = [machine, environment["interpreter"], environment.get("cores"), code, plan, manifest.schema]
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()[:12]
