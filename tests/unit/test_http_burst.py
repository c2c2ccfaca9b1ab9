"""GET /burst: nobody is answered before all who can wait do, then so many at a time, and nobody is left waiting."""

from __future__ import annotations

import select
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from io import BufferedReader

import pytest

from bench.targets.http_message import body_length, burst_request, in_head, page
from bench.targets.http_referee import Address, HttpReferee, http_server
from tests.support.tokens import announced_tokens


@pytest.fixture(scope="module")
def address() -> Iterator[Address]:
    with http_server(None) as server:
        yield server.address


@pytest.fixture(scope="module")
def tokens(address: Address) -> Iterator[Iterator[str]]:
    """Every test writes on an account of its own."""
    with announced_tokens(address, "burst") as found:
        yield found


@pytest.fixture
def referee(address: Address) -> Iterator[HttpReferee]:
    found = HttpReferee(address)
    yield found
    found.close()


@contextmanager
def client(address: Address) -> Iterator[tuple[socket.socket, BufferedReader]]:
    """A connection and what comes out of it."""
    with socket.create_connection(address, timeout=30) as connection, connection.makefile("rb") as reader:
        yield connection, reader


def answer(reader: BufferedReader) -> bytes:
    """The body of one response that is a 200."""
    head = [reader.readline()]
    while in_head(head):
        head.append(reader.readline())
    return reader.read(body_length(head))


SIZE = 100
PAGE = page("/burst", SIZE)


class Flows:
    """So many clients of one cell, each with one request at a time, in one thread."""

    def __init__(self, stack: ExitStack, address: Address, flows: int) -> None:
        self._clients = [stack.enter_context(client(address)) for _ in range(flows)]

    def ask(self, flow: int, get: bytes) -> None:
        """Send a request."""
        self._clients[flow][0].sendall(get)

    def answered(self) -> list[int]:
        """Wait until an answer is there; read all that are, return whose they were."""
        by_fd = {connection.fileno(): flow for flow, (connection, _) in enumerate(self._clients)}
        ready, _, _ = select.select(list(by_fd), [], [], 30)
        flows = [by_fd[fd] for fd in ready]
        for flow in flows:
            assert answer(self._clients[flow][1]) == PAGE
        return flows

    def silent(self) -> bool:
        """Is there no answer now?"""
        return select.select([connection for connection, _ in self._clients], [], [], 0.02)[0] == []


@pytest.mark.parametrize(
    ("flows", "burst", "ops"), [(1, 1, 3), (5, 1, 3), (5, 2, 3), (5, 5, 3), (5, 99, 2), (7, 3, 1), (4, 3, 5)]
)
def test_every_flow_has_all_its_answers_at_most_so_many_at_a_time(
    tokens: Iterator[str], address: Address, referee: HttpReferee, flows: int, burst: int, ops: int
) -> None:
    token = next(tokens)
    gets = [burst_request(token, flow, SIZE, (burst, flows, ops)) for flow in range(flows)]
    left, unanswered = [ops - 1] * flows, flows
    with ExitStack() as stack:
        all_ = Flows(stack, address, flows)
        for flow, get in enumerate(gets):
            all_.ask(flow, get)
        while unanswered:
            done = all_.answered()
            unanswered -= len(done)
            for flow in done:
                if left[flow]:
                    left[flow] -= 1
                    unanswered += 1
                    all_.ask(flow, gets[flow])
    seen = referee.take(token)
    assert {f: (s.connections, s.requests, s.bytes, s.unsent) for f, s in seen.items()} == dict.fromkeys(
        range(flows), (1, ops, ops * SIZE, 0)
    )


def test_nobody_is_answered_before_all_wait_and_those_who_waited_longest_come_first(
    tokens: Iterator[str], address: Address
) -> None:
    token = next(tokens)
    gets = [burst_request(token, flow, SIZE, (2, 3, 9)) for flow in range(3)]
    with ExitStack() as stack:
        flows = Flows(stack, address, 3)
        for flow in (2, 0):
            flows.ask(flow, gets[flow])
            assert flows.silent()
        flows.ask(1, gets[1])
        first = flows.answered()
        while len(first) < 2:
            first += flows.answered()
        assert sorted(first) == [0, 2]
        assert flows.silent()
        flows.ask(0, gets[0])
        assert flows.silent()
        flows.ask(2, gets[2])
        then = flows.answered()
        while len(then) < 2:
            then += flows.answered()
        assert sorted(then) == [0, 1]


def test_a_flow_that_hangs_up_is_not_waited_for(tokens: Iterator[str], address: Address) -> None:
    token = next(tokens)
    stays, leaves = (burst_request(token, flow, SIZE, (2, 2, 9)) for flow in range(2))
    with client(address) as (connection, reader):
        with client(address) as (other, its_reader):
            connection.sendall(stays)
            other.sendall(leaves)
            assert (answer(reader), answer(its_reader)) == (PAGE, PAGE)
            connection.sendall(stays)
        assert answer(reader) == PAGE


def test_a_flow_that_stays_and_asks_no_more_is_not_waited_for_for_ever(tokens: Iterator[str], address: Address) -> None:
    token = next(tokens)
    asks, idles = (burst_request(token, flow, SIZE, (2, 2, 9)) for flow in range(2))
    with client(address) as (connection, reader), client(address) as (other, its_reader):
        connection.sendall(asks)
        other.sendall(idles)
        assert (answer(reader), answer(its_reader)) == (PAGE, PAGE)
        for _ in range(8):
            connection.sendall(asks)
            assert answer(reader) == PAGE


@pytest.mark.parametrize("crowd", [(0, 1, 1), (1, 0, 1), (1, 1, 0)])
def test_what_makes_no_sense_is_refused(tokens: Iterator[str], address: Address, crowd: tuple[int, int, int]) -> None:
    with client(address) as (connection, reader):
        connection.sendall(burst_request(next(tokens), 0, SIZE, crowd))
        assert reader.readline() == b"HTTP/1.1 400 Bad Request\r\n"
