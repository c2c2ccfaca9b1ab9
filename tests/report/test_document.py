"""The document: what is said about a run, as data. Its wording is pinned by the gold files alone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar

import pytest

from bench.report.compose import document
from bench.report.document import Chart, Document, Table
from bench.report.parts.assumptions import PART as ASSUMPTIONS
from bench.report.parts.card import PART as CARD
from bench.report.parts.commands import PART as COMMANDS
from bench.report.parts.findings import PART as FINDINGS
from bench.report.parts.how import PART as HOW
from bench.report.parts.verdicts import PART as VERDICTS
from bench.report.parts.workloads import PART as SECTIONS
from bench.report.text import BLANK
from bench.report.workloads.section import Section
from bench.store import histogram
from bench.store.manifest import NotRun, Void
from bench.store.records import Record
from tests.support.records import make_record, rounds_of
from tests.support.runs import ENVIRONMENT, make_manifest

Part = TypeVar("Part")
TEN = [0.25 + 0.001 * i for i in range(10)]


def make(records: list[Record], **manifest: Any) -> Document:
    return document(make_manifest(records, **manifest), records)


def grid(workload: str, flows: tuple[int, ...], models: tuple[str, ...], values_s: list[float] = TEN) -> list[Record]:
    return [r for n in flows for m in models for r in rounds_of(f"{workload}/{m}/{n}", values_s)]


def parts(value: object, kind: type[Part]) -> Iterator[Part]:
    """Every part of a kind in a document, wherever it stands."""
    if isinstance(value, kind):
        yield value
    elif is_dataclass(value) and not isinstance(value, type):
        for field in fields(value):
            yield from parts(getattr(value, field.name), kind)
    elif isinstance(value, tuple):
        for entry in value:
            yield from parts(entry, kind)


def section_of(doc: Document, workload: str) -> Section:
    (found,) = (section for section in doc.of(SECTIONS) if section.name == workload)
    return found


def figure(doc: Document, workload: str, model: str, heading: str, flows: str = "100") -> str:
    """What a workload's tables say of a cell under the heading that begins so; blank where there is no such column."""
    for table in parts(section_of(doc, workload), Table):
        columns = [i for i, text in enumerate(table.head) if text.startswith(heading)]
        rows = [row for row in table.rows if row[:2] == (model, flows)]
        if columns and rows:
            return rows[0][columns[0]]
    return BLANK


def drawn(doc: Document, workload: str, what: str) -> Chart:
    """The chart of a workload whose id ends so."""
    (found,) = (chart for chart in section_of(doc, workload).charts if chart.id.endswith(what))
    return found


def test_the_card_has_only_rows_that_were_measured() -> None:
    doc = make(grid("http_get", (100,), ("thread", "asyncio")))
    assert [label for label, *_ in doc.of(CARD).card.rows if "100 flows" in label] != []
    assert not [
        label for label, *_ in doc.of(CARD).card.rows if "1,000" in label or "1 flow," in label or "wait" in label
    ]
    assert all(any(text != BLANK for text in row[1:]) for row in doc.of(CARD).card.rows)


def test_the_card_has_only_models_of_the_run_in_their_order() -> None:
    doc = make(grid("http_get", (100,), ("uvloop", "thread", "sequential")))
    assert doc.of(CARD).card.head[1:] == ("sequential", "thread", "uvloop")


def test_every_row_of_every_table_is_as_long_as_its_head() -> None:
    doc = make(
        grid("sleep", (1, 100), ("sequential", "thread", "asyncio"))
        + grid("countasync", (3,), ("sequential", "asyncio"), [1.0])
        + rounds_of("sleep/thread/100?ops=0", [0.001] * 3)
    )
    assert all(len(row) == len(table.head) for table in parts(doc, Table) for row in table.rows)


def test_a_section_stands_for_each_workload_in_the_manifest_s_order() -> None:
    doc = make(
        grid("http_get", (100,), ("thread",)) + grid("countasync", (3,), ("thread",)) + grid("sleep", (1,), ("thread",))
    )
    assert [section.name for section in doc.of(SECTIONS)] == ["countasync", "sleep", "http_get"]


def test_verdicts_are_put_into_words_at_many_flows_between_models_that_overlap_waits() -> None:
    doc = make(grid("http_get", (1, 100), ("sequential", "thread", "asyncio")))
    (group,) = doc.of(VERDICTS).headlines
    assert "100" in group.title
    assert "10 rounds" in group.title
    assert len(group.sentences) == 2  # D and T of one pair
    assert not [s for s in group.sentences if "sequential" in s]


def test_headlines_are_against_one_reference_and_the_section_has_every_pair() -> None:
    doc = make(grid("http_get", (100,), ("thread", "asyncio", "uvloop")))
    assert len(doc.of(VERDICTS).headlines[0].sentences) == 2 * 2
    assert len(doc.of(SECTIONS)[0].verdicts[0].sentences) == 2 * 3


def test_a_quick_run_has_figures_and_no_verdicts() -> None:
    doc = make(grid("http_get", (100,), ("thread", "asyncio"), TEN[:3]), verdicts=False, preset="quick")
    assert doc.of(VERDICTS).headlines == ()
    assert [s.verdicts for s in doc.of(SECTIONS)] == [()]
    assert doc.of(CARD).card.rows != ()
    assert not [text for row in doc.of(CARD).card.rows for text in row[1:] if "–" in text and text != "–"]


def test_a_run_with_rounds_enough_shows_intervals() -> None:
    doc = make(grid("http_get", (100,), ("thread", "asyncio")))
    (row,) = (row for row in doc.of(CARD).card.rows if row[0].startswith("CPU per http_get at 100 flows"))
    assert all("–" in text and "(" in text for text in row[1:])


def test_a_run_without_records_has_a_document_all_the_same() -> None:
    doc = make([], state="incomplete")
    assert (
        doc.of(CARD).card.rows,
        doc.of(SECTIONS),
        doc.of(VERDICTS).headlines,
        doc.of(VERDICTS).ratios.rows,
        doc.of(COMMANDS),
    ) == ((), (), (), (), ())
    assert [f.level for f in doc.of(FINDINGS)] == ["error"]


def test_a_run_of_a_single_model_compares_nothing() -> None:
    doc = make(grid("http_get", (1, 100, 1000), ("asyncio",)))
    assert (doc.of(VERDICTS).headlines, doc.of(VERDICTS).ratios.rows) == ((), ())
    assert doc.of(CARD).card.head[1:] == ("asyncio",)


def test_a_run_of_sequential_alone_has_charts_and_no_full_core() -> None:
    doc = make(grid("http_get", (1, 10), ("sequential",)))
    assert not [label for label, *_ in doc.of(CARD).card.rows if "N*" in label]
    assert drawn(doc, "http_get", "throughput").lines
    assert drawn(doc, "http_get", "cpu").lines


def test_a_void_cell_is_listed_with_its_reason_and_blank_on_the_card() -> None:
    records = grid("http_get", (100,), ("thread", "asyncio"))
    left = [r for r in records if r.cell.model == "thread"]
    void = Void("r001.http_get.asyncio.100.a1", "http_get/asyncio/100", 1, 1, "it did other work")
    doc = document(make_manifest(records, void=[void]), left)
    assert doc.of(HOW).void == (("http_get/asyncio/100", "it did other work"),)
    (row,) = (row for row in doc.of(CARD).card.rows if row[0].startswith("CPU per http_get at 100 flows"))
    assert row[doc.of(CARD).card.head.index("asyncio")] == BLANK


def test_a_run_in_which_everything_is_void_has_a_document() -> None:
    doc = make([], void=[Void("r001.x.a1", "sleep/thread/100", 1, 1, "it did other work")])
    assert len(doc.of(HOW).void) == 1
    assert doc.of(SECTIONS) == ()


def test_a_void_that_was_measured_again_is_not_listed() -> None:
    void = Void("r001.x.a1", "sleep/thread/100", 1, 1, "killed")
    assert make(grid("sleep", (100,), ("thread",)), void=[void], superseded=["r001.x.a1"]).of(HOW).void == ()


def test_what_could_not_run_is_listed_with_its_reason() -> None:
    doc = make([], not_run=[NotRun("sleep/uvloop/100", "uvloop is not installed")])
    assert doc.of(HOW).not_run == (("sleep/uvloop/100", "uvloop is not installed"),)


def test_null_cells_stand_in_a_table_of_their_own_only() -> None:
    doc = make(grid("sleep", (100,), ("thread", "asyncio")) + rounds_of("sleep/thread/100?ops=0", [0.002] * 3))
    gate = section_of(doc, "sleep").gate
    assert gate is not None
    assert [row[:3] for row in gate.rows] == [("thread", "100", "2.00")]
    assert not [table for table in parts(doc, Table) if table is not gate for row in table.rows if "2.00" in row]


def test_null_cells_alone_make_a_section_with_nothing_but_the_gate() -> None:
    (section,) = make(rounds_of("sleep/thread/100?ops=0", [0.002] * 3)).of(SECTIONS)
    assert section.charts == ()
    assert [table for table in parts(section, Table) if table.rows] == [section.gate]


def test_one_number_of_flows_is_drawn_as_bars_and_several_as_lines() -> None:
    doc = make(grid("countasync", (3,), ("sequential", "asyncio"), [1.0]) + grid("sleep", (1, 10), ("thread",)))
    assert {chart.bars for chart in section_of(doc, "countasync").charts} == {True}
    assert {chart.bars for chart in section_of(doc, "sleep").charts} == {False}


def test_every_chart_has_an_id_of_its_own_and_says_how_to_read_it() -> None:
    doc = make([r for w in ("countasync", "sleep", "http_get") for r in grid(w, (1, 100), ("thread", "asyncio"))])
    charts = list(parts(doc, Chart))
    assert len({chart.id for chart in charts}) == len(charts) >= 6
    assert all(chart.how_to_read and chart.title and chart.lines for chart in charts)


def test_throughput_is_drawn_with_its_bound_and_an_estimate_at_the_largest_flows() -> None:
    doc = make(grid("sleep", (1, 10, 100), ("thread",)))
    lines = {line.style: line for line in drawn(doc, "sleep", "throughput").lines}
    assert [point.x for point in lines["measured"].points] == [1, 10, 100]
    assert [point.x for point in lines["bound"].points] == [1, 10]
    assert [point.x for point in lines["estimate"].points] == [10, 100]


def test_how_to_read_a_chart_depends_on_its_own_lines_only() -> None:
    """Not on a model that another workload of the run has and this one has not."""
    alone = grid("http_get", (1, 100), ("thread",))
    both = alone + grid("sleep", (1, 100), ("thread", "uvloop"))
    how = [drawn(make(records), "http_get", "throughput").how_to_read for records in (alone, both)]
    assert how[0] == how[1]


def test_sequential_goes_on_as_a_computed_line_where_it_was_not_measured() -> None:
    doc = make(grid("sleep", (1, 10), ("sequential",)) + grid("sleep", (1, 10, 100), ("thread",)))
    computed = [line for line in drawn(doc, "sleep", "throughput").lines if line.style == "computed"]
    assert [(line.model, [p.x for p in line.points]) for line in computed] == [("sequential", [10, 100])]
    assert computed[0].points[0].y == pytest.approx(1 / 0.01)  # one op per wait


def test_lateness_pools_the_ops_of_all_rounds() -> None:
    """Ten late ops in each of two rounds: only together are there ten beyond the 99th percentile."""
    counts = histogram.to_text({histogram.bucket(100_000): 500, histogram.bucket(8_000_000): 6})
    doc = make(rounds_of("sleep/thread/100", [0.25] * 2, late_histogram=counts))
    assert figure(doc, "sleep", "thread", "late p99") == "8.03"
    alone = make(rounds_of("sleep/thread/100", [0.25], late_histogram=counts))
    assert figure(alone, "sleep", "thread", "late p99") == BLANK


def test_how_late_a_get_ends_is_on_the_card_with_its_interval_or_its_rounds() -> None:
    counts = histogram.to_text({histogram.bucket(100_000): 5000, histogram.bucket(8_000_000): 60})
    records = [
        *rounds_of("http_get/thread/100", [0.25] * 8, late_histogram=counts),
        *rounds_of("http_get/asyncio/100", [0.25] * 2, late_histogram=counts),
    ]
    card = make(records).of(CARD).card
    rows = {row[0]: dict(zip(card.head, row, strict=True)) for row in card.rows}
    assert rows["http_get at 100 flows: late by (p99), ms"]["thread"] == "8.03 (8.03–8.03)"
    assert rows["http_get at 100 flows: late by (p99), ms"]["asyncio"] == "8.03 (n=2)"
    assert "http_get at 1,000 flows: late by (p99), ms" not in rows


def test_lateness_that_is_not_known_has_the_ends_of_its_interval_told() -> None:
    """One of eight rounds has some ops that are forty times as late as all others: drawn twice, they are the last of a hundred."""
    calm = histogram.to_text({histogram.bucket(100_000): 900, histogram.bucket(2_000_000): 100})
    wild = histogram.to_text({histogram.bucket(100_000): 940, histogram.bucket(80_000_000): 60})
    records = [
        record
        for n, counts in enumerate([calm] * 7 + [wild], start=1)
        for record in [make_record("http_get/thread/100", n, late_histogram=counts)]
    ]
    assert re.fullmatch(r"2\.\d\d \(2\.\d\d–80\.\d\)", figure(make(records), "http_get", "thread", "late p99"))


def test_a_figure_that_was_not_recorded_is_blank() -> None:
    record = make_record("sleep/sequential/100")
    missing = {"late_histogram", "release_s", "server_busy"}
    metadata = {k: v for k, v in record.metadata.items() if k not in missing}
    doc = make([replace(record, metadata=metadata)])
    assert [figure(doc, "sleep", "sequential", h) for h in ("late p50", "release", "server busy")] == [BLANK] * 3


def test_a_cell_that_is_asked_to_wait_for_nothing_has_no_overhead() -> None:
    doc = make(rounds_of("sleep/thread/100", [0.25] * 3, wait_longest_s=0.0, wait_given_s=0.0, wait_s=0.0))
    assert figure(doc, "sleep", "thread", "T over") == BLANK


def test_a_workload_that_is_a_queue_has_no_bound_and_no_computed_line() -> None:
    """docs/design.md: a disk has no Z, so there is nothing to compute a bound from."""
    waits = {"wait_given_s", "wait_longest_s", "late_histogram"}
    doc = make(
        [
            replace(r, metadata={k: v for k, v in r.metadata.items() if k not in waits})
            for r in grid("file_read", (1, 10, 100), ("sequential", "thread"))
        ]
    )
    assert {line.style for chart in parts(doc, Chart) for line in chart.lines} == {"measured"}
    assert figure(doc, "file_read", "thread", "T over") == BLANK


def test_each_measured_cell_has_the_command_that_measures_it_alone() -> None:
    doc = make(rounds_of("sleep/thread/100", TEN) + rounds_of("sleep/thread/100?ops=0", TEN[:3]))
    assert [cell for cell, _ in doc.of(COMMANDS)] == ["sleep/thread/100", "sleep/thread/100?ops=0"]
    assert all(f"'{cell}'" in command for cell, command in doc.of(COMMANDS))


@pytest.mark.parametrize("gil", [True, False])
def test_a_free_threaded_build_is_named(*, gil: bool) -> None:
    environment = {**ENVIRONMENT, "interpreter": {**ENVIRONMENT["interpreter"], "gil": gil}}
    doc = make(grid("sleep", (1,), ("thread",)), environment=environment)
    assert ("free-threaded" in dict(doc.facts)["Python"]) is not gil


def test_a_document_does_not_depend_on_the_order_of_records() -> None:
    records = grid("http_get", (1, 100), ("sequential", "thread", "asyncio"))
    assert make(records) == document(make_manifest(records), list(reversed(records)))


def test_of_many_models_each_is_put_against_the_first_only() -> None:
    models = ["thread", "process", "asyncio", "uvloop", "gevent"]
    records = [r for m in models for r in rounds_of(f"http_get/{m}/100", [0.25 + i / 1000 for i in range(8)])]
    (section,) = document(make_manifest(records, models=models, about=about_of(models)), records).of(SECTIONS)
    assert len(section.verdicts[0].sentences) == 2 * 4
    assert len(document(make_manifest(records), records).of(VERDICTS).ratios.rows) == 10


def test_the_card_has_room_for_seven_models_and_the_others_have_one_of_their_own() -> None:
    most = [f"model_{i}" for i in range(7)]
    records = [r for m in most for n in (1, 100) for r in rounds_of(f"http_get/{m}/{n}", [0.25] * 2)]
    records += [r for m in ("few", "fewer") for r in rounds_of(f"http_get/{m}/1", [0.25] * 2)]
    models = ["few", *most[:4], "fewer", *most[4:], "none"]
    content = document(make_manifest(records, models=models, about=about_of(models)), records)
    card = content.of(CARD)
    assert card.card.head[1:] == tuple(most)
    assert card.other is not None
    assert card.other.head[1:] == ("few", "fewer", "none")
    assert [row[0] for row in card.other.rows] == ["CPU per http_get at 1 flow, µs"]
    few = document(make_manifest(records[:4]), records[:4])
    assert few.of(CARD).other is None


def about_of(models: list[str]) -> dict[str, dict[str, str]]:
    """What a manifest says of http_get and these models."""
    kinds, words = dict.fromkeys(models, "user"), dict.fromkeys(models, "a model")
    return {"workloads": {"http_get": "w"}, "shows": {"http_get": "s"}, "models": words, "kinds": kinds}


def test_the_number_of_flows_that_fills_a_core_has_the_ends_that_follow_from_cpu_per_op() -> None:
    records = []
    for n, demand in ((100, 40e-6), (1000, 40e-6)):
        demands = [demand * (1 + 0.1 * (i % 3 - 1)) for i in range(9)]
        records += rounds_of(f"http_get/thread/{n}", [0.5] * 9, demands)
    card = document(make_manifest(records), records).of(CARD).card
    (shown,) = (row[1] for row in card.rows if "N*" in row[0])
    assert re.fullmatch(r"250 \(2[23]0–2[78]0\)", shown)


def test_flows_that_were_mostly_being_started_do_not_say_when_a_core_is_full() -> None:
    records = []
    for n, demand, start_s in ((100, 40e-6, 0.01), (1000, 400e-6, 0.4)):
        records += rounds_of(f"http_get/thread/{n}", [0.5] * 8, [demand] * 8, release_s=start_s)
    card = document(make_manifest(records), records).of(CARD).card
    (shown,) = (row[1] for row in card.rows if "N*" in row[0])
    assert re.fullmatch(r"at least 1\d0", shown)
    assert "At least: at the next larger number of flows" in card.note
    calm = [replace(r, metadata={**r.metadata, "release_s": 0.01}) for r in records]
    (shown,) = (row[1] for row in document(make_manifest(calm), calm).of(CARD).card.rows if "N*" in row[0])
    assert "at least" not in shown


def test_the_share_of_garbage_collections_is_told_where_it_is_much() -> None:
    records = [
        *rounds_of("http_get/thread/1000", [2.0] * 3, [200e-6] * 3, gc_s=1.5, gc_cpu_s=0.1),
        *rounds_of("http_get/asyncio/1000", [0.5] * 3, [40e-6] * 3, gc_s=0.005, gc_cpu_s=0.005),
    ]
    (section,) = document(make_manifest(records), records).of(SECTIONS)
    (said,) = (text for text in section.causes if text.startswith("Counted"))
    assert "share of the time in garbage collections: thread 5 %, asyncio 1 %" in said
    assert "in which other threads ran, or asked for the GIL, during one: thread 70 %, asyncio 0 %" in said
    little = [replace(r, metadata={**r.metadata, "gc_s": 0.005, "gc_cpu_s": 0.005}) for r in records]
    (section,) = document(make_manifest(little), little).of(SECTIONS)
    assert not any("garbage" in text for text in section.causes if text.startswith("Counted"))


def test_of_a_record_that_knows_only_how_long_collections_were_under_way_no_share_is_told() -> None:
    records = [
        replace(r, metadata={k: v for k, v in r.metadata.items() if k != "gc_cpu_s"})
        for model in ("thread", "asyncio")
        for r in rounds_of(f"http_get/{model}/1000", [2.0] * 3, [200e-6] * 3, gc_s=1.5)
    ]
    (section,) = document(make_manifest(records), records).of(SECTIONS)
    assert not any("garbage" in text for text in section.causes if text.startswith("Counted"))


def test_a_workload_that_never_has_many_flows_is_judged_on_the_page_too() -> None:
    records = [
        *rounds_of("two_flows/thread/2", [0.05] * 8, [1e-3] * 8),
        *rounds_of("two_flows/asyncio/2", [0.05] * 8, [1.1e-3] * 8),
        *rounds_of("http_get/thread/10", [0.05] * 8, [1e-4] * 8),
        *rounds_of("http_get/asyncio/10", [0.05] * 8, [2e-4] * 8),
        *rounds_of("http_get/thread/100", [0.05] * 8, [1e-4] * 8),
    ]
    doc = document(make_manifest(records), records)
    assert {row[0] for row in doc.of(VERDICTS).ratios.rows} == {"two_flows/2"}
    assert [group.title for group in doc.of(VERDICTS).headlines] == ["two_flows at 2 flows, 8 rounds"]


def test_a_table_has_notes_on_the_columns_that_it_has() -> None:
    calm = rounds_of("http_get/thread/100", [0.5] * 3)
    (section,) = document(make_manifest(calm), calm).of(SECTIONS)
    notes = {table.caption: table.note for table in section.tables}
    note = notes["http_get: lateness and phases"]
    assert "Wait given" in note
    assert "Lateness pools" in note
    assert "Fairness" not in note
    assert "Of a pool" not in note
    assert "clock ticks" not in notes["http_get: time and CPU"]
    pooled = rounds_of(
        "http_get/thread_pool/100", [0.5] * 3, fairness=0.5, at_once=32, cpu_user_s=0.4, cpu_system_s=0.3
    )
    (section,) = document(make_manifest(pooled), pooled).of(SECTIONS)
    notes = {table.caption: table.note for table in section.tables}
    assert "Of a pool" in notes["http_get: lateness and phases"]
    assert "Fairness" in notes["http_get: lateness and phases"]
    assert "clock ticks" in notes["http_get: time and CPU"]


def test_only_what_waits_is_asked_whether_it_gave_up_the_core() -> None:
    records = [
        make_record("sleep/thread/1"),
        make_record("switch/sequential/1", wait_given_s=0.0),
        make_record("open_loop/thread/1?capacity=9&load_pct=80&ops=90", late_max_s=0.1),
        make_record("park/thread/1", measure="memory", wait_given_s=0.0),
    ]
    doc = document(make_manifest(records), records)
    (asked,) = (sentence for sentence in doc.of(ASSUMPTIONS).sentences if "give up the CPU" in sentence)
    assert "in sleep" in asked
    assert not any(f"in {other}" in asked for other in ("switch", "open_loop", "park"))
    assert not [row for row in doc.of(ASSUMPTIONS).idle.rows if row[0].startswith("park")]
