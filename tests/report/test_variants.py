"""What it costs that one thing is otherwise, in words and on the card: cores that may not sleep, flows that have all cores."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bench.report.compose import document
from bench.report.parts.card import PART as CARD
from bench.report.parts.workloads import PART as SECTIONS
from bench.store.manifest import NotRun
from bench.store.records import Record
from tests.support.runs import make_manifest
from tests.unit.test_other_end import timed
from tests.unit.test_variants import ASLEEP, AWAKE, cells


def sentences(records: list[Record], variant: str = "awake=1") -> list[str]:
    (section,) = document(make_manifest(records), records).of(SECTIONS)
    return [sentence for sentence in section.causes if f"({variant})" in sentence]


def test_it_is_told_for_every_model() -> None:
    more = cells("http_get/asyncio/100", 50.0) + cells("http_get/asyncio/100?awake=1", 25.0)
    thread = [record for record in ASLEEP + AWAKE if record.cell.model == "thread"]
    (said,) = sentences(thread + more)
    assert said == (
        "Cost of CPU idle states: where the core may not sleep (awake=1), an op at 100 flows takes "
        "0.750 times (0.750 to 0.750) as much CPU under thread (31.5 µs), 0.500 times (0.500 to 0.500) under asyncio (26.2 µs)."
    )


def test_three_rounds_are_no_reason() -> None:
    (said,) = sentences(ASLEEP + AWAKE)
    assert said.endswith("under thread (31.5 µs), about 0.50 times under asyncio (25.0 µs).")


def test_what_falling_into_step_is_worth_is_told_for_every_model_that_was_measured_both_ways() -> None:
    constant = cells("http_get/thread/100?wait=constant", 30.0) + cells("http_get/asyncio/100?wait=constant", 20.0, 3)
    (said,) = sentences(ASLEEP + constant, "wait=constant")
    assert said == (
        "What falling into step is worth: with waits that are all equally long (wait=constant), an op at 100 flows takes "
        "0.750 times (0.750 to 0.750) as much CPU under thread (31.5 µs), about 0.40 times under asyncio (20.0 µs)."
    )


def test_it_stands_on_the_card() -> None:
    records = ASLEEP + AWAKE
    card = document(make_manifest(records), records).of(CARD).card
    rows = {row[0]: row for row in card.rows}
    shown = rows["the same, on a core that may not sleep, µs"]
    assert shown[card.head.index("asyncio")] == "25.0 (n=3)"
    assert shown[card.head.index("thread")].startswith("31.5 (")


def test_what_it_costs_to_have_all_cores_is_told_with_the_switches() -> None:
    unpinned = [
        with_switches(record, 3)
        for record in (*cells("http_get/thread/100?pin=0", 80.0), *cells("http_get/asyncio/100?pin=0", 50.0, 3))
    ]
    (said,) = sentences([*ASLEEP, *unpinned], "pin=0")
    assert said == (
        "What it costs not to be pinned to one core (pin=0): an op at 100 flows takes 2.00 times (2.00 to 2.00) as much CPU under thread "
        "(84.0 µs; 3.00 switches instead of 1.00), about 1.0 times under asyncio (50.0 µs; 3.00 switches instead of 1.00)."
    )


@pytest.mark.parametrize(("demand_us", "switches", "gil"), [(80.0, 1, True), (30.0, 3, True), (80.0, 3, False)])
def test_the_gil_is_named_only_where_it_can_be_the_cause(demand_us: float, switches: int, *, gil: bool) -> None:
    unpinned = [with_switches(record, switches) for record in cells("http_get/thread/100?pin=0", demand_us)]
    records = [*ASLEEP, *unpinned]
    manifest = make_manifest(records)
    manifest.environment["interpreter"]["gil"] = gil
    (section,) = document(manifest, records).of(SECTIONS)
    (said,) = (sentence for sentence in section.causes if "(pin=0)" in sentence)
    assert "GIL" not in said


def with_switches(record: Record, per_op: int) -> Record:
    done = record.metadata["ops_done"]
    return replace(record, metadata={**record.metadata, "switches_voluntary": done * per_op})


@pytest.mark.parametrize("control", ["transport=unix", "congestion=reno"])
def test_a_control_of_network_work_is_told_for_every_model(control: str) -> None:
    over = [*cells(f"http_get/thread/100?{control}", 30.0), *cells(f"http_get/asyncio/100?{control}", 25.0, 3)]
    (said,) = sentences([*ASLEEP, *over], control)
    assert f"({control}), an op at 100 flows takes 0.750 times (0.750 to 0.750) as much CPU under thread" in said
    assert said.endswith("(31.5 µs), about 0.50 times under asyncio (25.0 µs).")
    assert sentences(ASLEEP, control) == []


def test_what_is_the_servers_is_told_for_every_model_and_the_ratio_put_right() -> None:
    both = [*timed("http_get/thread/100", 6, 10), *timed("http_get/asyncio/100", 7, 5)]
    (said,) = sentences([*ASLEEP, *both], "softirq=1")
    assert said == (
        "What of it is the server's, estimated by the kernel's tracepoints (softirq=1): 6.30 µs under thread, 7.35 µs under asyncio, of an "
        "op's CPU at 100 flows. In return the server receives for them: 10.5 µs under thread, 5.25 µs under asyncio. If each paid for its "
        "own, asyncio's CPU per op is 1.09 times (1.09 to 1.09) that of thread, instead of 1.25 times (1.25 to 1.25)."
    )
    assert sentences(ASLEEP, "softirq=1") == []


def test_where_it_may_not_be_timed_the_reason_is_told() -> None:
    manifest = make_manifest(ASLEEP)
    manifest.not_run.append(NotRun("http_get/thread/100?softirq=1", "softirq=1: it may not be"))
    (section,) = document(manifest, ASLEEP).of(SECTIONS)
    assert (
        "What of it is the server's network work is not known in this run. softirq=1: it may not be." in section.causes
    )
