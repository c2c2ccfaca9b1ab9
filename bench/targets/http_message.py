"""Requests, response heads and pages: the pure functions that the bodies and the server share; and what it must have sent."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache

from bench.targets.http_place import TCP
from bench.words import Ledger

MAX_PAGE_BYTES = 64 * 2**20
MAX_ECHO_BYTES = 2**20
ECHO, BURST, ARRIVALS = "/echo", "/burst", "/arrivals"  # what is asked for of whom is not just to send a page
MAX_REST_BYTES = 2**16  # what is looked at of bytes that nobody asked for
CLOSED = "the server closed the connection too early: the last page may be short"
CLOSED_IN_HEAD = "the server closed the connection inside a response head"


@dataclass(frozen=True)
class Answers:
    """What the server must have sent: of each flow that asks it, by its index, the answers and bytes of pages.

    `connections`: over how many connections each of them asked, and `over` which listener (bench.targets.http_place).
    """

    of_flow: Mapping[int, tuple[int, int]] = field(default_factory=dict)
    connections: int = 1
    over: str = TCP

    @classmethod
    def as_in(cls, ledgers: Sequence[Ledger], connections: int = 1, over: str = TCP) -> Answers:
        """Where each op of every flow is an answer, and a flow has read nothing else: what their ledgers say."""
        return cls({i: (ledger.ops, ledger.bytes) for i, ledger in enumerate(ledgers)}, connections, over)


def request(path: str, token: str, flow: int, wait_s: float, size: int) -> bytes:
    """Return the bytes of one GET: the server waits `wait_s` seconds and answers with `size` bytes.

    `token` and `flow` say whose account the server shall write the request on.
    """
    return f"GET {target(path, token, flow, wait_s, size)} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode()


def target(path: str, token: str, flow: int, wait_s: float, size: int) -> str:
    """Return what such a GET asks for: path and query, for clients that write the rest themselves."""
    return f"{path}?cell={token}&flow={flow}&wait_us={round(wait_s * 1e6)}&bytes={size}"


def burst_request(token: str, flow: int, size: int, crowd: tuple[int, int, int]) -> bytes:
    """Return the bytes of one GET that waits for its turn.

    `crowd`: how many flows are answered at a time, of how many, and how often each of them will ask.
    """
    burst, flows, ops = crowd
    query = f"cell={token}&flow={flow}&wait_us=0&bytes={size}&burst={burst}&flows={flows}&ops={ops}"
    return f"GET {BURST}?{query} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode()


def arrivals_request(token: str, flow: int, times: tuple[int, str, float, int]) -> bytes:
    """Return the bytes of one GET that is answered bit by bit, with an announcement when each arrival is due.

    `times`: when they begin (CLOCK_MONOTONIC, ns), and seed, rate and count of bench.targets.arrivals.
    """
    begin_ns, seed, rate, count = times
    query = f"cell={token}&flow={flow}&begin_ns={begin_ns}&seed={seed}&rate={rate!r}&count={count}"
    return f"GET {ARRIVALS}?{query} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode()


def echo_request(token: str, flow: int, wait_s: float, body: bytes) -> bytes:
    """Return the bytes of one POST, body included: the server waits `wait_s` seconds and sends the body back."""
    query = f"cell={token}&flow={flow}&wait_us={round(wait_s * 1e6)}"
    head = f"POST {ECHO}?{query} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


def is_echo(head: bytes) -> bool:
    """Return whether a body follows this request head, to be sent back."""
    return head.startswith(b"POST %b?" % ECHO.encode())


def read_request(head: bytes) -> tuple[str, dict[str, str]]:
    """Return the path and the query of a request head; raises ValueError where it is not a GET or an echo."""
    method, target, version = head.split(b"\r\n", 1)[0].decode("ascii").split(" ")
    if (method != "GET" and not is_echo(head)) or version != "HTTP/1.1":
        raise ValueError("only GET over HTTP/1.1 is served")
    path, _, query = target.partition("?")
    return path, dict(pair.split("=", 1) for pair in query.split("&") if pair)


def in_head(lines: Sequence[bytes]) -> bool:
    """Return whether a response head goes on after these lines; raises ConnectionError where it was cut short."""
    last = lines[-1]
    if last == b"\r\n":
        return False
    if not last.endswith(b"\r\n"):
        raise ConnectionError(CLOSED if list(lines) == [b""] else CLOSED_IN_HEAD)
    return True


def body_length(lines: Sequence[bytes]) -> int:
    """Return the bytes of body that follow this response head; raises ConnectionError unless it is a whole 200."""
    if not lines[0].startswith(b"HTTP/1.1 200 "):
        raise ConnectionError(f"the server answered {lines[0].decode('latin-1').strip()!r}")
    length = content_length(lines)
    if length is None:
        raise ConnectionError("the server's response has no Content-Length")
    return length


def content_length(lines: Sequence[bytes]) -> int | None:
    """Return what a head says of its body's length, or None where it says nothing."""
    for line in lines:
        if line[:15].lower() == b"content-length:":
            return int(line[15:])
    return None


def body_in(received: bytes) -> bytes | None:
    """Return the body of a response, or None while a part of it is missing; for those that read no lines.

    Raises ConnectionError where there is more than one response, or none because the connection was closed.
    """
    head, end, body = received.partition(b"\r\n\r\n")
    if not received:
        raise ConnectionError(CLOSED)
    if not end:
        return None
    size = body_length(head.split(b"\r\n"))
    check_rest(body[size:], closed=False)
    return body if len(body) == size else None


def grown(received: bytes, more: bytes) -> bytes:
    """Return what was received, and what came now behind it; raises ConnectionError if nothing came: it was closed."""
    if not more:
        raise ConnectionError(CLOSED if b"\r\n\r\n" in received else CLOSED_IN_HEAD)
    return received + more


def check_rest(rest: bytes, *, closed: bool) -> None:
    """Raise ConnectionError unless a connection that a flow leaves is as it must be: open, and nothing left to read."""
    if rest:
        raise ConnectionError(f"the server sent {len(rest)} bytes that nobody asked for")
    if closed:
        raise ConnectionError(CLOSED)


@cache
def page(path: str, size: int) -> bytes:
    """Return the page at a path, `size` bytes long: bytes that no other path has."""
    return hashlib.shake_128(path.encode()).digest(size)


def response(path: str, size: int) -> bytes:
    """Return a whole response: head and page. The page is not kept: whoever serves it keeps the response."""
    return response_head(size) + page.__wrapped__(path, size)


def response_head(size: int) -> bytes:
    """Return the head of a response whose body has so many bytes."""
    return b"HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nContent-Length: %d\r\n\r\n" % size
