"""The first sentence of a page: no ratio stands there that a reader could not bet on."""

from __future__ import annotations

import pytest

from bench.report.compose import document
from bench.report.figures import Run
from bench.report.parts.answer import PART as ANSWER
from bench.report.parts.questions import PART as QUESTIONS
from bench.report.workloads.answer import answer
from bench.store.records import Record
from tests.support.records import moved, rounds_of
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


def test_a_ratio_on_which_no_verdict_is_given_is_nowhere_called_no_difference() -> None:
    steady, moving = ("http_get/thread/100", [1.0] * 7), ("http_get/asyncio/100", [1.3] * 7)
    records = [record for cell in (steady, moving) for record in moved(*cell)]
    content = document(make_manifest(records), records)
    shown = content.of(ANSWER)
    assert shown.title == "Threads or async? No verdict: CPU per op was not steady"
    assert dict(shown.findings)["CPU"].endswith("against threads: asyncio not steady (no verdict).")
    assert shown.picture is not None
    assert [row.name for _, rows in shown.picture.groups for row in rows] == ["asyncio"]
    assert [row.text for _, rows in shown.picture.groups for row in rows] == ["no verdict"]
    (screen,) = [screen for screen in content.of(QUESTIONS) or () if screen.id == "network"]
    assert screen.sentences[0].endswith("no verdict on asyncio: CPU per op moves while it is measured.")
    assert "; no verdict)" in answer(Run(make_manifest(records), records))[0]


def of_sizes(**metadata_at_1000: float) -> list[Record]:
    """GETs judged in ten rounds at 100 and at 1,000 connections, where threads take longer, and measured in three at 300."""
    found = []
    for n, rounds in ((100, 10), (300, 3), (1000, 10)):
        more = metadata_at_1000 if n == 1000 else {}
        found += rounds_of(f"http_get/thread/{n}", [0.9 if n == 1000 else 0.4] * rounds, [30e-6] * rounds, **more)
        found += rounds_of(f"http_get/asyncio/{n}", [0.4] * rounds, [60e-6] * rounds)
    return found


def test_the_answer_is_about_the_numbers_of_flows_that_were_judged_in_most_rounds() -> None:
    records = of_sizes()
    shown = document(make_manifest(records), records).of(ANSWER)
    assert shown.title == "Threads or async? At 100 and 1,000 connections threads need less CPU"


def test_where_the_reference_has_no_cpu_per_op_the_answer_is_about_time_and_says_so() -> None:
    records = of_sizes(running_ops=1, start_s=0.8, start_cpu_s=0.1)
    content = document(make_manifest(records), records)
    shown = content.of(ANSWER)
    assert shown.title == "Threads or async? At 100 connections threads need less CPU; at 1,000 async needs less time"
    assert dict(shown.findings)["CPU"].startswith("at 100 connections, against threads: asyncio 2.0 times")
    (screen,) = [screen for screen in content.of(QUESTIONS) or () if screen.id == "network"]
    assert screen.sentences[0].startswith("Time at 1,000 connections, compared with threads: asyncio 56 % less")
    assert screen.sentences[0].endswith(" CPU per op of threads is not known there.")
