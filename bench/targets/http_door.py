"""Who may ask the http server: referees, who know the run's secret, and the cells that a referee has announced.

Strategy: the secret is in the environment of whoever starts the server, so that its cells and the server have it and no
list of processes shows it. A referee proves that it knows it, and announces a cell's token before that cell's flows
connect; then the token has accounts. A request without such a token is a stranger's: it is counted, refused before anything
is made for it, and its connection is closed. A known request is known by a look-up that is made anyway.
Connections that have not asked yet may be flows that stand at their gate. So they are only so many, and those that are
there before any cell is announced are a stranger's, and are closed.
"""

from __future__ import annotations

import hmac
import os
import secrets
from resource import RLIMIT_NOFILE, getrlimit
from time import monotonic_ns
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bench.targets.http_server import Connection

SECRET = "BENCH_HTTP_SECRET"  # noqa: S105 - the name of the variable
HELLO = "/hello"
MAX_SILENT = 16384  # connections that have asked for nothing: as many as may wait to be accepted
SPARE_FILES = 100  # of the limit of open files: for referees, and for what the server itself has open
# Strangers in a row are told why they are refused, so many in a second; the others are cut off, which costs less.
ANSWERS_PER_S = 50


def run_secret() -> str:
    """The secret of this process and all that it starts: made at the first call, or by whoever started this process."""
    if not os.environ.get(SECRET):
        os.environ[SECRET] = secrets.token_hex(16)
    return os.environ[SECRET]


class Door:
    """The strangers that were refused, and the connections that have been silent so far."""

    def __init__(self, secret: str) -> None:
        self.strangers = 0
        self.silent: set[Connection] = set()
        self._secret = secret.encode()
        self._most = min(MAX_SILENT, max(1, getrlimit(RLIMIT_NOFILE)[0] - SPARE_FILES))
        self._second = self._answers = 0

    def enter(self, connection: Connection, *, cells: bool) -> bool:
        """Take in a new connection; False where there are too many silent ones.

        `cells`: is a cell announced, whose flows they may be? Otherwise the newcomer may be a referee, and they make room.
        """
        if len(self.silent) >= self._most:
            if cells:
                self.strangers += 1
                return False
            self.clear()
        self.silent.add(connection)
        return True

    def knows(self, secret: str) -> bool:
        """Is this the run's secret?"""
        return hmac.compare_digest(secret.encode(), self._secret)

    def refuse(self, connection: Connection, why: str, status: str) -> None:
        """Count a stranger and close the connection, with the reason while there are few of them."""
        self.strangers += 1
        second = monotonic_ns() // 1_000_000_000
        if second != self._second:
            self._second, self._answers = second, 0
        self._answers += 1
        if self._answers <= ANSWERS_PER_S:
            connection.refuse(why, status)
        else:
            connection.cut()

    def clear(self) -> None:
        """Close every silent connection: no cell is there whose flow it could be."""
        for connection in list(self.silent):
            self.strangers += 1
            connection.cut()
        self.silent.clear()
