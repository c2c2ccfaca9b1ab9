"""Whose network work is in CPU per op: by round, less what was received for the other end, plus what it received for us."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from bench.analysis.frames import frame
from bench.analysis.other_end import OtherEnd, other_end
from bench.store.records import Record
from tests.unit.test_variants import WOBBLE, cells

THREAD, ASYNCIO = "http_get/thread/100", "http_get/asyncio/100"
MODELS = ["thread", "process", "asyncio"]


def timed(cell: str, here_us: float, there_us: float, rounds: int = 8) -> list[Record]:
    """Cells whose network work was timed, so that their own CPU per op is dearer."""
    return [
        replace(
            record,
            metadata={
                **record.metadata,
                "running_ops": (ops := int(record.metadata["ops_done"])),
                "start_cpu_s": 0.0,
                "received_here_s": here_us * 1e-6 * ops * wobble,
                "received_there_s": there_us * 1e-6 * ops * wobble,
            },
        )
        for record, wobble in zip(cells(f"{cell}?softirq=1", 90.0, rounds), WOBBLE, strict=False)
    ]


def found(records: list[Record]) -> list[OtherEnd]:
    return other_end(frame(records), "http_get", MODELS)


def test_each_end_pays_for_its_own_in_the_cpu_per_op_of_ordinary_cells() -> None:
    records = [*cells(THREAD, 40.0), *cells(ASYNCIO, 50.0), *timed(THREAD, 6, 10), *timed(ASYNCIO, 7, 5)]
    thread, asyncio = found(records)
    assert (thread.model, thread.accounted, thread.put_right) == ("thread", None, None)
    assert thread.here_s == pytest.approx(6e-6 * 1.05)
    assert thread.there_s == pytest.approx(10e-6 * 1.05)
    assert asyncio.accounted is not None
    assert asyncio.put_right is not None
    assert asyncio.accounted.value == pytest.approx(50 / 40)
    assert asyncio.put_right.value == pytest.approx((50 - 7 + 5) / (40 - 6 + 10))
    assert (asyncio.put_right.rounds, asyncio.put_right.has_interval) == (8, True)


def test_it_is_told_at_the_most_flows_that_were_measured_both_ways() -> None:
    few = [*cells("http_get/thread/10", 60.0), *timed("http_get/thread/10", 6, 10)]
    assert [one.flows for one in found([*few, *cells(THREAD, 40.0), *timed(THREAD, 6, 10, 2)])] == [10]
    assert [one.flows for one in found([*few, *cells(THREAD, 40.0), *timed(THREAD, 6, 10, 3)])] == [100]


@pytest.mark.parametrize("records", [[], cells(THREAD, 40.0), timed(THREAD, 6, 10)])
def test_nothing_is_told_of_what_was_measured_one_way_only(records: list[Record]) -> None:
    assert found(records) == []


def test_nothing_is_told_where_nobody_knows_the_servers_part() -> None:
    table = frame([*cells(THREAD, 40.0), *timed(THREAD, 6, 10)])
    table["received_there_per_op"] = float("nan")
    assert other_end(table, "http_get", MODELS) == []
    assert other_end(pd.DataFrame(), "http_get", MODELS) == []
