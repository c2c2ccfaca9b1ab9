"""Arrivals: their times, what is announced of them, and what is said of those that nobody serves."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from time import monotonic_ns

import pytest

from bench.cells import not_here
from bench.harness.flow import Flow
from bench.models import MODELS
from bench.targets.arrivals import MESSAGE_BYTES, offsets_ns
from bench.targets.http_message import arrivals_request, body_length, in_head
from bench.targets.http_referee import Address, HttpReferee, http_server
from bench.words import Cell
from bench.worker.main import prepare_order
from bench.workloads import open_loop
from tests.contract.test_ledger import cell
from tests.contract.test_ledger import copy as copy  # noqa: PLC0414 - a fixture
from tests.support.tokens import announced_tokens

HERE = [name for name in MODELS if not not_here(Cell("open_loop", name, 1))]


@pytest.fixture(scope="module")
def address() -> Iterator[Address]:
    with http_server(None) as server:
        yield server.address


@pytest.fixture(scope="module")
def tokens(address: Address) -> Iterator[Iterator[str]]:
    """Every test writes on an account of its own."""
    with announced_tokens(address, "arrivals") as found:
        yield found


def test_arrivals_are_a_poisson_process_that_a_seed_decides() -> None:
    times = offsets_ns("7/0", 1000, 20_000)
    assert times == offsets_ns("7/0", 1000, 20_000)
    assert times != offsets_ns("8/0", 1000, 20_000)
    gaps = [after - before for before, after in pairwise([0, *times])]
    assert min(gaps) >= 0
    mean = sum(gaps) / len(gaps)
    assert mean == pytest.approx(1e6, rel=0.05)  # 7 standard errors of the mean of 20,000 exponential gaps
    assert sum((gap - mean) ** 2 for gap in gaps) / len(gaps) == pytest.approx(1e12, rel=0.2)


def test_without_a_rate_all_arrive_at_once() -> None:
    assert offsets_ns("7/0", 0, 3) == [0, 0, 0]
    assert offsets_ns("7/0", 5, 0) == []


@pytest.mark.parametrize(("load_pct", "ops"), [(60, 1200), (80, 1600), (95, 1900), (20, 1050)])
def test_a_load_is_a_share_of_what_was_measured_and_comes_long_enough_for_a_p99(load_pct: int, ops: int) -> None:
    found = open_loop.loaded(2000.4, load_pct)
    assert found == (("capacity", 2000), ("load_pct", load_pct), ("ops", ops))
    assert not_here(Cell("open_loop", "thread", 1, found)) == ""
    assert open_loop.rate(dict(found)) == 2000 * load_pct / 100


def test_a_load_without_a_capacity_is_a_mistake_of_the_user_s() -> None:
    done = cell("open_loop/thread/1?load_pct=50")
    assert (done.returncode, done.stdout) == (2, "")
    assert "measure that first" in done.stderr


def test_a_model_without_flows_is_not_run() -> None:
    assert "cannot start a flow" in not_here(Cell("open_loop", "sequential", 1))


def test_an_arrival_is_announced_when_it_is_due_and_not_before(tokens: Iterator[str], address: Address) -> None:
    token, begin_ns = next(tokens), monotonic_ns() + 20_000_000
    referee = HttpReferee(address)
    with socket.create_connection(address, timeout=30) as connection, connection.makefile("rb") as reader:
        connection.sendall(arrivals_request(token, 1, (begin_ns, "s", 500.0, 20)))
        head = [reader.readline()]
        while in_head(head):
            head.append(reader.readline())
        assert body_length(head) == 20 * MESSAGE_BYTES
        for offset_ns in offsets_ns("s", 500.0, 20):
            message = reader.read(MESSAGE_BYTES)
            assert monotonic_ns() >= begin_ns + offset_ns
            assert int.from_bytes(message, "little") == begin_ns + offset_ns
    assert referee.take(token)[1].requests == 20
    referee.close()


@pytest.mark.parametrize(
    "times", [(-5, "s", 1.0, 1), (0, "s", -1.0, 1), (0, "s", 1.0, -1), (0, "s", 1e-9, 9), (0, "s", 1.0, 10**9)]
)
def test_times_that_make_no_sense_are_refused(
    tokens: Iterator[str], address: Address, times: tuple[int, str, float, int]
) -> None:
    begin_ns, *others = times
    begin_ns += monotonic_ns() if begin_ns >= 0 else 0
    token = next(tokens)  # a connection that was there before a cell is announced is closed
    with socket.create_connection(address, timeout=30) as connection, connection.makefile("rb") as reader:
        connection.sendall(arrivals_request(token, 1, (begin_ns, *others)))  # type: ignore[arg-type]
        assert reader.readline() == b"HTTP/1.1 400 Bad Request\r\n"


@pytest.mark.parametrize("model", HERE)
def test_arrivals_at_a_rate_are_all_served(model: str) -> None:
    done = cell(f"open_loop/{model}/1?capacity=100&load_pct=50")
    assert (done.returncode, done.stdout) == (0, '{"void": null}\n'), done.stderr


@pytest.mark.parametrize("model", HERE)
def test_a_cell_that_is_far_behind_ends_and_says_how_many_were_unserved(model: str, copy: Path) -> None:
    path = copy / "bench" / "workloads" / "open_loop.py"
    text = path.read_text()
    assert "LATE_S = 10.0" in text
    path.write_text(text.replace("LATE_S = 10.0", "LATE_S = 1e-9"))
    done = cell(f"open_loop/{model}/1", copy)
    assert done.returncode == 1, done.stdout
    assert "arrivals were unserved" in done.stdout


def test_an_arrival_is_due_a_lead_after_the_gate_and_its_draw() -> None:
    order = prepare_order(Cell("open_loop", "thread", 1, open_loop.loaded(100, 50)), {}, 3)
    order = replace(order, ops=5)
    flow = Flow(order, 0, [0.0] * 5, (memoryview(b""),) * 4, None)
    assert open_loop.due([flow], 1000) == {0: [1000 + open_loop.LEAD_NS + ns for ns in offsets_ns("3/0", 50.0, 5)]}
