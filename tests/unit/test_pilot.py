"""What a run measures before its plan is whole, and what it makes of it."""

from __future__ import annotations

from collections.abc import Mapping
from io import StringIO

from bench.campaign.fit import ThisMachine, fitted
from bench.campaign.pilot import PILOTS, Capacities
from bench.campaign.progress import Progress
from bench.campaign.subprocesses import Attempt, Outcome
from bench.presets.rows import Row
from bench.store import histogram, records
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
    """A pilot at a load uses the core as if each request took so many microseconds then, instead of what it took all at once."""

    def __init__(self, us: float, **seconds: float) -> None:
        super().__init__(**seconds)
        self.us = us

    def __call__(self, attempt: Attempt) -> Outcome:
        """Leave a record where it is asked for: a second of arrivals, or the pilot of all at once."""
        given = dict(attempt.cell.parameters)
        if "load_pct" not in given:
            return super().__call__(attempt)
        self.asked.append(attempt.cell.name)
        cpu_s = min(1.0, float(given["capacity"]) * float(given["load_pct"]) / 100 * self.us * 1e-6)
        record = make_record(attempt.cell.name, 0, 1, 1.0, ops_done=1000, cpu_s=cpu_s, **LATE)
        records.write(attempt.record, pyperf_text(record), HOST)
        return Outcome()


def test_trials_at_the_load_correct_what_was_served_at_once() -> None:
    pilots = Loaded(us=150, thread=0.1, asyncio=0.1)  # 10,000 a second at once; at a load, a request takes 150 us
    capacities = Capacities(pilots, Progress())
    rows, _ = fitted([ROW.of(["thread"])], ThisMachine(None, capacities, capacities.busy))
    (row,) = rows
    assert abs(float(dict(row.parameters)["capacity"]) - 1e6 / 150) <= 1 / 150 * 1e6 * 0.04  # from a core that was full
    assert len(pilots.asked) == PILOTS + 3


def test_a_load_beyond_the_capacity_is_not_corrected() -> None:
    pilots = Loaded(us=150, thread=0.1)
    capacities = Capacities(pilots, Progress())
    beyond = Row("open_loop", 1, ("thread",), 1, 1, (("load_pct", 120),))
    rows, _ = fitted([beyond], ThisMachine(None, capacities, capacities.busy))
    assert dict(rows[0].parameters)["capacity"] == 10_000
