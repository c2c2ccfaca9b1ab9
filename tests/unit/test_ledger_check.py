"""The ledger's comparisons: every fault it can find, by its text, in flows whose stamps are written by hand."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bench.harness.flow import Field, Flow
from bench.harness.ledger import EARLY_NS, check, check_counted, durations_ns, fairness, written
from bench.words import Fault, Ledger
from tests.support.boards import MS, make_flows

OPS, SIZE = 3, 300
EXPECTED = [Ledger(OPS, SIZE, 77)] * 2


@pytest.fixture
def flows() -> list[Flow]:
    """Two flows that did all that was expected."""
    made = make_flows(2, OPS)
    for flow in made:
        flow[Field.BYTES], flow[Field.CHECKSUM] = SIZE, 77
    return made


def fault(call: Callable[[], None]) -> str:
    """What is found."""
    with pytest.raises(Fault) as caught:
        call()
    return str(caught.value)


def test_flows_that_did_all_have_no_fault(flows: list[Flow]) -> None:
    check(flows, EXPECTED, [])
    check_counted(5, 5)


def test_an_op_counts_by_its_stamp_and_lasts_since_the_one_before(flows: list[Flow]) -> None:
    assert written(flows[1]) == EXPECTED[1]
    assert durations_ns(flows[1]) == [10 * MS] * OPS
    flows[1].stamps[2] = 0
    assert written(flows[1]).ops == OPS - 1
    assert written(flows[1], stamped=False) == Ledger(SIZE, 0, 77)


@pytest.mark.parametrize(
    ("faults", "text"),
    [
        (["flow 1: OSError: no"], "flow 1: OSError: no"),
        (["flow 0: a", "b", "c"], "flow 0: a (and 2 more)"),
        (
            ["flow 0: the pipe broke", "flow 1: it was killed by signal 9"],
            "flow 1: it was killed by signal 9 (and 1 more)",
        ),
    ],
)
def test_what_flows_failed_of_comes_first(flows: list[Flow], faults: list[str], text: str) -> None:
    flows[0].stamps[0] = 0
    assert fault(lambda: check(flows, EXPECTED, faults)) == text


@pytest.mark.parametrize(("field", "what", "ours"), [(Field.BYTES, "bytes", SIZE), (Field.CHECKSUM, "checksum", 77)])
@pytest.mark.parametrize("more", [-1, 1])
def test_a_wrong_tally_is_named(flows: list[Flow], field: Field, what: str, ours: int, more: int) -> None:
    flows[1][field] += more
    assert fault(lambda: check(flows, EXPECTED, [])) == (
        f"flow 1 did other work: {what} {ours + more}, expected {ours}"
    )


@pytest.mark.parametrize("op", range(OPS))
def test_an_op_without_a_stamp_is_missed(flows: list[Flow], op: int) -> None:
    flows[1].stamps[op] = 0
    assert fault(lambda: check(flows, EXPECTED, [])) == "flow 1 did other work: ops 2, expected 3"


@pytest.mark.parametrize("op", range(OPS))
def test_an_op_may_be_early_by_a_timer_s_grain_and_no_more(flows: list[Flow], op: int) -> None:
    for later in range(op, OPS):
        flows[1].stamps[later] -= EARLY_NS
    check(flows, EXPECTED, [])
    flows[1].stamps[op] -= 1000
    found = fault(lambda: check(flows, EXPECTED, []))
    assert found == f"flow 1 waited less: op {op} took 8.499 ms, asked for 10.000 ms"


def test_without_stamps_nobody_looks_at_waits(flows: list[Flow]) -> None:
    for op in range(OPS):
        flows[0].stamps[op] = 0
    check(flows, [Ledger(SIZE, 0, 77)] * 2, [], stamped=False)
    assert fault(lambda: check(flows, [Ledger(SIZE + 1, 0, 77)] * 2, [], stamped=False)) == (
        f"flow 0 did other work: ops {SIZE}, expected {SIZE + 1}"
    )


def test_a_flow_that_nothing_is_expected_of_is_no_fault_but_a_mistake(flows: list[Flow]) -> None:
    with pytest.raises(ValueError, match="shorter"):
        check(flows, EXPECTED[:1], [])


@pytest.mark.parametrize("counted", [4, 6])
def test_a_shared_count_must_be_exact(counted: int) -> None:
    assert fault(lambda: check_counted(counted, 5)) == (
        f"all flows together counted {counted}, expected 5: some did it at the same time"
    )


def test_flows_are_served_evenly_or_one_after_the_other() -> None:
    even = make_flows(4, OPS)
    for flow in even:
        flow.stamps[:] = even[0].stamps
    assert fairness(even) == 1
    even[3].stamps[2] += MS
    assert fairness(even) == 11**2 / (4 * (3 * 9 + 4))
    for flow in even[1:]:
        for op in range(OPS):
            flow.stamps[op] += 1000 * MS
    assert fairness(even) == 1 / 4
