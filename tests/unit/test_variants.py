"""What it costs that one thing is otherwise: inside each round, the same cell by default and with one parameter changed."""

from __future__ import annotations

import math

import pytest

from bench.analysis import variants as analysis
from bench.analysis.frames import frame
from bench.analysis.variants import Variant, variants
from bench.store.records import Record
from tests.support.records import rounds_of

WOBBLE = (1.0, 1.3, 0.8, 1.2, 0.9, 1.1, 1.0, 1.4)  # of a whole round: gone in a ratio


def cells(cell: str, demand_us: float, rounds: int = 8) -> list[Record]:
    return rounds_of(cell, [0.4] * rounds, [demand_us * 1e-6 * w for w in WOBBLE[:rounds]])


def waking(records: list[Record], models: list[str]) -> list[Variant]:
    return variants(frame(records), "http_get", models, analysis.AWAKE)


ASLEEP = cells("http_get/thread/100", 40.0) + cells("http_get/asyncio/100", 50.0)
AWAKE = cells("http_get/thread/100?awake=1", 30.0) + cells("http_get/asyncio/100?awake=1", 25.0, 3)


def test_each_model_is_compared_with_itself_in_the_rounds_that_have_both() -> None:
    thread, asyncio = waking(ASLEEP + AWAKE, ["thread", "process", "asyncio"])
    assert (thread.model, thread.flows, thread.times.rounds, thread.times.has_interval) == ("thread", 100, 8, True)
    assert thread.times.value == pytest.approx(0.75)
    assert thread.demand_s == pytest.approx(30e-6 * 1.05)
    assert (asyncio.model, asyncio.times.rounds, asyncio.times.has_interval) == ("asyncio", 3, False)
    assert asyncio.times.value == pytest.approx(0.5)


def test_the_most_flows_that_were_measured_both_ways_are_taken() -> None:
    more = (
        cells("http_get/thread/1?awake=1", 60.0) + cells("http_get/thread/1", 90.0) + cells("http_get/thread/1000", 9)
    )
    assert {one.flows for one in waking(ASLEEP + AWAKE + more, ["thread"])} == {100}
    without = [r for r in ASLEEP + more if "100?awake" not in r.cell.name]
    (one,) = waking(without, ["thread"])
    assert one.flows == 1
    assert one.times.value == pytest.approx(2 / 3)


@pytest.mark.parametrize(
    "records",
    [
        [],
        ASLEEP,
        AWAKE,
        AWAKE + cells("http_get/thread/10", 40.0),
        ASLEEP + cells("http_get/thread/100?awake=1", 30.0, 2),
    ],
)
def test_nothing_is_said_of_what_was_measured_one_way_only_or_twice(records: list[Record]) -> None:
    assert waking(records, ["thread", "asyncio"]) == []


def test_switches_are_told_both_ways() -> None:
    records = [*ASLEEP, *AWAKE, *cells("http_get/thread/100?pin=0", 80.0)]
    table = frame(records)
    table.loc[table["suffix"] == analysis.UNPINNED, "switches_per_op"] *= 3
    (one,) = variants(table, "http_get", ["thread", "process"], analysis.UNPINNED)
    assert one.times.value == pytest.approx(2)
    assert one.switches == (1.0, 3.0)


def test_what_nobody_counted_is_not_known() -> None:
    table = frame([*ASLEEP, *AWAKE])
    table["switches_per_op"] = float("nan")
    (one,) = variants(table, "http_get", ["thread"], analysis.AWAKE)
    assert all(math.isnan(count) for count in one.switches)
