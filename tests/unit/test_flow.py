"""The board that flows write on, the pipe of their faults, and the waits they are asked for."""

from __future__ import annotations

import os
from itertools import pairwise

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


Z_MS = 10.0


def firsts(seed: int) -> list[float]:
    """The first waits of 100 flows."""
    order = make_order(100, OPS, seed, Z_MS, "spread")
    return [order.waits_s(index)[0] for index in range(100)]


def test_flows_are_spread_over_the_whole_wait_in_whole_microseconds() -> None:
    found = firsts(1)
    assert all(0 <= wait_s < Z_MS / 1000 for wait_s in found)
    assert all(round(wait_s * 1e6) / 1e6 == wait_s for wait_s in found)
    spread = sorted(found)
    assert max(after - before for before, after in pairwise([0.0, *spread, Z_MS / 1000])) < Z_MS / 1000 / 8
    assert len(set(found)) > 90


def test_a_seed_gives_the_same_waits_again_and_another_seed_gives_others() -> None:
    assert firsts(1) == firsts(1)
    assert not set(zip(range(100), firsts(1), strict=True)) & set(zip(range(100), firsts(2), strict=True))


@pytest.mark.parametrize("ops", [0, 1, 5])
@pytest.mark.parametrize("phase", ["spread", "locked"])
def test_only_the_first_wait_is_a_draw(ops: int, phase: str) -> None:
    found = make_order(2, ops, 1, Z_MS, phase).waits_s(1)
    assert len(found) == ops
    assert found[1:] == [0.01] * max(0, ops - 1)
    assert (found[:1] == [0.01][:ops]) == (phase == "locked" or ops == 0)


def test_no_wait_is_spread_over_nothing() -> None:
    assert make_order(2, 3, 1, 0, "spread").waits_s(0) == [0.0] * 3
