"""What it costs that the core sleeps between waits, in words and on the card."""

from __future__ import annotations

import pytest

from bench.render.compose import document
from bench.store.records import Record
from tests.support.runs import make_manifest
from tests.unit.test_waking import ASLEEP, AWAKE, cells


def sentences(records: list[Record]) -> list[str]:
    (section,) = document(make_manifest(records), records).sections
    return [sentence for sentence in section.causes if "awake=1" in sentence and "Known" not in sentence]


def test_it_is_told_for_every_model_with_the_reason() -> None:
    more = cells("http_get/asyncio/100", 50.0) + cells("http_get/asyncio/100?awake=1", 25.0)
    thread = [record for record in ASLEEP + AWAKE if record.cell.model == "thread"]
    (said,) = sentences(thread + more)
    assert said == (
        "What it costs that the core sleeps between waits: where it may not (awake=1), an op at 100 flows takes "
        "0.750 times (0.750 to 0.750) as much CPU under thread (31.5 µs), 0.500 times (0.500 to 0.500) under asyncio (26.2 µs). "
        "The rest is no work of the model's: a core that slept computes more slowly at first, and one that never rests is spared that."
    )


def test_three_rounds_are_no_reason() -> None:
    (said,) = sentences(ASLEEP + AWAKE)
    assert said.endswith("under thread (31.5 µs), about 0.50 times under asyncio (25.0 µs).")


@pytest.mark.parametrize(
    ("awake_us", "end"), [(39.5, " So it costs next to nothing here."), (60.0, " under thread (63.0 µs).")]
)
def test_no_reason_is_given_where_it_costs_nothing(awake_us: float, end: str) -> None:
    (said,) = sentences(cells("http_get/thread/100", 40.0) + cells("http_get/thread/100?awake=1", awake_us))
    assert said.endswith(end)


def test_it_stands_on_the_card() -> None:
    records = ASLEEP + AWAKE
    card = document(make_manifest(records), records).card
    rows = {row[0]: row for row in card.rows}
    shown = rows["the same, on a core that may not sleep, µs"]
    assert shown[card.head.index("asyncio")] == "25.0 (n=3)"
    assert shown[card.head.index("thread")].startswith("31.5 ± ")
