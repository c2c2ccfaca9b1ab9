"""Waits given against waits asked: what is out of line, what is gross, and whose fault it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from bench.analysis.disturbance import describe_disturbance
from bench.store.waits import SERVER_BUSY, grossly_too_long, too_long
from bench.words import Value
from bench.worker.main import worth_another_try
from tests.support.records import make_record

ASKED: Mapping[str, Value] = {"wait_asked_s": 0.01, "server_busy": 0.3, "strangers": 0}


@pytest.mark.parametrize(
    ("given_ms", "out", "gross"),
    [
        (9.99, False, False),
        (11.19, False, False),
        (11.21, True, False),
        (20.9, True, False),
        (21.1, True, True),
    ],
)
def test_a_wait_is_out_of_line_by_a_tenth_and_gross_where_it_is_twice_as_long(
    given_ms: float, *, out: bool, gross: bool
) -> None:
    figures = {**ASKED, "wait_given_s": given_ms / 1e3}
    assert bool(too_long(figures)) == out
    assert bool(grossly_too_long(figures)) == gross


def test_what_is_said_names_both_waits_and_the_strangers() -> None:
    figures = {**ASKED, "wait_given_s": 0.0621, "strangers": 1200}
    assert too_long(figures) == (
        "the server made flows wait 62.100 ms on average, asked for 10.000 ms, while 1,200 strangers asked it"
    )


def test_a_server_that_the_cell_keeps_busy_is_the_cells_own_and_one_that_strangers_keep_busy_is_not() -> None:
    busy = {**ASKED, "wait_given_s": 0.03, "server_busy": SERVER_BUSY + 0.01}
    assert too_long(busy) == ""
    assert too_long({**busy, "strangers": 1}) != ""


def test_a_timer_s_own_lateness_is_allowed_to_the_shortest_waits() -> None:
    assert too_long({"wait_asked_s": 0.0001, "wait_given_s": 0.0003}) == ""
    assert grossly_too_long({"wait_asked_s": 0.0001, "wait_given_s": 0.0011}) == ""


@pytest.mark.parametrize("lacking", ["wait_asked_s", "wait_given_s"])
def test_a_record_that_does_not_say_is_not_judged(lacking: str) -> None:
    figures = {**ASKED, "wait_given_s": 0.5}
    del figures[lacking]
    assert too_long(figures) == ""


def test_a_cell_whose_waits_are_out_of_line_was_disturbed() -> None:
    record = make_record("http_get/thread/10", value_s=0.25)
    assert describe_disturbance(record) == ""
    out = replace(record, metadata={**record.metadata, "wait_asked_s": 0.01, "wait_given_s": 0.013})
    assert describe_disturbance(out) == "the server made flows wait 13.000 ms on average, asked for 10.000 ms"


@pytest.mark.parametrize(
    ("void", "again"),
    [
        ("", False),
        ("flow 1 did other work: ops 3, expected 4", False),
        ("flow 1: ChildProcessError: its process was killed by signal 9 (and 2 more)", True),
        ("the server made flows wait 62.100 ms on average, asked for 10.000 ms", True),
        ("the server made flow 3 wait 9.000 ms, asked for 10.000 ms", False),
    ],
)
def test_a_cell_that_is_void_for_what_others_did_is_worth_another_try(void: str, *, again: bool) -> None:
    assert worth_another_try(void) == again
