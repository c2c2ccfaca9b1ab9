"""The http server serves the cells that a referee of its run has announced; strangers are refused and cost little."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from io import BufferedReader
from pathlib import Path

import pytest

from bench.targets import http_door
from bench.targets.http_door import SECRET, Door, run_secret
from bench.targets.http_message import MAX_PAGE_BYTES, arrivals_request, burst_request, echo_request, page, request
from bench.targets.http_referee import Address, HttpReferee, HttpServer, http_server
from bench.targets.http_server import MAX_PAGES_BYTES
from tests.support.tokens import announced_tokens

FORBIDDEN = b"HTTP/1.1 403 Forbidden\r\n"
MIB = 2**20


@pytest.fixture(scope="module")
def server() -> Iterator[HttpServer]:
    with http_server(None) as started:
        yield started


@pytest.fixture
def referee(server: HttpServer) -> Iterator[HttpReferee]:
    with closing(HttpReferee(server.address)) as found:
        yield found


@contextmanager
def client(address: Address) -> Iterator[tuple[socket.socket, BufferedReader]]:
    with socket.create_connection(address, timeout=30) as connection, connection.makefile("rb") as reader:
        yield connection, reader


def refused(address: Address, sent: bytes) -> bytes:
    """The first line of the answer; nothing may follow its body, and the connection is closed."""
    with client(address) as (connection, reader):
        connection.sendall(sent)
        return reader.read().split(b"\r\n", 1)[0] + b"\r\n"


def peak_bytes(server: HttpServer) -> int:
    """The most memory that the server ever had."""
    lines = Path(f"/proc/{server.process.pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))


STRANGERS = {
    "a page": request("/page", "stranger", 0, 0.01, 100),
    "a large page": request("/page", "stranger", 0, 0, MAX_PAGE_BYTES),
    "an echo": echo_request("stranger", 0, 0, b"12345"),
    "a burst": burst_request("stranger", 0, 100, (1, 1, 1)),
    "arrivals": arrivals_request("stranger", 0, (0, "seed", 1.0, 1)),
    "the counters": b"GET /counters HTTP/1.1\r\n\r\n",
    "somebody's account": b"GET /take?cell=mine HTTP/1.1\r\n\r\n",
    "to be served": b"GET /open?cell=stranger HTTP/1.1\r\n\r\n",
    "with another secret": b"GET /hello?secret=0123456789abcdef HTTP/1.1\r\n\r\n",
    "no cell": b"GET /page?flow=0&wait_us=0&bytes=1 HTTP/1.1\r\n\r\n",
}


@pytest.mark.parametrize("asked", STRANGERS)
def test_a_stranger_is_refused_counted_and_gets_no_account(
    server: HttpServer, referee: HttpReferee, asked: str
) -> None:
    referee.open("mine")
    before = referee.strangers()
    assert refused(server.address, STRANGERS[asked]) == FORBIDDEN
    assert referee.strangers() == before + 1
    assert referee.take("stranger") == {}


def test_what_follows_a_refused_request_is_not_looked_at(server: HttpServer, referee: HttpReferee) -> None:
    before = referee.strangers()
    with suppress(
        ConnectionResetError
    ):  # what lies unread when a socket is closed resets it, and may take the answer along
        assert refused(server.address, STRANGERS["a page"] * 500) == FORBIDDEN
    assert referee.strangers() == before + 1


def test_a_cell_is_told_of_the_strangers_during_it_alone(server: HttpServer, referee: HttpReferee) -> None:
    refused(server.address, STRANGERS["a page"])
    referee.begin("cell")
    for _ in range(3):
        refused(server.address, STRANGERS["a page"])
    referee.seen("cell", {})  # type: ignore[arg-type]
    assert referee.facts() == {"strangers": 3}
    referee.begin("next")
    referee.seen("next", {})  # type: ignore[arg-type]
    assert referee.facts() == {"strangers": 0}


def test_a_cell_is_served_until_it_is_taken_and_its_warm_up_too(server: HttpServer, referee: HttpReferee) -> None:
    referee.begin("t")
    with client(server.address) as (connection, reader):
        for token in ("t-warm", "t"):
            connection.sendall(request("/page", token, 0, 0, 5))
            assert reader.readline() == b"HTTP/1.1 200 OK\r\n"
            while reader.readline() != b"\r\n":
                pass
            assert reader.read(5) == page("/page", 5)
    referee.seen("t", {})  # type: ignore[arg-type]
    assert refused(server.address, request("/page", "t", 0, 0, 5)) == FORBIDDEN
    assert refused(server.address, request("/page", "t-warm", 0, 0, 5)) == FORBIDDEN


def test_a_killed_cell_is_forgotten_when_its_referee_has_hung_up(server: HttpServer, referee: HttpReferee) -> None:
    with closing(HttpReferee(server.address)) as other:
        other.begin("killed")
    referee.strangers()  # the server has turned round since
    assert refused(server.address, request("/page", "killed", 0, 0, 5)) == FORBIDDEN


def test_connections_that_ask_for_nothing_are_closed_before_a_cell_and_left_alone_during_it(
    server: HttpServer, referee: HttpReferee
) -> None:
    with client(server.address) as (_, before_it), client(server.address) as (_, reader):
        for _ in range(20):  # turns of the server's loop, in which it takes in both of them
            referee.strangers()
        referee.begin("t")
        assert before_it.read() == b""
        assert reader.read() == b""
    with client(server.address) as (during_it, reader):
        referee.begin("other")
        during_it.sendall(request("/page", "t", 0, 0, 5))
        assert reader.readline() == b"HTTP/1.1 200 OK\r\n"
    for token in ("t", "other"):
        referee.seen(token, {})  # type: ignore[arg-type]


def test_the_memory_of_pages_is_bounded_and_strangers_take_none(server: HttpServer) -> None:
    before = peak_bytes(server)
    for flow in range(8):
        refused(server.address, request(f"/{flow}", "stranger", flow, 0, MAX_PAGE_BYTES))
    assert peak_bytes(server) < before + 16 * MIB


def test_pages_are_kept_once_for_all_flows_and_only_so_many_bytes(server: HttpServer) -> None:
    sizes = MAX_PAGES_BYTES // MAX_PAGE_BYTES
    with announced_tokens(server.address, "large") as tokens:
        token = next(tokens)
        for flow in range(3 * sizes):  # the same page, for many flows
            assert asked(server.address, request("/same", token, flow, 0, MAX_PAGE_BYTES)) == b"HTTP/1.1 200 OK\r\n"
        answers = [asked(server.address, request(f"/{number}", token, 0, 0, MAX_PAGE_BYTES)) for number in range(sizes)]
    assert answers[0] == b"HTTP/1.1 200 OK\r\n"
    assert answers[-1] == b"HTTP/1.1 400 Bad Request\r\n"
    assert peak_bytes(server) < 2 * MAX_PAGES_BYTES


def asked(address: Address, sent: bytes) -> bytes:
    """The first line of an answer that is not read to its end."""
    with client(address) as (connection, reader):
        connection.sendall(sent)
        return reader.readline()


class Silent:
    """A connection as the door sees it."""

    def __init__(self) -> None:
        self.was: list[str] = []

    def refuse(self, why: str, status: str) -> None:
        self.was.append(f"{status}: {why}")

    def cut(self) -> None:
        self.was.append("cut")


def test_only_so_many_connections_may_ask_for_nothing_during_a_cell(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_door, "MAX_SILENT", 2)
    door = Door("secret")
    assert [door.enter(Silent(), cells=True) for _ in range(3)] == [True, True, False]  # type: ignore[arg-type]
    assert door.strangers == 1


def test_before_a_cell_they_make_room_for_whoever_may_be_its_referee(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_door, "MAX_SILENT", 2)
    door, strangers, referee = Door("secret"), [Silent(), Silent()], Silent()
    assert [door.enter(one, cells=False) for one in (*strangers, referee)] == [True] * 3  # type: ignore[arg-type]
    assert [one.was for one in (*strangers, referee)] == [["cut"], ["cut"], []]
    assert [id(one) for one in door.silent] == [id(referee)]
    assert door.strangers == 2


def test_files_are_spared_for_referees(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_door, "getrlimit", lambda _: (http_door.SPARE_FILES + 1, 4096))
    door = Door("secret")
    assert [door.enter(Silent(), cells=True) for _ in range(2)] == [True, False]  # type: ignore[arg-type]


def test_many_strangers_a_second_are_cut_off_without_an_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_door, "monotonic_ns", lambda: 7_000_000_000)
    door, connection = Door("secret"), Silent()
    for _ in range(http_door.ANSWERS_PER_S + 2):
        door.refuse(connection, "why", "403 Forbidden")  # type: ignore[arg-type]
    assert connection.was == ["403 Forbidden: why"] * http_door.ANSWERS_PER_S + ["cut"] * 2
    assert door.strangers == http_door.ANSWERS_PER_S + 2


def test_a_run_has_one_secret_that_nobody_can_foresee(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(SECRET, raising=False)
    first = run_secret()
    assert run_secret() == first
    monkeypatch.delenv(SECRET)
    assert len(run_secret()) == 32
    assert run_secret() != first


def test_no_command_line_shows_the_secret(server: HttpServer) -> None:
    assert run_secret().encode() not in Path(f"/proc/{server.process.pid}/cmdline").read_bytes()
