"""How a workload is shown: it says so in words of a closed list, and what it does not say breaks nothing."""

from __future__ import annotations

from typing import Any

import pytest

from bench.report.compose import document
from bench.report.figures import Run
from bench.report.parts.workloads import PART as SECTIONS
from bench.report.views import html_
from bench.report.workloads import older
from bench.report.workloads.section import CHARTS, TABLES, Section
from bench.report.workloads.views import views
from bench.words import VIEW_WORDS
from bench.workloads import WORKLOADS, load_workload
from tests.report.remake import gold_records
from tests.support.pages import read_page
from tests.support.records import make_record, rounds_of
from tests.support.runs import make_manifest

TEN = [0.25 + 0.001 * i for i in range(10)]
LINES = [r for n in (1, 10, 100) for m in ("thread", "asyncio") for r in rounds_of(f"nap/{m}/{n}", TEN)]


@pytest.mark.parametrize("name", WORKLOADS)
def test_a_workload_is_shown_by_known_words_in_old_runs_as_in_new_ones(name: str) -> None:
    said = load_workload(name).views
    assert set(said) <= set(VIEW_WORDS)
    assert len(set(said)) == len(said) > 0
    assert older.VIEWS.get(name, older.PLAIN) == said


def test_every_word_shows_something() -> None:
    assert {*TABLES, *CHARTS, "tasks", "floor"} == set(VIEW_WORDS)
    assert set(older.VIEWS) <= set(WORKLOADS)


def said(words: str | None, records: list[Any] = LINES, name: str = "nap") -> Section:
    manifest = make_manifest(records)
    if words is not None:
        manifest.about["views"] = {name: words}
    (section,) = (s for s in document(manifest, records).of(SECTIONS) if s.name == name)
    return section


def test_a_workload_that_says_nothing_is_shown_as_most_are() -> None:
    found = said(None)
    assert [chart.id for chart in found.charts][:2] == ["nap-throughput", "nap-cpu"]
    assert found.tables[0].caption == "nap: time and CPU"


def test_the_words_decide_and_unknown_ones_are_left_out() -> None:
    assert [chart.id for chart in said("scaling of_tomorrow").charts][:2] == ["nap-throughput", "nap-cpu"]
    assert said("scaling of_tomorrow").tables == ()
    assert said("figures").charts == ()
    assert said("").tables == ()
    assert said("").charts == ()
    run = Run(make_manifest(LINES), LINES)
    assert views(run, "nap") == tuple(word for word in VIEW_WORDS if word in older.PLAIN)


def test_a_workload_of_somebody_else_s_has_the_views_that_it_names() -> None:
    late = "602:900 700:100"
    records = [
        make_record(
            f"spin/{m}/2?burn_ms=10", r, burn_ms=10, tick_ms=2, switch_us=5000, late_max_s=0.01, late_histogram=late
        )
        for m in ("thread", "asyncio")
        for r in (1, 2, 3)
    ]
    (table,) = said("preemption tasks", records, "spin").tables
    assert table.caption == "How late a flow wakes beside one that burns the CPU"
    assert [row[0] for row in table.rows] == ["thread", "asyncio"]


@pytest.mark.parametrize("word", VIEW_WORDS)
def test_a_manifest_may_ask_for_any_view_of_any_workload(word: str) -> None:
    """It is anybody's: where the records have nothing for a view, it is left out."""
    records = gold_records()
    manifest = make_manifest(records)
    manifest.about["views"] = dict.fromkeys(manifest.workloads, word)
    assert read_page(html_.page(document(manifest, records))).faults == []
