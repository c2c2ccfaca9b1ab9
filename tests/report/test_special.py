"""The tables of workloads whose parameters say more than their number of flows."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bench.report.compose import document
from bench.report.document import Chart, Table
from bench.report.parts.assumptions import PART as ASSUMPTIONS
from bench.report.parts.card import PART as CARD
from bench.report.parts.questions import PART as QUESTIONS
from bench.report.parts.workloads import PART as SECTIONS
from bench.report.text import BLANK
from bench.report.workloads.section import Section
from bench.store import histogram
from bench.store.manifest import Void
from bench.store.records import Record
from tests.support.records import make_record, rounds_of
from tests.support.runs import make_manifest

MS = 1_000_000


def section(records: list[Record], **manifest: object) -> Section:
    (found,) = document(make_manifest(records, **manifest), records).of(SECTIONS)
    return found


def table_of(found: Section, caption: str) -> Table:
    (table,) = (table for table in found.tables if table.caption == caption)
    return table


def arrivals(model: str, load: int, late_ms: int, value_s: float = 2.0) -> Record:
    """2,000 requests at 1,000 a second times the load, most of them answered after 11 ms, a fiftieth later."""
    counts = {histogram.bucket(11 * MS): 1960, histogram.bucket(late_ms * MS): 40}
    return make_record(
        f"open_loop/{model}/1?capacity=1000&load_pct={load}&ops=2000",
        value_s=value_s,
        late_histogram=histogram.to_text(counts),
        late_max_s=late_ms / 1000,
    )


def test_latency_by_load_is_a_table_a_chart_and_a_row_of_the_card() -> None:
    records = [arrivals("thread", 50, 12, 4.0), arrivals("thread", 80, 20, 2.5), arrivals("thread", 120, 400, 2.5)]
    found = section(records)
    rows = table_of(found, "Latency against load").rows
    assert [row[:5] for row in rows] == [
        ("thread", "1,000", "50 %", "2,000", "1.0"),
        ("thread", "1,000", "80 %", "2,000", "1.0"),
        ("thread", "1,000", "120 %", "2,000", "0.67"),
    ]
    assert [float(row[6]) for row in rows] == [round(float(row[6]), 2) for row in rows]
    (chart,) = found.charts
    assert isinstance(chart, Chart)
    assert {line.style: [point.x for point in line.points] for line in chart.lines} == {
        "measured": [50, 80, 120],
        "bound": [50, 80, 120],
    }
    card = document(make_manifest(records), records).of(CARD).card
    assert [row[1] for row in card.rows if row[0].startswith("open loop")] == [
        "800",
        f"{rows[1][6]} (n=1), core 4 % busy",
    ]
    assert 19.5 < float(rows[1][6]) < 20.5


def test_one_load_is_a_table_without_a_chart() -> None:
    found = section([arrivals("thread", 80, 20)])
    assert found.charts == ()
    assert len(table_of(found, "Latency against load").rows) == 1


def test_a_model_that_was_ended_at_a_load_is_named_under_the_table() -> None:
    record = arrivals("thread", 80, 20)
    void = Void("x", "open_loop/thread/1?capacity=1000&load_pct=120&ops=2400", 1, 1, "2400 arrivals were unserved")
    note = table_of(section([record], void=[void]), "Latency against load").note
    assert "load_pct=120&ops=2400: 2400 arrivals were unserved" in note


def test_each_of_asyncio_s_words_has_a_row_in_the_order_of_what_it_adds() -> None:
    records = [
        *rounds_of("layers/sequential/1?api=function", [0.001] * 3, [40e-9] * 3),
        *rounds_of("layers/asyncio/1?api=create_task", [0.3] * 3, [6e-6] * 3),
        *rounds_of("layers/asyncio/1", [0.3] * 3, [100e-9] * 3),
    ]
    rows = table_of(section(records), "What each of asyncio's words costs").rows
    assert [row[0] for row in rows] == ["f()", "await coro()", "await create_task(coro())"]
    assert [row[2:4] for row in rows] == [("0.0400", "–"), ("–", "0.100"), ("–", "6.00")]


def scaled(model: str, demands_us: dict[int, float]) -> list[Record]:
    """Cells of a ring whose CPU per op, by number of flows, is as given."""
    return [
        record
        for n, us in demands_us.items()
        for record in rounds_of(f"brigade/{model}/{n}", [0.2] * 3, [us * 1e-6] * 3)
    ]


def test_a_law_of_scaling_is_shown_where_it_fits_and_elsewhere_what_it_leaves_over() -> None:
    steady, steep = {2: 3.0, 10: 3.0, 100: 3.1, 500: 3.0}, {2: 60.0, 10: 20.0, 100: 18.0, 500: 19.0}
    found = section([*scaled("thread", steady), *scaled("asyncio", steep)])
    table = table_of(found, "brigade: CPU per op by the number of flows")
    thread, asyncio = table.rows
    # y = 0, 0, 0.0328, 0 over x = 0.69, 2.30, 4.61, 6.21: b = 0.0021, rest 0.00073, t(2) 4.30 * sqrt(0.00073 / 2 / 17.9).
    assert thread[:2] == ("thread", "+0.00 (-0.02 to +0.02)")
    assert thread[2].endswith("% at 100")
    assert asyncio[:2] == ("asyncio", "no power of N")
    assert "at 10" in asyncio[2] or "at 2" in asyncio[2]


def test_where_no_model_follows_a_law_there_is_no_table() -> None:
    found = section(scaled("asyncio", {2: 60.0, 10: 20.0, 100: 18.0, 500: 19.0}))
    assert not [table for table in found.tables if "by the number of flows" in table.caption]


def test_of_a_model_that_could_not_serve_its_load_the_card_says_so() -> None:
    busy = replace(
        arrivals("thread", 80, 20, 2.5), metadata={**arrivals("thread", 80, 20, 2.5).metadata, "cpu_s": 2.45}
    )
    for record, end in ((busy, "core 98 % busy"), (arrivals("thread", 80, 20, 2.5), "core 4 % busy")):
        rows = {row[0]: row[1] for row in document(make_manifest([record]), [record]).of(CARD).card.rows}
        assert rows["open loop: latency (p99) when the core is 80 % busy, ms"].endswith(end)


def test_a_model_that_fell_behind_has_no_latency_at_the_load_and_the_page_says_so() -> None:
    records = [arrivals("thread", 80, 20, 2.5), arrivals("asyncio", 80, 400, 4.0), arrivals("uvloop", 120, 400, 4.0)]
    records = [replace(one, metadata={**one.metadata, "cpu_s": 0.8 * one.value_s}) for one in records]
    found = document(make_manifest(records), records)
    (row,) = (row for row in found.of(CARD).card.rows if row[0].startswith("open loop: latency"))
    assert [cell.endswith("fell behind") for cell in row[1:3]] == [False, True]
    (screen,) = (one for one in found.of(QUESTIONS) or () if one.id == "load")
    assert "threads" in screen.sentences[0]
    assert "asyncio" not in screen.sentences[0]
    assert screen.sentences[1:] == ("At 80 %, asyncio fell behind: 62 % of the offered rate was served.",)


def test_counts_are_those_at_the_load_that_stands_for_all() -> None:
    records = []
    for load in (120, 80, 20):
        one = arrivals("thread", load, 20)
        records.append(replace(one, metadata={**one.metadata, "switches_voluntary": 20 * load, "kernel_tasks": 2}))
    (said,) = (text for text in section([*records, arrivals("asyncio", 80, 20)]).causes if text.startswith("Counted"))
    assert "at 80 % of each model's capacity: switches by the kernel per op: thread 0.800" in said
    assert "tasks" not in said


def test_a_tick_that_waited_for_all_burns_was_later_than_can_be_told() -> None:
    counts = histogram.to_text({histogram.bucket(1980 * MS): 1000})
    for late_s, start in ((1.99, "more than "), (0.15, "1,98")):
        one = make_record(
            "hog/asyncio/2",
            value_s=2.0,
            late_histogram=counts,
            late_max_s=late_s,
            burn_ms=50,
            switch_us=5000,
            tick_ms=2,
        )
        rows = {row[0]: row[1] for row in document(make_manifest([one]), [one]).of(CARD).card.rows}
        assert rows["wake-up p99 beside a 50 ms CPU hog, ms"].startswith(start)


def test_what_a_parameter_changes_is_told_once() -> None:
    records = [
        make_record(f"http_get/{m}/100{s}")
        for m in ("thread", "asyncio")
        for s in ("", "?pin=0", "?api=raw&timeout_s=1")
    ]
    note = table_of(section(records), "http_get, with other parameters").note
    assert note.count("api=raw: the socket's own calls") == note.count("pin=0: all cores") == 1
    assert "timeout_s=1: each op has a limit" in note
    assert (
        "What they change"
        not in table_of(
            section([make_record("http_get/thread/100"), make_record("http_get/thread/100?wait_ms=5")]),
            "http_get, with other parameters",
        ).note
    )


def test_models_whose_load_was_fitted_to_each_are_all_found() -> None:
    other = make_record("open_loop/asyncio/1?capacity=2000&load_pct=80&ops=3200", cpu_s=0.5, late_max_s=0.1)
    records = [arrivals("thread", 80, 20), other]
    (row,) = document(make_manifest(records), records).of(ASSUMPTIONS).idle.rows
    assert row[0] == "open_loop, 80 % of each model's capacity"
    assert BLANK not in row


def test_a_few_reads_beside_a_timer_have_medians() -> None:
    counts = histogram.to_text({histogram.bucket(30 * MS): 10})
    cells = [
        make_record(
            f"{workload}/asyncio/2?ops=10&read_kib=65536&timer=1",
            timer=1,
            timer_ms=5,
            read_kib=65536,
            late_max_s=0.06,
            op_histogram=counts,
            late_histogram=counts,
        )
        for workload in ("file_read", "file_read_inline")
    ]
    inline = document(make_manifest(cells), cells).of(SECTIONS)[-1]
    (beside,) = (table for table in inline.tables if "timer of 5" in table.caption)
    assert all(float(row[2]) == pytest.approx(30, rel=0.02) and row[4] == "2.0" for row in beside.rows)
