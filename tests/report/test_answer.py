"""The first sentence of a page: no ratio stands there that a reader could not bet on."""

from __future__ import annotations

import pytest

from bench.report.figures import Run
from bench.report.workloads.answer import answer
from tests.support.records import rounds_of
from tests.support.runs import make_manifest

WIDE = [0.03, -0.03] * 5


def first(rounds: int, *, verdicts: bool, factor: float = 1.5) -> str:
    """The first sentence of a run in which asyncio needs so many times the CPU of thread, give or take a little."""
    records = []
    for model, level in (("thread", 1.0), ("asyncio", factor)):
        for n, off in enumerate(WIDE[:rounds], start=1):
            cpu_s = 0.1 * level * (1 + (off if model == "asyncio" else 0.0))
            records += [r for r in rounds_of(f"http_get/{model}/100", [0.4] * n, cpu_s=cpu_s) if r.round == n]
    return answer(Run(make_manifest(records, verdicts=verdicts), records))[0]


@pytest.mark.parametrize(("factor", "said"), [(1.5, "1.50 times that (1.46 to 1.55)"), (1.0, "no difference shown)")])
def test_a_ratio_that_is_no_difference_is_called_that(factor: float, said: str) -> None:
    text = first(10, verdicts=True, factor=factor)
    assert said in text
    assert ("no difference shown" in text) == (factor == 1.0)


def test_too_few_rounds_give_no_ratio_where_ratios_are_judged() -> None:
    assert first(2, verdicts=True).endswith("under thread; too few rounds to say of asyncio (2).")
    assert "asyncio about 1.5 times (2 rounds only)" in first(2, verdicts=False)


@pytest.mark.parametrize(("release_s", "said"), [(0.3, True), (0.1, False)])
def test_what_starting_costs_is_not_called_the_price_of_a_get(release_s: float, *, said: bool) -> None:
    records = rounds_of("http_get/thread/1000", [0.4] * 8, release_s=release_s)
    records += rounds_of("http_get/asyncio/1000", [0.4] * 8)
    text = answer(Run(make_manifest(records), records))[0]
    assert ("Under thread most of the time had gone by when the last flow started" in text) is said
