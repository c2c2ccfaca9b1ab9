"""What a client leaves of the differences between models, in words."""

from __future__ import annotations

from bench.report.compose import document
from bench.report.parts.workloads import PART as SECTIONS
from bench.store.records import Record
from tests.support.runs import make_manifest
from tests.unit.test_clients import BARE, CLIENT, cells


def sentences(records: list[Record], workload: str = "postgres_sleep") -> list[str]:
    (section,) = (s for s in document(make_manifest(records), records).of(SECTIONS) if s.name == workload)
    return [sentence for sentence in section.causes if sentence.startswith("What ")]


def test_every_model_is_put_against_the_first_with_the_client_and_without() -> None:
    left, costs = sentences(CLIENT + BARE)
    assert left == (
        "What is left of it with a real client on top. At 100 flows, process's CPU per op is 1.10 times (1.10 to 1.10) that "
        "of thread through psycopg, 1.50 times (1.50 to 1.50) with a bare timer; asyncio's 1.50 times (1.50 to 1.50) "
        "through psycopg, 0.500 times (0.500 to 0.500) with a bare timer."
    )
    assert costs == (
        "What the client costs. At 100 flows, an op takes 40.0 µs of CPU under thread through psycopg, 10.0 with a bare "
        "timer: 4.0 times as much."
    )


def test_a_ratio_of_few_rounds_is_about_so_much() -> None:
    few = cells("httpx_get/1", {"thread": 400.0, "asyncio": 480.0}, 2)
    first, _ = sentences(few + cells("http_get/1", {"thread": 50.0, "asyncio": 100.0}, 2), "httpx_get")
    assert (
        "At 1 flow, asyncio's CPU per op is about 1.2 times that of thread through httpx, about 2.0 times over" in first
    )


def test_nothing_is_said_of_a_client_alone_nor_of_what_has_none() -> None:
    assert sentences(CLIENT) == []
    assert sentences(CLIENT + BARE, "sleep") == []
