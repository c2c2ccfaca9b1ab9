"""What a run measures before its plan is whole, and what it makes of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from io import StringIO

import pytest

from bench.campaign.fit import ThisMachine, fitted
from bench.campaign.pilot import PILOTS, Capacities
from bench.campaign.progress import Progress
from bench.campaign.subprocesses import Attempt, Outcome
from bench.presets.rows import Row
from bench.store import histogram, records
from bench.workloads.open_loop import TRIALS
from tests.support.records import HOST, make_record, pyperf_text

ROW = Row("open_loop", 1, ("thread", "asyncio"), 2, 3, (("load_pct", 80),))


class Pilots:
    """Runs no cell: each model served 1,000 requests in so many seconds, or was void."""

    def __init__(self, **seconds: float) -> None:
        self.seconds = seconds
        self.asked: list[str] = []

    def __call__(self, attempt: Attempt) -> Outcome:
        """Leave a record where it is asked for."""
        self.asked.append(attempt.cell.name)
        if attempt.cell.model not in self.seconds:
            return Outcome("it was cut short")
        record = make_record(attempt.cell.name, 0, 1, self.seconds[attempt.cell.model], ops_done=1000)
        records.write(attempt.record, pyperf_text(record), HOST)
        return Outcome()


def test_each_model_gets_a_row_with_a_share_of_its_own_capacity() -> None:
    pilots = Pilots(thread=0.2, asyncio=0.1)
    rows, _ = fitted([ROW], ThisMachine(None, Capacities(pilots, Progress())))
    assert [(row.models, row.rounds, row.most, dict(row.parameters)) for row in rows] == [
        (("thread",), 2, 3, {"capacity": 5000, "load_pct": 80, "ops": 4000}),
        (("asyncio",), 2, 3, {"capacity": 10000, "load_pct": 80, "ops": 8000}),
    ]


def test_a_capacity_is_measured_for_all_loads_together() -> None:
    pilots = Pilots(thread=0.2, asyncio=0.1)
    other = Row("open_loop", 1, ("thread",), 1, 1, (("load_pct", 20),))
    rows, _ = fitted([ROW, other], ThisMachine(None, Capacities(pilots, Progress())))
    assert pilots.asked == ["open_loop/thread/1"] * PILOTS + ["open_loop/asyncio/1"] * PILOTS
    assert len(rows) == 3


def test_a_row_that_has_its_capacity_already_stays_as_it_is() -> None:
    """As in a run that goes on: it asks for the same load as before."""
    rows, _ = fitted([ROW], ThisMachine(None, Capacities(Pilots(thread=0.2, asyncio=0.1), Progress())))
    pilots = Pilots()
    assert fitted(rows, ThisMachine(None, Capacities(pilots, Progress()))) == (rows, [])
    assert pilots.asked == []


def test_a_model_whose_pilot_is_void_is_left_out_and_that_is_said() -> None:
    said = StringIO()
    rows, unable = fitted([ROW], ThisMachine(None, Capacities(Pilots(asyncio=0.1), Progress(said))))
    assert [(one.cell, "its capacity is not known" in one.reason) for one in unable] == [
        ("open_loop/thread/1?load_pct=80", True)
    ]
    assert [row.models for row in rows] == [("asyncio",)]
    assert "open_loop/thread/1, to learn its capacity, is void: it was cut short" in said.getvalue()


LATE: Mapping[str, float | str] = {
    "late_max_s": 0.02,
    "late_histogram": histogram.to_text({histogram.bucket(12_000_000): 1000}),
}


class Loaded(Pilots):
    """A pilot at a load takes so many microseconds of CPU a request, one trial after the other, instead of what it took all at once.

    `lasts_s`: how long it takes. Where the server lags, that is longer than the arrivals, and no fault of the model.
    """

    def __init__(self, us: Sequence[float], lasts_s: float = 0.5, **seconds: float) -> None:
        super().__init__(**seconds)
        self.us = list(us)
        self.lasts_s = lasts_s

    def __call__(self, attempt: Attempt) -> Outcome:
        """Leave a record where it is asked for: of a load, or of the pilot of all at once."""
        given = dict(attempt.cell.parameters)
        if "load_pct" not in given:
            return super().__call__(attempt)
        self.asked.append(attempt.cell.name)
        cpu_s = 1000 * self.us.pop(0) * 1e-6
        record = make_record(attempt.cell.name, 0, 1, self.lasts_s, ops_done=1000, cpu_s=cpu_s, **LATE)
        records.write(attempt.record, pyperf_text(record), HOST)
        return Outcome()


def capacity_of(pilots: Loaded) -> float:
    """The capacity, requests per second, that the trials lead to."""
    capacities = Capacities(pilots, Progress())
    (row,), _ = fitted([ROW.of(["thread"])], ThisMachine(None, capacities, capacities.cost_s))
    return float(dict(row.parameters)["capacity"])


def test_trials_at_the_load_correct_what_was_served_at_once() -> None:
    pilots = Loaded([150] * TRIALS, thread=0.1)  # 10,000 a second at once; at a load, a request takes 150 us
    assert capacity_of(pilots) == pytest.approx(1e6 / 150, rel=0.02)
    assert len(pilots.asked) == PILOTS + TRIALS


def test_the_first_trial_only_brings_the_next_ones_near() -> None:
    assert capacity_of(Loaded([90] + [150] * (TRIALS - 1), thread=0.1)) == pytest.approx(1e6 / 150, rel=0.02)


def test_a_server_that_lags_does_not_make_a_model_look_able_to_do_more() -> None:
    lagged = Loaded([150] * TRIALS, lasts_s=4.0, thread=0.1)
    assert capacity_of(lagged) == capacity_of(Loaded([150] * TRIALS, thread=0.1))


def test_a_load_beyond_the_capacity_is_not_corrected() -> None:
    pilots = Loaded([], thread=0.1)
    capacities = Capacities(pilots, Progress())
    beyond = Row("open_loop", 1, ("thread",), 1, 1, (("load_pct", 120),))
    rows, _ = fitted([beyond], ThisMachine(None, capacities, capacities.cost_s))
    assert dict(rows[0].parameters)["capacity"] == 10_000
