"""The ledger's comparisons: every fault it can find, by its text, in flows whose stamps are written by hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from bench.harness.flow import Field, Flow
from bench.harness.ledger import EARLY_NS, check, check_statements, check_targets, durations_ns, fairness, written
from bench.targets.http_referee import Seen
from bench.targets.postgres_referee import Committed
from bench.words import Fault, Ledger, Witness
from tests.support.boards import MS, make_flows

OPS, SIZE = 3, 300
EXPECTED = [Ledger(OPS, SIZE, 77)] * 2
SEEN = Seen(1, OPS, SIZE, OPS * 10 * MS, 10 * MS, 0, 0)
WITNESS = Witness(http={0: (OPS, SIZE), 1: (OPS, SIZE)}, disk_bytes=4096, counted=5)


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
    check_targets(flows, WITNESS, {0: SEEN, 1: SEEN}, 4096, 5)
    check_targets(flows, Witness(), {}, 0)


def test_an_op_counts_by_its_stamp_and_lasts_since_the_one_before(flows: list[Flow]) -> None:
    assert written(flows[1]) == EXPECTED[1]
    assert durations_ns(flows[1]) == [10 * MS] * OPS
    flows[1].stamps[2] = 0
    assert written(flows[1]).ops == OPS - 1
    assert written(flows[1], stamped=False) == Ledger(SIZE, 0, 77)


@pytest.mark.parametrize(
    ("faults", "text"),
    [(["flow 1: OSError: no"], "flow 1: OSError: no"), (["flow 0: a", "b", "c"], "flow 0: a (and 2 more)")],
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


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"requests": 2}, "the server counts answers of flow 1: 2, expected 3"),
        ({"requests": 4}, "the server counts answers of flow 1: 4, expected 3"),
        ({"bytes": 299}, "the server counts bytes of flow 1: 299, expected 300"),
        ({"connections": 2}, "the server counts connections of flow 1: 2, expected 1"),
        ({"unsent": 1}, "the server counts answers it could not send of flow 1: 1, expected 0"),
        ({"waited_ns": 29 * MS}, "the server made flow 1 wait 29.000 ms, asked for 30.000 ms"),
    ],
    ids=str,
)
def test_a_server_that_saw_other_work_is_believed(flows: list[Flow], change: dict[str, Any], text: str) -> None:
    seen = {0: SEEN, 1: replace(SEEN, **change)}
    assert fault(lambda: check_targets(flows, WITNESS, seen, 4096, 5)) == text


@pytest.mark.parametrize(("short_ns", "found"), [(1000 * OPS, False), (1000 * OPS + 1, True)])
def test_a_request_asks_in_whole_microseconds(flows: list[Flow], short_ns: int, *, found: bool) -> None:
    seen = {0: SEEN, 1: replace(SEEN, waited_ns=SEEN.waited_ns - short_ns)}
    if found:
        assert "made flow 1 wait" in fault(lambda: check_targets(flows, WITNESS, seen, 4096, 5))
    else:
        check_targets(flows, WITNESS, seen, 4096, 5)


def test_a_flow_that_the_server_did_not_see_is_named(flows: list[Flow]) -> None:
    assert fault(lambda: check_targets(flows, WITNESS, {0: SEEN}, 4096, 5)) == "the server saw nothing of flow 1"


def test_a_flow_that_asks_nothing_must_not_be_seen(flows: list[Flow]) -> None:
    witness = Witness(http={0: (OPS, SIZE)})
    check_targets(flows, witness, {0: SEEN}, 0)
    found = fault(lambda: check_targets(flows, witness, {0: SEEN, 1: SEEN}, 0))
    assert found == "the server saw a flow 1 that asks it nothing"


@pytest.mark.parametrize("counted", [4, 6])
def test_a_shared_count_must_be_exact(flows: list[Flow], counted: int) -> None:
    assert fault(lambda: check_targets(flows, Witness(counted=5), {}, 0, counted)) == (
        f"all flows together counted {counted}, expected 5: some did it at the same time"
    )


def test_the_kernel_must_have_fetched_every_byte_and_may_have_fetched_more(flows: list[Flow]) -> None:
    check_targets(flows, Witness(disk_bytes=4096), {}, 8192)
    found = fault(lambda: check_targets(flows, Witness(disk_bytes=4096), {}, 4095))
    assert found == "the kernel fetched 4095 bytes from the disk, expected 4096: a cache answered"


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


@pytest.mark.parametrize(
    ("seen", "text"),
    [
        (Committed(2, 9), "PostgreSQL counts statements of all flows together: 9, expected 10"),
        (Committed(3, 10), "PostgreSQL counts connections of all flows together: 3, expected 2"),
    ],
)
def test_what_postgresql_counts_must_be_what_all_flows_have_asked(seen: Committed, text: str) -> None:
    witness = Witness(statements=10)
    check_statements(2, witness, Committed(2, 10))
    check_statements(2, witness, None)  # a server of somebody else's
    assert fault(lambda: check_statements(2, witness, seen)) == text
