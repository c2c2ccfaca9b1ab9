"""POST /echo: what is sent comes back, whole, in order, after the delay that was asked for."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedReader

import pytest

from bench.targets.http_message import MAX_ECHO_BYTES, body_length, echo_request, in_head, page, request
from bench.targets.http_referee import Address, HttpReferee, http_server
from tests.support.tokens import announced_tokens


@pytest.fixture(scope="module")
def address() -> Iterator[Address]:
    with http_server(None) as server:
        yield server.address


@pytest.fixture(scope="module")
def tokens(address: Address) -> Iterator[Iterator[str]]:
    """Every test writes on an account of its own."""
    with announced_tokens(address, "echo") as found:
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


def body(size: int) -> bytes:
    """Bytes in which the end of a head stands too."""
    return (page("/echo", max(0, size - 8)) + b"\r\n\r\n" * 2)[-size:] if size else b""


@pytest.mark.parametrize("size", [0, 1, 3, 4, 1024, 102400, MAX_ECHO_BYTES])
def test_what_is_sent_comes_back(tokens: Iterator[str], address: Address, referee: HttpReferee, size: int) -> None:
    token = next(tokens)
    with client(address) as (connection, reader):
        for _ in range(3):
            connection.sendall(echo_request(token, 7, 0.001, body(size)))
            assert answer(reader) == body(size)
    ((flow, seen),) = referee.take(token).items()
    assert (flow, seen.connections, seen.requests, seen.bytes, seen.unsent) == (7, 1, 3, 3 * size, 0)
    assert seen.waited_ns >= 3 * 1_000_000


@pytest.mark.parametrize("piece", [7, 50, 5000])
def test_a_request_may_come_in_pieces_and_what_follows_is_a_request_of_its_own(
    tokens: Iterator[str], address: Address, piece: int
) -> None:
    token = next(tokens)
    sent = echo_request(token, 0, 0, body(600)) + request("/page", token, 0, 0, 99) + echo_request(token, 0, 0, b"x")
    with client(address) as (connection, reader):
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for start in range(0, len(sent), piece):
            connection.sendall(sent[start : start + piece])
        assert [answer(reader) for _ in range(3)] == [body(600), page("/page", 99), b"x"]


def test_a_head_that_comes_alone_waits_for_its_body(tokens: Iterator[str], address: Address) -> None:
    token = next(tokens)
    for _ in range(2):  # a head that the server does not know yet, and one that it does
        with client(address) as (connection, reader):
            whole = echo_request(token, 0, 0, body(1000))
            end = whole.index(b"\r\n\r\n") + 4
            connection.sendall(whole[:end])
            connection.sendall(whole[end:])
            assert answer(reader) == body(1000)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"Content-Length: 5\r\n", b""),
        (b"Content-Length: 5", b"Content-Length: -1"),
        (b"Content-Length: 5", b"Content-Length: %d" % (MAX_ECHO_BYTES + 1)),
        (b"Content-Length: 5", b"Content-Length: many"),
        (b"POST", b"PUT"),
        (b"/echo?", b"/page?"),
        (b"wait_us=0", b"wait_us=-1"),
    ],
)
def test_what_makes_no_sense_is_refused_and_written_on_no_account(
    tokens: Iterator[str], address: Address, referee: HttpReferee, old: bytes, new: bytes
) -> None:
    token = next(tokens)
    with client(address) as (connection, reader):
        connection.sendall(echo_request(token, 0, 0, b"12345").replace(old, new))
        assert reader.readline() == b"HTTP/1.1 400 Bad Request\r\n"
    assert referee.take(token) == {}


def test_what_a_referee_has_taken_is_forgotten(tokens: Iterator[str], address: Address, referee: HttpReferee) -> None:
    token = next(tokens)
    with client(address) as (connection, reader):
        for _ in range(2):
            referee.open(token)
            connection.sendall(echo_request(token, 0, 0, b"12345"))
            answer(reader)
            seen = referee.take(token)[0]
            assert (seen.connections, seen.requests, seen.bytes) == (1, 1, 5)
