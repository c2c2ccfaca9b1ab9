"""Timelines: from stamps to segments, to text, and back; all stamps are made by hand."""

from __future__ import annotations

import pandas as pd
import pytest

from bench.analysis.timeline import MOST_LANES, MOST_STRETCHES, Segment, bounded, parse, typical
from bench.harness.flow import Field, Flow
from bench.harness.ledger import Given
from bench.harness.timeline import segments, to_text, work
from tests.support.boards import MS, make_flows

BEGAN = 1000 * MS


def at(*stamps_ms: float, over_ms: float = 0, gaps: tuple[tuple[float, float], ...] = ()) -> Flow:
    """A flow with these stamps: first, worked, waited, ended; in ms since the gate opened."""
    (flow,) = make_flows(1, 3, marks=10)
    first, *stamps = (round(BEGAN + ms * MS) for ms in stamps_ms)
    flow[Field.FIRST] = first
    for op, stamp in enumerate(stamps):
        flow.stamps[op] = stamp
    flow.marks[0], flow.marks[1] = len(gaps), round(BEGAN + over_ms * MS)
    for i, (start, end) in enumerate(gaps):
        flow.marks[2 + 2 * i], flow.marks[3 + 2 * i] = round(BEGAN + start * MS), round(BEGAN + end * MS)
    return flow


def text(flow: Flow, sent_ms: float | None = None) -> str:
    """The timeline of one flow, as the record keeps it."""
    sent_ns = round(BEGAN + (sent_ms or 0) * MS)
    given = {0: Given(1, sent_ns)} if sent_ms is not None else {}
    return to_text(segments([flow], given, BEGAN))


@pytest.mark.parametrize(
    ("over_ms", "wait"),
    [
        (11, "0 wait 2000 11000;0 ready 11000 12000"),  # then somebody else had the core
        (12, "0 wait 2000 12000"),
        (15, "0 wait 2000 12000"),  # after its own stamp: cannot be
        (1, "0 ready 2000 12000"),  # over before it began to wait
    ],
)
@pytest.mark.parametrize("who", ["the server", "the flow"])
def test_a_wait_is_over_when_the_answer_was_sent_or_the_read_had_returned(who: str, over_ms: float, wait: str) -> None:
    found = text(at(0, 2, 12, 14), over_ms) if who == "the server" else text(at(0, 2, 12, 14, over_ms=over_ms))
    assert found == f"0 work 0 2000;{wait};0 work 12000 14000"


def test_the_server_s_word_counts_before_the_flow_s_own() -> None:
    assert "wait 2000 5000;" in text(at(0, 2, 12, 14, over_ms=9), 5)


def test_gaps_are_ready_in_the_work_that_they_are_in() -> None:
    flow = at(0.5, 3, 12, 14, over_ms=12, gaps=((1, 1.5), (2, 2.25), (12.5, 14)))
    assert text(flow) == (
        "0 work 500 1000;0 ready 1000 1500;0 work 1500 2000;0 ready 2000 2250;0 work 2250 3000;"
        "0 wait 3000 12000;0 work 12000 12500;0 ready 12500 14000"
    )


def test_only_as_many_gaps_are_read_as_were_counted() -> None:
    flow = at(0, 2, 12, 14, over_ms=12, gaps=((0.5, 1), (1.25, 1.5)))
    flow.marks[0] = 1
    assert text(flow).startswith("0 work 0 500;0 ready 500 1000;0 work 1000 2000;0 wait")


@pytest.mark.parametrize("gaps", [[], [(5, 15)], [(15, 25)], [(0, 30)], [(30, 40)]], ids=str)
def test_a_gap_that_is_not_inside_does_not_split(gaps: list[tuple[int, int]]) -> None:
    assert work(10, 20, gaps) == [("work", 10, 20)]


def test_flows_follow_each_other_in_their_order() -> None:
    first, second = at(0, 1, 2, 3, over_ms=2), at(1, 2, 3, 4, over_ms=3)
    second.index = 1
    found = segments([first, second], {}, BEGAN)
    assert [(flow, kind) for flow, kind, _, _ in found] == [(f, k) for f in (0, 1) for k in ("work", "wait", "work")]
    assert found[3:] == [(1, "work", MS, 2 * MS), (1, "wait", 2 * MS, 3 * MS), (1, "work", 3 * MS, 4 * MS)]


def test_a_text_is_read_back_in_milliseconds() -> None:
    assert parse(text(at(0.25, 2, 12, 14), 11)) == [
        Segment(0, "work", 0.25, 2),
        Segment(0, "wait", 2, 11),
        Segment(0, "ready", 11, 12),
        Segment(0, "work", 12, 14),
    ]


@pytest.mark.parametrize(
    "bad", ["", "0 work 1", "0 work 1 2 3", "0 sleep 1 2", "x work 1 2", "0 work 1 2;", "0 work a 2"]
)
def test_a_text_that_is_no_timeline_is_refused(bad: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse(bad)


def cell(*rounds: tuple[float, str | None]) -> pd.DataFrame:
    """The rounds of a cell: T, and the timeline where one was kept."""
    return pd.DataFrame(rounds, columns=["T", "timeline"])


def test_the_typical_round_is_the_one_nearest_to_the_median_of_those_that_kept_a_timeline() -> None:
    kept = [(t, f"0 work 0 {number}000") for number, t in enumerate((0.9, 0.2, 0.31, 0.1, 0.3))]
    assert typical(cell(*kept)) == [Segment(0, "work", 0, 4)]
    assert typical(cell(*kept[:3], (0.001, None), (0.002, None))) == [Segment(0, "work", 0, 2)]


def test_rounds_without_a_timeline_have_none() -> None:
    assert typical(cell((1, None), (2, None))) == []
    assert typical(cell((1, None)).drop(columns="timeline")) == []


def test_a_timeline_that_can_be_seen_is_drawn_as_it_is() -> None:
    found = [Segment(flow, "work", n, n + 1) for flow in range(4) for n in range(MOST_STRETCHES // 4)]
    assert bounded(found) is found


@pytest.mark.parametrize(("flows", "each"), [(2, 20_000), (10_000, 3), (1, MOST_STRETCHES + 1), (MOST_LANES + 1, 1)])
def test_of_a_long_one_no_more_is_drawn_than_can_be_seen_and_it_ends_when_it_ended(flows: int, each: int) -> None:
    kinds = ("work", "wait", "ready")
    found = [Segment(flow, kinds[n % 3], n, n + 1 + flow / flows / 2) for flow in range(flows) for n in range(each)]
    drawn = bounded(found)
    assert 0 < len(drawn) <= MOST_STRETCHES
    assert len({segment.flow for segment in drawn}) == min(flows, MOST_LANES)
    assert max(segment.end_ms for segment in drawn) == max(segment.end_ms for segment in found)
    assert all(segment.end_ms > segment.start_ms for segment in drawn)


def test_what_all_happened_at_once_can_be_drawn() -> None:
    assert len(bounded([Segment(0, "work", 5, 5)] * 1000)) == 1
    drawn = bounded([Segment(0, "work", -1e12, 1e12), *([Segment(1, "wait", 0, 1e-3)] * 1000)])
    assert {segment.flow for segment in drawn} == {0, 1}
