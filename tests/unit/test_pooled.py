"""Runs of one machine together: published and hand-worked answers, what cannot be pooled, and whether another run lies inside."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from bench.analysis import student
from bench.analysis.estimates import Estimate
from bench.analysis.pooled import Pooled, pool, pool_all, random_effects, sitting_of
from bench.analysis.statistics import centre_interval
from bench.store.manifest import Manifest
from tests.support.records import make_record
from tests.support.runs import ENVIRONMENT, make_manifest

# Of 13 trials of a vaccine: fallen ill and not, of those with it and without it (Colditz et al., JAMA 271 (1994) 698-702).
BCG = (
    *((4, 119, 11, 128), (6, 300, 29, 274), (3, 228, 11, 209), (62, 13536, 248, 12619), (33, 5036, 47, 5761)),
    *((180, 1361, 372, 1079), (8, 2537, 10, 619), (505, 87886, 499, 87892), (29, 7470, 45, 7232), (17, 1699, 65, 1600)),
    *((186, 50448, 141, 27197), (5, 2493, 3, 2338), (27, 16886, 29, 17825)),
)
ROUNDS = 10
T = student.quantile(0.95, ROUNDS - 1)


def run(log: float, error: float = 0.1) -> Estimate:
    """A run's figure, given as the log and its standard error."""
    return Estimate(math.exp(log), math.exp(log - T * error), math.exp(log + T * error), ROUNDS)


def of(*logs: float, error: float = 0.1) -> Pooled:
    """Runs with equal intervals, pooled."""
    found = pool([run(log, error) for log in logs])
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("df", "t"),
    [
        (1, 12.706),
        (2, 4.303),
        (3, 3.182),
        (4, 2.776),
        (5, 2.571),
        (9, 2.262),
        (11, 2.201),
        (20, 2.086),
        (60, 2.000),
        (1000, 1.962),
    ],
)
def test_quantiles_are_those_of_every_table_of_t(df: int, t: float) -> None:
    assert student.quantile(0.95, df) == pytest.approx(t, abs=0.0006)
    assert student.within(student.quantile(0.95, df), df) == pytest.approx(0.95, abs=1e-12)


def test_no_degree_of_freedom_is_an_error() -> None:
    with pytest.raises(ValueError, match="no degrees of freedom"):
        student.within(1.0, 0)


def test_random_effects_are_those_published_for_the_trials_of_a_vaccine() -> None:
    # Log relative risks, by DerSimonian & Laird: Viechtbauer, J. Statistical Software 36(3) (2010), and Stata's metan.
    logs = [math.log((a / (a + b)) / (c / (c + d))) for a, b, c, d in BCG]
    variances = [1 / a - 1 / (a + b) + 1 / c - 1 / (c + d) for a, b, c, d in BCG]
    found = random_effects(logs, variances)
    half = 1.959964 * math.sqrt(found.plain)
    assert found.between == pytest.approx(0.3088, abs=5e-5)
    assert (found.mean, found.mean - half, found.mean + half) == pytest.approx((-0.7141, -1.0644, -0.3638), abs=5e-5)
    weights = 1 / (np.array(variances) + found.between)  # Hartung & Knapp's variance, as their paper writes it
    knapp = (weights * (np.array(logs) - found.mean) ** 2).sum() / (12 * weights.sum())
    assert found.adjusted == pytest.approx(knapp)
    assert found.adjusted > found.plain


def test_three_runs_by_hand() -> None:
    # Logs 0, 0.2, 0.4, each with variance 0.01: Q = 8, C = 200, so 0.03 between sittings. The mean has variance
    # 0.04 / 3; t is 4.3027 with two degrees.
    found = of(0.0, 0.2, 0.4)
    mean = 4.3027 * math.sqrt(0.04 / 3)
    assert [math.log(end) for end in (found.value, found.low, found.high)] == pytest.approx(
        (0.2, 0.2 - mean, 0.2 + mean), abs=1e-3
    )
    assert math.isnan(found.other_low)
    assert math.isnan(found.other_high)
    assert found.between == pytest.approx(math.expm1(math.sqrt(0.03)))
    assert found.runs == 3
    assert found.p == pytest.approx(1 - 0.7746, abs=1e-3)  # t = 1.7321 with two degrees


def test_four_runs_by_hand_and_where_a_fifth_would_lie() -> None:
    # Logs 0, 0.2, 0.4, 0.6: mean 0.3, Q = 20, C = 300, so 17 / 300 between sittings; the mean has variance (0.01 + 17 / 300) / 4.
    found = of(0.0, 0.2, 0.4, 0.6)
    between = 17 / 300
    other = 4.3027 * math.sqrt(between + (0.01 + between) / 4 + 0.01)
    ends = [math.log(end) for end in (found.value, found.other_low, found.other_high)]
    assert ends == pytest.approx((0.3, 0.3 - other, 0.3 + other), abs=1e-3)


def test_runs_that_agree_by_chance_are_known_no_better_than_their_own_intervals_say() -> None:
    found = of(0.3, 0.3, 0.3, 0.3)
    assert found.between == 0
    assert math.log(found.high / found.low) / 2 == pytest.approx(3.1824 * 0.1 / 2, abs=1e-3)
    assert math.log(found.other_high / found.other_low) / 2 == pytest.approx(4.3027 * math.sqrt(0.0125), abs=1e-3)


def test_a_run_that_is_known_better_weighs_more() -> None:
    found = pool([run(0.0, 0.01), run(0.02, 0.1), run(0.02, 0.1)])
    assert found is not None
    assert found.between == 0
    assert math.log(found.value) == pytest.approx(0.04 * 100 / (10_000 + 200))


def test_another_run_is_known_less_well_than_the_mean() -> None:
    found = of(0.0, 0.1, 0.3, 0.2, 0.1)
    assert found.other_low < found.low < found.value < found.high < found.other_high


UNUSABLE = {
    "no interval": Estimate(1.0, math.nan, math.nan, 3),
    "zero": Estimate(0.0, 0.0, 1.0, ROUNDS),
    "negative": Estimate(-1.0, -2.0, -0.5, ROUNDS),
    "an end at zero": Estimate(1.0, 0.0, 2.0, ROUNDS),
    "no width": Estimate(1.0, 1.0, 1.0, ROUNDS),
    "no end": Estimate(1.0, 0.5, math.inf, ROUNDS),
}


@pytest.mark.parametrize("what", UNUSABLE)
def test_what_has_no_log_or_no_interval_is_left_out(what: str) -> None:
    assert pool([run(0.0), run(0.1), UNUSABLE[what]]) is None
    assert pool([run(0.0), run(0.1), run(0.2), run(0.3), UNUSABLE[what]]) == of(0.0, 0.1, 0.2, 0.3)


def test_two_runs_are_not_pooled() -> None:
    assert pool([run(0.0), run(0.1)]) is None
    assert pool([]) is None


def test_a_figure_that_one_run_lacks_is_pooled_over_the_others() -> None:
    whole = {"a": run(0.0), "b": run(1.0)}
    found = pool_all([whole, whole, {"a": run(0.0)}, {**whole, "c": run(0.0)}])
    assert {key: one.runs for key, one in found.items()} == {"a": 4, "b": 3}


@pytest.mark.parametrize("between", [0.0, 0.03, 0.1])
def test_another_run_lies_inside_as_often_as_is_said(between: float) -> None:
    dice = np.random.default_rng(7)

    def sitting() -> Estimate:
        found = centre_interval((dice.normal(0, between) + dice.normal(0, 0.06, ROUNDS)).tolist())
        return Estimate(math.exp(found.value), math.exp(found.low), math.exp(found.high), ROUNDS)

    inside, tries = 0, 300
    for _ in range(tries):
        *runs, another = [sitting() for _ in range(6)]
        found = pool(runs)
        assert found is not None
        inside += found.other_low <= another.value <= found.other_high
    assert inside >= 0.93 * tries


def manifest(**machine: Any) -> Manifest:
    """The manifest of a run that says which machine and code it is of."""
    environment = {group: dict(entries) for group, entries in ENVIRONMENT.items()}
    environment["machine"] |= {"id": "0123456789abcdef", "memory, bytes": 2**34, **machine}
    environment["suite"] = {"code": "abcdef", "revision": "1"}
    return make_manifest([make_record("sleep/thread/100")], environment=environment)


def test_runs_of_one_machine_code_and_plan_are_pooled_whenever_they_were() -> None:
    first = manifest()
    again = replace(
        manifest(**{"memory, bytes": 2**34 - 4096}), id="another", seed=2, started_utc="2026-01-02 00:00:00"
    )
    assert sitting_of(first)
    assert sitting_of(first) == sitting_of(again)


def test_what_a_run_fits_to_its_machine_keeps_it_from_no_pool() -> None:
    """Trials before each run say what a model can serve, so no two plans have the same number there."""
    first, again = (
        replace(
            manifest(), plan=[{"workload": "open_loop", "flows": 1, "parameters": [["capacity", n], ["load_pct", 80]]}]
        )
        for n in (1741, 1929)
    )
    assert sitting_of(first) == sitting_of(again) != sitting_of(replace(first, plan=[]))


def other(**parts: dict[str, Any]) -> Manifest:
    """The manifest with parts of its environment replaced."""
    found = manifest()
    for part, entries in parts.items():
        found.environment[part] = {**found.environment[part], **entries}
    return found


OTHERS = {
    "machine": other(machine={"id": "fedcba9876543210"}),
    "kernel": other(machine={"kernel": "6.2.0"}),
    "python": other(interpreter={"python": "3.13.1"}),
    "code": other(suite={"code": "fedcba"}),
    "core": other(cores={"measured": 0}),
    "plan": replace(manifest(), plan=[]),
    "meaning": replace(manifest(), schema=1),
}


@pytest.mark.parametrize("what", OTHERS)
def test_runs_that_differ_in_this_are_not_pooled(what: str) -> None:
    assert sitting_of(OTHERS[what]) not in {sitting_of(manifest()), ""}


@pytest.mark.parametrize("lacking", ["id", "code", "end"])
def test_a_run_that_does_not_say_what_it_is_of_is_pooled_with_none(lacking: str) -> None:
    found = manifest()
    if lacking == "id":
        del found.environment["machine"]["id"]
    elif lacking == "code":
        del found.environment["suite"]
    else:
        found.state = "incomplete"
    assert sitting_of(found) == ""
