"""What is left of the differences between models with a client on top: ratios inside rounds, of cells that both have."""

from __future__ import annotations

import math
from collections.abc import Mapping

import pytest

from bench.analysis.clients import left
from bench.analysis.frames import frame
from bench.store.records import Record
from tests.support.records import rounds_of

MODELS = ["thread", "process", "asyncio"]
WOBBLE = (1.0, 1.01, 0.99, 1.02, 0.98, 1.0, 1.005, 0.995)


def cells(block: str, demands_us: Mapping[str, float], rounds: int = 8) -> list[Record]:
    """Cells of one block; their CPU per op goes up and down together from round to round."""
    workload, _, rest = block.partition("/")
    return [
        record
        for model, demand in demands_us.items()
        for record in rounds_of(f"{workload}/{model}/{rest}", [0.25] * rounds, [demand * 1e-6 * w for w in WOBBLE])
    ]


BARE = cells("sleep/100", {"thread": 10.0, "process": 15.0, "asyncio": 5.0})
CLIENT = cells("postgres_sleep/100", {"thread": 40.0, "process": 44.0, "asyncio": 60.0})


def test_each_model_is_compared_with_the_first_in_both_workloads() -> None:
    found = left(frame(CLIENT + BARE), "postgres_sleep", "sleep", MODELS)
    assert [(one.model, one.reference, one.flows) for one in found] == [
        ("process", "thread", 100),
        ("asyncio", "thread", 100),
    ]
    assert [one.client.value for one in found] == pytest.approx([1.1, 1.5])
    assert [one.bare.value for one in found] == pytest.approx([1.5, 0.5])
    assert all(one.client.has_interval and one.client.rounds == 8 for one in found)


def test_the_most_flows_that_both_have_are_taken() -> None:
    more = cells("sleep/1000", {"thread": 9.0, "asyncio": 4.0}) + cells("postgres_sleep/10", {"thread": 1.0})
    (_, asyncio) = left(frame(CLIENT + BARE + more), "postgres_sleep", "sleep", MODELS)
    assert asyncio.flows == 100
    assert asyncio.bare.value == pytest.approx(0.5)


def test_fewer_flows_are_taken_where_more_have_no_two_models_in_common() -> None:
    client = CLIENT + cells("postgres_sleep/1000", {"thread": 40.0})
    bare = BARE + cells("sleep/1000", {"thread": 9.0, "asyncio": 4.0})
    assert {one.flows for one in left(frame(client + bare), "postgres_sleep", "sleep", MODELS)} == {100}


@pytest.mark.parametrize(
    "records", [[], CLIENT, BARE, cells("postgres_sleep/10", {"thread": 1.0, "asyncio": 2.0}) + BARE]
)
def test_nothing_is_said_where_both_were_not_measured(records: list[Record]) -> None:
    assert left(frame(records), "postgres_sleep", "sleep", MODELS) == []


def test_a_model_that_one_of_them_lacks_is_left_out_and_may_be_the_first() -> None:
    client = cells("postgres_sleep/100", {"process": 44.0, "asyncio": 66.0})
    (only,) = left(frame(client + BARE), "postgres_sleep", "sleep", MODELS)
    assert (only.model, only.reference) == ("asyncio", "process")
    assert only.client.value == pytest.approx(1.5)


def test_variants_and_null_cells_do_not_count() -> None:
    null = cells("sleep/1000?ops=0", {"thread": 1.0, "asyncio": 1.0})
    locked = cells("postgres_sleep/1000?phase=locked", {"thread": 1.0, "asyncio": 1.0})
    assert {one.flows for one in left(frame(CLIENT + BARE + null + locked), "postgres_sleep", "sleep", MODELS)} == {100}


def test_few_rounds_give_ratios_without_an_interval() -> None:
    few = cells("postgres_sleep/100", {"thread": 40.0, "asyncio": 60.0}, 3)
    (only,) = left(frame(few + BARE), "postgres_sleep", "sleep", MODELS)
    assert only.client.value == pytest.approx(1.5)
    assert only.client.rounds == 3
    assert math.isnan(only.client.low)
    assert only.bare.has_interval
