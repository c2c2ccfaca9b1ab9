"""The floor on the page: what share of a figure it accounts for; it is never judged, and never ranked."""

from __future__ import annotations

from dataclasses import replace

from bench.report.compose import document
from bench.report.document import Document
from bench.report.parts.card import PART as CARD
from bench.report.parts.verdicts import PART as VERDICTS
from bench.report.parts.workloads import PART as SECTIONS
from bench.store.records import Record
from tests.support.records import rounds_of
from tests.support.runs import make_manifest

COSTS_US = {"thread": 40.0, "asyncio": 50.0, "native_thread": 10.0, "native_epoll": 5.0}


def records(costs_us: dict[str, float] = COSTS_US, suffix: str = "", rounds: int = 8) -> list[Record]:
    """http_get at 100 flows, each model with its CPU per op."""
    return [
        record
        for model, cost_us in costs_us.items()
        for record in rounds_of(f"http_get/{model}/100{suffix}", [0.25] * rounds, [cost_us * 1e-6] * rounds)
    ]


def page(found: list[Record]) -> Document:
    return document(make_manifest(found), found)


def causes(found: list[Record]) -> list[str]:
    return [sentence for sentence in page(found).of(SECTIONS)[0].causes if sentence.startswith("The floor")]


def test_each_model_is_set_against_the_floor_of_its_kind() -> None:
    (said,) = causes(records())
    assert "at 100 flows, the same work in C (native_thread 10.0 µs, native_epoll 5.00 µs)" in said
    assert "accounts for: thread 25 % (40.0 µs), asyncio 10 % (50.0 µs)." in said


def test_a_model_whose_floor_was_not_measured_is_not_set_against_another() -> None:
    (said,) = causes(records({"thread": 40.0, "asyncio": 50.0, "native_thread": 10.0}))
    assert "thread 25 %" in said
    assert "asyncio" not in said
    assert causes(records({"thread": 40.0, "asyncio": 50.0})) == []


def test_what_is_no_dearer_than_its_floor_or_was_mostly_being_started_is_not_set_against_it() -> None:
    (said,) = causes(records({"thread": 9.0, "process": 40.0, "asyncio": 50.0, "native_thread": 10.0}))
    assert ": thread" not in said
    assert "process 25 %" in said
    slow = [replace(r, metadata={**r.metadata, "release_s": 0.2}) for r in records() if r.cell.model == "thread"]
    (said,) = causes([*slow, *(r for r in records() if r.cell.model != "thread")])
    assert "thread 25 %" not in said
    assert "asyncio 10 %" in said


def test_the_floor_is_on_the_card_and_its_lines_in_the_charts_but_in_no_verdict() -> None:
    found = page(records())
    assert found.of(CARD).card.head[-2:] == ("native_thread", "native_epoll")
    (row,) = (row for row in found.of(CARD).card.rows if row[0] == "CPU per http_get at 100 flows, µs")
    assert row[-2:] == ("10.0 (10.0–10.0)", "5.00 (5.00–5.00)")
    words = " ".join(sentence for group in found.of(VERDICTS).headlines for sentence in group.sentences)
    assert "asyncio" in words
    assert "native" not in words
    assert "native" not in " ".join(found.of(CARD).answer)


def test_cells_that_are_not_pinned_stand_beside_those_that_are() -> None:
    found = page(records() + records({"thread": 60.0}, "?pin=0", 3))
    rows = {row[0]: row for row in found.of(CARD).card.rows}
    thread = found.of(CARD).card.head.index("thread")
    assert rows["CPU per http_get at 100 flows, µs"][thread] == "40.0 (40.0–40.0)"
    assert rows["the same, not pinned to one core, µs"][thread] == "60.0 (n=3)"
