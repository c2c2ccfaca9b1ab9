"""When all flows were running, and what had been used by then: from stamps and readings that are written by hand."""

from __future__ import annotations

from itertools import pairwise

import pytest

from bench.harness.flow import Field
from bench.harness.running import PARTS, Clock, clock, op_ends, own_ends, part_ends, progress, quarters, sure
from tests.support.boards import MS, make_flows


@pytest.mark.parametrize(
    ("ops", "ends"), [(0, [0] * 5), (1, [1] * 5), (2, [1, 1, 1, 1, 2]), (5, [1, 2, 3, 4, 5]), (9, [1, 3, 5, 7, 9])]
)
def test_parts_are_the_first_op_and_the_quarters_of_the_others(ops: int, ends: list[int]) -> None:
    assert part_ends(ops) == ends
    assert len(ends) == PARTS


def test_running_begins_when_the_last_flow_has_ended_its_first_op() -> None:
    flows = make_flows(2, 8)
    for op in range(8):
        flows[1].stamps[op] += 20 * MS
    made = progress(flows)
    assert made is not None
    assert made.running_ns == flows[1].stamps[0]
    assert made.ops == 5 + 7
    ends = sorted(stamp for flow in flows for stamp in flow.stamps if stamp > made.running_ns)
    assert list(made.quarters_ns) == [ends[2], ends[5], ends[8], ends[11]]


def test_where_fewer_flows_run_at_once_so_many_are_enough() -> None:
    flows = make_flows(3, 4)
    for flow, behind in zip(flows, (0, 5, 100), strict=True):
        for op in range(4):
            flow.stamps[op] += behind * MS
    made = progress(flows, at_once=2)
    assert made is not None
    assert made.running_ns == flows[1].stamps[0]
    whole = progress(flows, at_once=3)
    assert whole is not None
    assert (whole.ops, list(whole.quarters_ns)) == (3, [])  # fewer than half: no quarters of them


@pytest.mark.parametrize("ops", [0, 3])
def test_flows_that_left_no_stamps_tell_nothing(ops: int) -> None:
    flows = make_flows(2, ops)
    if ops:
        flows[1].stamps[0] = 0
    assert progress(flows) is None
    assert progress([]) is None


def test_ops_of_a_part_ended_evenly_in_it() -> None:
    (flow,) = make_flows(1, PARTS)
    tasks = [0.0] * 9
    flow.parts = [tasks[since:end] for since, end in pairwise((0, *part_ends(9)))]
    since = flow[Field.FIRST]
    for part in range(PARTS):
        flow.stamps[part] = since + 100 * (part + 1)
    assert [end - since for end in op_ends(flow)] == [100, 150, 200, 250, 300, 350, 400, 450, 500]


def test_a_clock_goes_on_evenly_between_its_readings() -> None:
    one = Clock([10, 20, 40], [1000, 1005, 1105])
    assert [one.used_by(at) for at in (0, 10, 15, 20, 30, 40, 99)] == [0, 0, 2.5, 5, 55, 105, 105]


def test_what_was_used_before_the_start_or_after_the_end_does_not_count() -> None:
    """Readings are behind: one right after the start may tell less than its own clock did then."""
    seen = [(4, 5, 900), (5, 12, 990), (12, 30, 1040), (30, 49, 1150), (49, 60, 1200)]
    one = clock((10, 1000), (50, 1100), seen)
    assert (one.times_ns, one.values_ns) == ([10, 12, 30, 49, 50], [1000, 1000, 1040, 1100, 1100])
    assert one.used_by(50) == 100
    assert clock((10, 1000), (10, 1000), []).used_by(20) == 0


def test_a_process_that_stood_still_when_it_was_looked_at_has_run_after_that() -> None:
    one = clock((0, 1000), (100, 1020), [(40, 60, 1010), (70, 80, 1020)])
    assert [one.used_by(at) for at in (0, 40, 50, 60, 70, 75, 80, 100)] == [0, 0, 5, 10, 10, 15, 20, 20]
    assert [one.unsure_by(at) for at in (20, 50, 65, 75, 90)] == [0, 10, 0, 0, 0]


def test_a_process_that_ran_all_the_time_is_brought_up_to_date_late() -> None:
    one = clock((0, 0), (100, 100), [(40, 50, 50)])  # looked at, at 40, it showed 0
    assert [one.used_by(at) for at in (25, 40, 75)] == [25, 40, 75]
    assert [one.unsure_by(at) for at in (25, 40, 75)] == [0, 0, 0]


def test_readings_are_enough_where_they_are_off_by_little() -> None:
    one = clock((0, 1000), (100, 1010), [(40, 60, 1010)])
    assert sure([20, 50], [one], 200)
    assert not sure([20, 50], [one], 199)


def test_cpu_per_op_by_quarters_adds_up_the_processes() -> None:
    clocks = [Clock([0, 100], [0, 1000]), Clock([0, 50, 100], [0, 0, 400])]
    assert quarters([25, 50, 75, 100], 0, clocks, 8) == [125, 125, 225, 225]
    assert quarters([], 0, clocks, 8) == []


def test_a_process_that_ran_several_flows_counts_from_the_first_start_to_the_last_end() -> None:
    flows = make_flows(3, 2)
    for flow, (pid, start, end) in zip(flows, ((7, 100, 200), (8, 50, 60), (7, 200, 260)), strict=True):
        flow[Field.PID], flow[Field.CLOCK_AT_START], flow[Field.CLOCK_AT_END] = pid, start, end
    assert own_ends(flows) == {
        7: ((flows[0][Field.FIRST], 100), (flows[2][Field.END], 260)),
        8: ((flows[1][Field.FIRST], 50), (flows[1][Field.END], 60)),
    }
    assert own_ends(make_flows(2, 2)) == {}
