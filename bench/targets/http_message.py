"""Requests, response heads and pages: the pure functions that the bodies and the server share."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import cache

MAX_PAGE_BYTES = 64 * 2**20
MAX_REST_BYTES = 2**16  # what is looked at of bytes that nobody asked for
CLOSED = "the server closed the connection too early: the last page may be short"


def request(path: str, token: str, flow: int, wait_s: float, size: int) -> bytes:
    """Return the bytes of one GET: the server waits `wait_s` seconds and answers with `size` bytes.

    `token` and `flow` say whose account the server shall write the request on.
    """
    query = f"cell={token}&flow={flow}&wait_us={round(wait_s * 1e6)}&bytes={size}"
    return f"GET {path}?{query} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode()


def read_request(head: bytes) -> tuple[str, dict[str, str]]:
    """Return the path and the query of a request head; raises ValueError where it is not a GET."""
    method, target, version = head.split(b"\r\n", 1)[0].decode("ascii").split(" ")
    if method != "GET" or version != "HTTP/1.1":
        raise ValueError("only GET over HTTP/1.1 is served")
    path, _, query = target.partition("?")
    return path, dict(pair.split("=", 1) for pair in query.split("&") if pair)


def in_head(lines: Sequence[bytes]) -> bool:
    """Return whether a response head goes on after these lines; raises ConnectionError where it was cut short."""
    last = lines[-1]
    if last == b"\r\n":
        return False
    if not last.endswith(b"\r\n"):
        raise ConnectionError(
            CLOSED if list(lines) == [b""] else "the server closed the connection inside a response head"
        )
    return True


def body_length(lines: Sequence[bytes]) -> int:
    """Return the bytes of body that follow this response head; raises ConnectionError unless it is a whole 200."""
    if not lines[0].startswith(b"HTTP/1.1 200 "):
        raise ConnectionError(f"the server answered {lines[0].decode('latin-1').strip()!r}")
    for line in lines:
        if line[:15].lower() == b"content-length:":
            return int(line[15:])
    raise ConnectionError("the server's response has no Content-Length")


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
    """Return a whole response: head and page."""
    return b"HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nContent-Length: %d\r\n\r\n" % size + page(
        path, size
    )
