"""The http server with one fault in one answer: `python -m tests.support.faulty_server FAULT OP`.

Strategy: the real server, with its `_send` replaced. The fault falls once, on answer OP (counted from 0) to flow FLOW
of every cell's timed ops. FLOW is beyond the flows of the small check, which therefore stays whole, and so does every
warm-up. Unless the fault says otherwise, the server's accounts claim that all was well: referees may be wrong too.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from heapq import heapify
from pathlib import Path

from bench import cells
from bench.targets.http_door import run_secret
from bench.targets.http_message import page
from bench.targets.http_server import Connection, Known, Server, Timer, serve

ROOT = Path(__file__).resolve().parents[2]
FLOW = cells.SMALL_FLOWS
CUT_BYTES = 24  # that a page lacks


@dataclass(frozen=True)
class Misdeed:
    """What is done with an answer, and what the accounts say of it."""

    alter: Callable[[bytes], bytes] = lambda answer: answer
    close: bool = False  # the connection, right after it
    early: bool = False  # sent as soon as it is asked for
    counts: int = 1  # answers that the accounts name
    honest_wait: bool = True  # the accounts name the delay that was really given, not the one asked for
    forgets: bool = False  # the accounts lose the flow


def smaller(answer: bytes) -> bytes:
    """A whole answer, with a smaller page than was asked for."""
    body = answer.partition(b"\r\n\r\n")[2][:-CUT_BYTES]
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body


def other(answer: bytes) -> bytes:
    """The same head, another page of the same length."""
    head, between, body = answer.partition(b"\r\n\r\n")
    return head + between + page("/other", len(body))


MISDEEDS: Mapping[str, Misdeed] = {
    "none": Misdeed(),
    "short": Misdeed(lambda answer: answer[:-CUT_BYTES], close=True),
    "smaller": Misdeed(smaller),
    "other": Misdeed(other),
    "twice": Misdeed(lambda answer: answer * 2),
    "twice-counted": Misdeed(lambda answer: answer * 2, counts=2),
    "closed-in-head": Misdeed(lambda answer: answer[:25], close=True),
    "closed": Misdeed(lambda _: b"", close=True),
    "hang": Misdeed(lambda _: b""),
    "early": Misdeed(early=True, honest_wait=False),
    "early-admitted": Misdeed(early=True),
    "uncounted": Misdeed(counts=0),
    "forgotten": Misdeed(forgets=True),
    "status-500": Misdeed(lambda answer: answer.replace(b"200 OK", b"500 Internal Server Error", 1)),
}


class FaultyServer(Server):
    """The real server but for one answer of each cell."""

    def __init__(self, timer: Timer, misdeed: Misdeed, op: int) -> None:
        super().__init__(timer)
        self._misdeed = misdeed
        self._op = op
        self._done: set[str] = set()

    def serve(self, connection: Connection, head: bytes) -> None:
        """Take a request, and answer too early if that is the fault."""
        super().serve(connection, head)
        if self._misdeed.early:
            for entry in [entry for entry in self.waiting if self._cell_hit(entry[3])]:
                self.waiting.remove(entry)
                heapify(self.waiting)
                self._send(entry[0], connection, entry[3])

    def _send(self, due_ns: int, connection: Connection, known: Known) -> int:
        token = self._cell_hit(known)
        if not token:
            return super()._send(due_ns, connection, known)
        self._done.add(token)
        misdeed, account = self._misdeed, known.account
        before_ns = account.waited_ns
        now_ns = super()._send(due_ns, connection, replace(known, answer=misdeed.alter(known.answer)))
        account.requests += misdeed.counts - 1
        if not misdeed.honest_wait:
            account.waited_ns = before_ns + known.wait_ns
        if misdeed.close:
            connection.transport.close()
        if misdeed.forgets:
            del self.accounts[token][FLOW]
        return now_ns

    def _cell_hit(self, known: Known) -> str:
        """The cell whose answer OP to flow FLOW is the next one here, if it is not a warm-up; otherwise ''."""
        if known.account.requests == self._op:
            for token, accounts in self.accounts.items():
                if accounts.get(FLOW) is known.account and not token.endswith("-warm") and token not in self._done:
                    return token
        return ""


@contextmanager
def faulty_server(fault: str, op: int) -> Iterator[int]:
    """Start one, return its port, end it. Like the cells that ask it, it finds this process's secret in its environment."""
    run_secret()
    command = [sys.executable, "-m", "tests.support.faulty_server", fault, str(op)]
    # It ends when its standard input does, and leaving this closes that.
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT) as process:
        assert process.stdout is not None
        yield json.loads(process.stdout.readline())["port"]


def main(fault: str, op: str) -> None:
    """Serve until standard input ends."""
    with asyncio.Runner() as runner:
        runner.run(serve(with_parent=True, make=partial(FaultyServer, misdeed=MISDEEDS[fault], op=int(op))))


if __name__ == "__main__":
    main(*sys.argv[1:])
