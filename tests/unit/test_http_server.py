"""The real server on loopback: what it answers, when, what it counts, and that it ends."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from io import BufferedReader
from pathlib import Path
from time import monotonic_ns

import pytest

from bench.targets.http_message import body_length, check_rest, in_head, page, read_request, request
from bench.targets.http_place import ANY, RENO, UNIX, HttpPlace, congestion_refused
from bench.targets.http_referee import Address, HttpReferee, HttpServer, Seen, http_server
from bench.words import UserError
from tests.support.tokens import announced_tokens

ROOT = Path(__file__).resolve().parents[2]
PATH, SIZE = "/page", 100


@pytest.fixture(scope="module")
def server() -> Iterator[HttpServer]:
    with http_server(None) as started:
        yield started


@pytest.fixture(scope="module")
def address(server: HttpServer) -> Address:
    return server.address


@pytest.fixture(scope="module")
def tokens(address: Address) -> Iterator[Iterator[str]]:
    """Every test writes on an account of its own."""
    with announced_tokens(address, "cell") as found:
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


def answer(reader: BufferedReader) -> tuple[bytes, bytes]:
    """One response: its first line and its body."""
    head = [reader.readline()]
    while in_head(head):
        head.append(reader.readline())
    length = next(int(line.split(b":")[1]) for line in head if line.lower().startswith(b"content-length:"))
    return head[0].strip(), reader.read(length)


def get(token: str, flow: int = 0, wait_s: float = 0, size: int = SIZE, path: str = PATH) -> bytes:
    return request(path, token, flow, wait_s, size)


@pytest.mark.parametrize("wait_s", [0, 0.001, 0.0105])
def test_an_answer_is_the_page_and_never_earlier_than_asked(
    tokens: Iterator[str], address: Address, referee: HttpReferee, wait_s: float
) -> None:
    token = next(tokens)
    with client(address) as (connection, reader):
        for _ in range(3):
            start = monotonic_ns()
            connection.sendall(get(token, 4, wait_s))
            assert answer(reader) == (b"HTTP/1.1 200 OK", page(PATH, SIZE))
            assert monotonic_ns() - start >= wait_s * 1e9
    ((flow, seen),) = referee.take(token).items()
    assert (flow, seen.connections, seen.requests, seen.bytes, seen.unsent) == (4, 1, 3, 3 * SIZE, 0)
    assert seen.waited_ns >= 3 * wait_s * 1e9
    assert wait_s * 1e9 <= seen.longest_ns <= seen.waited_ns
    assert seen.last_sent_ns >= start + wait_s * 1e9


def test_what_a_referee_has_taken_is_forgotten_and_counting_begins_anew(
    tokens: Iterator[str], address: Address, referee: HttpReferee
) -> None:
    token, other = next(tokens), next(tokens)
    with client(address) as (connection, reader):
        for part in (token, other, token):
            connection.sendall(get(part))
            answer(reader)
        assert referee.take(token)[0].requests == 2
        assert referee.take(token) == {}
        referee.open(token)
        connection.sendall(get(token))
        answer(reader)
    assert referee.take(token)[0].requests == 1
    assert referee.take(other)[0].requests == 1


def test_every_flow_has_its_own_account_of_connections(
    tokens: Iterator[str], address: Address, referee: HttpReferee
) -> None:
    token = next(tokens)
    with ExitStack() as stack:
        clients = [stack.enter_context(client(address)) for _ in range(3)]
        for _ in range(2):
            for flow, (connection, reader) in zip((0, 0, 1), clients, strict=True):
                connection.sendall(get(token, flow))
                answer(reader)
    seen = referee.take(token)
    assert {flow: (s.connections, s.requests) for flow, s in seen.items()} == {0: (2, 4), 1: (1, 2)}


def test_requests_at_once_are_all_answered_in_order(tokens: Iterator[str], address: Address) -> None:
    token = next(tokens)
    with client(address) as (connection, reader):
        connection.sendall(b"".join(get(token, size=size, path=f"/{size}") for size in range(20)))
        assert [answer(reader)[1] for _ in range(20)] == [page(f"/{size}", size) for size in range(20)]


@pytest.mark.parametrize("cut", [1, 2, 3, 4, 50, -4, -1])
def test_a_request_may_come_in_pieces(tokens: Iterator[str], address: Address, referee: HttpReferee, cut: int) -> None:
    """A find() of nothing is -1, which is len(data) - 4 where just three bytes have come."""
    whole = get(next(tokens))
    with client(address) as (connection, reader):
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.sendall(whole[:cut])
        referee.cpu_ns()  # the server has turned round since
        referee.cpu_ns()
        connection.sendall(whole[cut:])
        assert answer(reader) == (b"HTTP/1.1 200 OK", page(PATH, SIZE))


@pytest.mark.xfail(strict=True, reason="known limit: answers leave when they are due, whatever was asked first")
def test_requests_at_once_with_other_delays_are_answered_in_order(tokens: Iterator[str], address: Address) -> None:
    token = next(tokens)
    with client(address) as (connection, reader):
        connection.sendall(get(token, wait_s=0.02, path="/first") + get(token, path="/second"))
        assert answer(reader)[1] == page("/first", SIZE)


BAD = {
    "POST / HTTP/1.1": "only GET over HTTP/1.1 is served",
    "GET / HTTP/1.0": "only GET over HTTP/1.1 is served",
    "GET /": "not enough values",
    "nonsense": "not enough values",
    "GET /page?cell=TOKEN HTTP/1.1": "'wait_us'",
    "GET /page?cell=TOKEN&flow=0&wait_us=-1&bytes=1 HTTP/1.1": "wait_us or bytes out of range",
    "GET /page?cell=TOKEN&flow=0&wait_us=60000001&bytes=1 HTTP/1.1": "wait_us or bytes out of range",
    "GET /page?cell=TOKEN&flow=0&wait_us=1&bytes=67108865 HTTP/1.1": "wait_us or bytes out of range",
    "GET /page?cell=TOKEN&flow=0&wait_us=soon&bytes=1 HTTP/1.1": "invalid literal",
    "GET /page?cell=TOKEN&flow=me&wait_us=1&bytes=1 HTTP/1.1": "invalid literal",
    "GET /page?cell=TOKEN&flow=0&wait_us=1 HTTP/1.1": "'bytes'",
    "GET /page?cell HTTP/1.1": "dictionary update",
    "GET /hello HTTP/1.1": "'secret'",
    "GET /päge HTTP/1.1": "codec",
    "x" * 5000: "the request's head is too long",
    "GET /page?cell=TOKEN&flow=0&wait_us=1&bytes=1 HTTP/1.1\r\nX: " + "x" * 4096: "the request's head is too long",
}


@pytest.mark.parametrize("line", BAD, ids=lambda line: line[:60])
def test_a_bad_request_gets_its_reason_and_the_others_go_on(
    tokens: Iterator[str], address: Address, referee: HttpReferee, line: str
) -> None:
    token = next(tokens)
    with client(address) as (connection, reader):
        connection.sendall(line.encode() if line == "x" * 5000 else f"{line.replace('TOKEN', token)}\r\n\r\n".encode())
        status, why = answer(reader)
        assert status == b"HTTP/1.1 400 Bad Request"
        assert BAD[line] in why.decode()
        assert reader.read() == b""  # closed
    assert referee.take(token) in ({}, {0: Seen(0, 0, 0, 0, 0, 0, 0)})


def test_the_server_counts_its_cpu_time(referee: HttpReferee) -> None:
    first = referee.cpu_ns()
    assert 0 < first < referee.cpu_ns()


def test_an_answer_to_somebody_who_left_is_counted_as_unsent(
    tokens: Iterator[str], address: Address, referee: HttpReferee
) -> None:
    token = next(tokens)
    with client(address) as (connection, _):
        connection.sendall(get(token, wait_s=0.25))
    with client(address) as (connection, reader):  # due later: then that one was due as well
        connection.sendall(get(next(tokens), wait_s=0.3))
        answer(reader)
    seen = referee.take(token)[0]
    assert (seen.requests, seen.unsent) == (0, 1)


WAYS = {"tcp": {}, "unix": {"transport": "unix"}, "reno": {"congestion": "reno"}}


@pytest.mark.parametrize("over", WAYS)
def test_an_account_says_over_which_listener_its_flow_came(
    server: HttpServer, tokens: Iterator[str], referee: HttpReferee, over: str
) -> None:
    if over == RENO and congestion_refused(RENO):
        pytest.skip(congestion_refused(RENO))
    token, way = next(tokens), server.place.way(WAYS[over])
    with way.make() as connection:
        connection.connect(way.address)
        with connection.makefile("rb") as reader:
            connection.sendall(get(token))
            assert answer(reader) == (b"HTTP/1.1 200 OK", page(PATH, SIZE))
    assert referee.take(token)[0].over == over


@pytest.mark.parametrize("over", WAYS)
def test_a_listener_is_still_there_when_the_server_has_collected_garbage(
    server: HttpServer, address: Address, referee: HttpReferee, over: str
) -> None:
    if over == RENO and congestion_refused(RENO):
        pytest.skip(congestion_refused(RENO))
    referee.open("many")
    with client(address) as (connection, reader):
        for flow in range(5000):  # an account and more for each: far more objects than start a collection
            connection.sendall(get("many", flow))
            answer(reader)
    way = server.place.way(WAYS[over])
    with way.make() as late:
        late.connect(way.address)
    referee.take("many")


def test_a_connection_has_the_congestion_control_that_was_asked_for(server: HttpServer) -> None:
    if congestion_refused(RENO):
        pytest.skip(congestion_refused(RENO))
    way = server.place.way(WAYS[RENO])
    with way.make() as connection:
        assert connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_CONGESTION, 16).rstrip(b"\0") == b"reno"


def test_a_congestion_control_that_the_kernel_does_not_have_is_refused_with_its_reason() -> None:
    assert "the kernel does not allow it" in congestion_refused("nonsense")


def test_a_server_that_was_named_by_its_port_has_one_way() -> None:
    assert HttpPlace(8080).way(ANY).address == ("127.0.0.1", 8080)
    for over in (UNIX, RENO):
        with pytest.raises(UserError, match=f"has no {over} listener"):
            HttpPlace(8080).way(WAYS[over])


def test_a_stranger_at_the_unix_socket_meets_the_same_door(server: HttpServer, referee: HttpReferee) -> None:
    before, way = referee.strangers(), server.place.way(WAYS[UNIX])
    with way.make() as connection:
        connection.connect(way.address)
        connection.sendall(get("stranger"))
        assert connection.makefile("rb").readline() == b"HTTP/1.1 403 Forbidden\r\n"
    assert referee.strangers() == before + 1


def test_a_server_ends_with_its_context() -> None:
    with http_server(None) as server:
        HttpReferee(server.address).close()
    assert server.process.returncode == 0
    with pytest.raises(ConnectionError):
        HttpReferee(server.address)


PARENT = """
import sys
from bench.targets.http_referee import http_server
with http_server(None) as server:
    print(server.address[1], flush=True)
    sys.stdin.read()
"""


def test_a_server_dies_with_its_parent() -> None:
    """A connection that it has accepted comes to its end, which the kernel sees to."""
    command = [sys.executable, "-c", PARENT]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT) as parent:
        assert parent.stdout is not None
        with client(("127.0.0.1", int(parent.stdout.readline()))) as (connection, reader):
            connection.sendall(get("t"))
            answer(reader)
            parent.send_signal(signal.SIGKILL)
            assert reader.read() == b""


def test_a_server_that_cannot_start_is_an_error(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ConnectionError, match="did not start"), http_server(10**6):
        pass
    assert "1000000" in capfd.readouterr().err


# the pure functions that bodies and server share


def test_what_a_request_asks_is_what_is_read() -> None:
    path, query = read_request(request("/page", "t", 3, 0.0105, 99))
    assert (path, query) == ("/page", {"cell": "t", "flow": "3", "wait_us": "10500", "bytes": "99"})


def test_a_page_is_as_long_as_asked_and_no_other_path_has_it() -> None:
    assert [len(page("/a", size)) for size in (0, 1, 5000)] == [0, 1, 5000]
    assert page("/a", 64) != page("/b", 64)
    assert page("/a", 5000).startswith(page("/a", 64))


@pytest.mark.parametrize(
    ("lines", "fault"),
    [([b""], "too early"), ([b"HTTP/1.1 20"], "inside a response head"), ([b"HTTP/1.1 200 OK\r\n", b""], "inside")],
)
def test_a_head_that_was_cut_short_is_an_error(lines: list[bytes], fault: str) -> None:
    with pytest.raises(ConnectionError, match=fault):
        in_head(lines)


@pytest.mark.parametrize(
    ("lines", "fault"),
    [([b"HTTP/1.1 400 Bad Request\r\n"], "400 Bad Request"), ([b"HTTP/1.1 200 OK\r\n", b"\r\n"], "no Content-Length")],
)
def test_only_a_whole_200_has_a_body(lines: list[bytes], fault: str) -> None:
    with pytest.raises(ConnectionError, match=fault):
        body_length(lines)
    assert body_length([b"HTTP/1.1 200 OK\r\n", b"content-LENGTH: 12\r\n", b"\r\n"]) == 12


def test_a_connection_must_be_left_open_and_empty() -> None:
    check_rest(b"", closed=False)
    with pytest.raises(ConnectionError, match="2 bytes that nobody asked for"):
        check_rest(b"xx", closed=True)
    with pytest.raises(ConnectionError, match="too early"):
        check_rest(b"", closed=True)
