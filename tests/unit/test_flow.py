"""The board that flows write on, and the pipe of their faults."""

from __future__ import annotations

import os

import pytest

from bench.harness.flow import HEAD, Faults, Field, Flow, board, shared_words
from tests.support.boards import make_flows, make_order

FLOWS, OPS, MARKS = 3, 4, 5


def in_a_child(work: object) -> int:
    """Run something in a forked process; return its exit status."""
    pid = os.fork()
    if pid == 0:
        try:
            assert callable(work)
            work()
        except BaseException:  # noqa: BLE001 - nothing of pytest may go on in here
            os._exit(1)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def test_every_word_of_a_board_belongs_to_one_flow_but_for_the_gate_which_is_everybody_s() -> None:
    rows = board(FLOWS, OPS, MARKS)
    assert [[len(part) for part in row] for row in rows] == [[OPS, HEAD, MARKS, 1]] * FLOWS
    number = 0
    for row in rows:
        for part in row[:3]:
            for i in range(len(part)):
                assert part[i] == 0
                part[i] = number = number + 1
    rows[0][3][0] = -1
    words = [word for row in rows for part in row[:3] for word in part]
    assert words == list(range(1, FLOWS * (OPS + HEAD + MARKS) + 1))
    assert [row[3][0] for row in rows] == [-1] * FLOWS


@pytest.mark.parametrize("count", [0, 1, 511, 512, 513])
def test_shared_words_are_as_many_as_asked_for_all_zero_and_signed(count: int) -> None:
    words = shared_words(count)
    assert words.tolist() == [0] * count
    assert (words.itemsize, words.format) == (8, "q")


def test_what_a_forked_process_writes_is_seen_by_all() -> None:
    flows = make_flows(2, OPS)

    def work() -> None:
        flows[1].stamps[2] = -7
        flows[1].head[HEAD - 1] = 2**62

    assert in_a_child(work) == 0
    assert (flows[1].stamps[2], flows[1].head[HEAD - 1], flows[0].head[HEAD - 1]) == (-7, 2**62, 0)


def test_a_flow_leaves_its_stamps_in_order_and_its_tally() -> None:
    order = make_order(1, OPS)
    flow = Flow(order, 0, order.waits_s(0), board(1, OPS)[0], None)
    flow.enter()
    flow.leave((512, 99))
    assert 0 < flow[Field.FIRST] <= flow[Field.END]
    assert (flow[Field.BYTES], flow[Field.CHECKSUM]) == (512, 99)
    assert {flow[Field.CPU_AT_START], flow[Field.CPU_AT_END]} <= os.sched_getaffinity(0)
    flow.leave(None)
    assert (flow[Field.BYTES], flow[Field.CHECKSUM]) == (512, 99)


def test_touching_a_row_clears_all_of_it_and_nothing_else() -> None:
    rows = board(2, OPS, MARKS)
    for row in rows:
        for part in row:
            part[:] = memoryview(bytes([1] * 8 * len(part))).cast("q")
    Flow(make_order(2, OPS), 0, [], rows[0], None).touch()
    assert [any(part) for part in rows[0]] == [False, False, False, True]
    assert [all(part) for part in rows[1]] == [True] * 4


def test_faults_come_from_threads_and_forked_processes_alike() -> None:
    faults, flows = Faults(), make_flows(2, OPS)
    faults.note(flows[0], ValueError("in\ntwo lines"))
    assert in_a_child(lambda: faults.note(flows[1], OSError(5, "Input/output error"))) == 0
    assert faults.close() == ["flow 0: ValueError: in two lines", "flow 1: OSError: [Errno 5] Input/output error"]


def test_no_faults_are_none_and_a_long_one_is_cut() -> None:
    faults = Faults()
    assert faults.close() == []
    faults = Faults()
    faults.note(make_flows(1, OPS)[0], ValueError("x" * 10_000))
    (line,) = faults.close()
    assert len(line) == 400


def test_more_faults_than_fit_neither_block_nor_are_cut_in_half() -> None:
    faults, flow = Faults(), make_flows(1, OPS)[0]
    for _ in range(1000):
        faults.note(flow, ValueError("µ" * 300))
    lines = faults.close()
    assert set(lines) == {"flow 0: ValueError: " + "µ" * 300}
    assert 50 < len(lines) < 1000


@pytest.mark.parametrize("end", ["\r", "\x0b", "\x1c", "\u2028"], ids=ascii)
def test_an_error_of_several_lines_is_one_fault(end: str) -> None:
    faults = Faults()
    faults.note(make_flows(1, OPS)[0], ValueError(f"in{end}two"))
    assert len(faults.close()) == 1
